//! What tenants use: days of it, what is billed of it, and the alerts that watch it.
//!
//! Other rooms read it at the moment of a snapshot and a row at a time, however many there are, and
//! enter rows in bulk. What is *not* here: quotas, prices, reporting of usage, and firing an alert.

pub mod api;
mod billing;
mod days;
mod ingest;
mod meters;
mod store;
mod view;

pub use self::{
    billing::{MeterOf, Usage, UsageDue, due_usage, first_due_usage},
    days::{Days, days},
    ingest::{BatchView, EventResult, Report, ReportView, Reported},
    meters::Meters,
    store::{
        AlertRow, DayRow, MeteredRow, alerts, alerts_by, insert_alerts, insert_days,
        insert_metered, metered, newest_alert, user_levels,
    },
    view::{MeteredUsageView, UsageAlertView, UsageDayView},
};
