//! What tenants use: days of it, and what is billed of it.
//!
//! Other rooms read it at the moment of a snapshot and a row at a time, however many there are, and
//! enter rows in bulk. What is *not* here: quotas, prices, reporting of usage, and the alerts that
//! watch it (`alerts`).

pub mod api;
mod billing;
mod days;
mod ingest;
mod meters;
mod packing;
mod priced;
mod store;
mod usage;
mod view;

pub use self::{
    billing::{MeterOf, Usage, UsageDue, due_usage, first_due_usage},
    days::{Days, days},
    ingest::{BatchView, EventResult, Report, ReportView, Reported},
    meters::Meters,
    packing::{PackRun, Packs},
    priced::Prices,
    store::{DayRow, MeteredRow, insert_days, insert_metered, metered, user_levels},
    usage::{EndpointDayView, UsageCorrectionView, export_corrections, export_endpoints},
    view::{MeteredUsageView, UsageDayView},
};
