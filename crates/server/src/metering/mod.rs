//! What tenants use: days of it, what is billed of it, and the alerts that watch it.
//!
//! Other rooms read it at the moment of a snapshot and a row at a time, however many there are, and
//! enter rows in bulk. What is *not* here: prices, reporting of usage, and firing an alert.

pub mod api;
mod days;
mod meters;
mod store;
mod usage;
mod view;

pub use self::{
    days::{Days, days},
    meters::Meters,
    store::{
        AlertRow, DayRow, MeteredRow, alerts, alerts_by, insert_alerts, insert_days,
        insert_metered, metered, newest_alert, user_levels,
    },
    view::{MeteredUsageView, UsageAlertView, UsageDayView},
};
