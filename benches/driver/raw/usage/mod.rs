//! Reports of usage with plain SQL: an event, its day and its metering period.

mod calendar;
mod fill;
mod one_by_one;
mod postgres;
mod sets;
mod sqlite;
mod tenant;

pub(crate) use self::{
    calendar::{Calendar, DAYS},
    fill::{audit, fill_endpoints, fill_events},
    one_by_one::usage_script,
    sets::Sets,
    tenant::subscribe,
};
use crate::{database::Engine, request::scatter};

/// Apps that use something: `app_0`, `app_1`, ….
pub(crate) const APPS: u64 = 10;

/// What they use, and the columns of a day that it adds up in.
pub(crate) const RESOURCES: [&str; 4] = ["api_calls", "bandwidth", "sms", "email"];
const COLUMNS: [&str; RESOURCES.len()] = ["api_requests", "bandwidth_used", "sms", "email"];

/// The app of the n-th event, and the place of its resource.
pub(crate) fn used(n: u64) -> (u64, usize) {
    let resources = u64::try_from(RESOURCES.len()).unwrap_or(1);
    (n % APPS, usize::try_from(n / APPS % resources).unwrap_or(0))
}

/// 16 bytes that look drawn, the same for the same `n` and never those of another.
pub(crate) fn key(n: u64) -> u128 {
    u128::from(scatter(n, u64::MAX)) << 64 | u128::from(scatter(!n, u64::MAX))
}

/// An instant of so many seconds since 1970, in SQL.
fn instant(engine: Engine, second: i64) -> String {
    match engine {
        Engine::Sqlite => format!("{second}000000"),
        Engine::Postgres => format!("to_timestamp({second})"),
    }
}

/// The head of an insert of days, with those of their columns that are never empty.
fn days_head() -> String {
    let others = [
        "storage_used",
        "bandwidth_used",
        "user_count",
        "sms",
        "email",
        "login_attempts",
        "failed_logins",
        "mfa_verifications",
    ];
    format!("INSERT INTO usage_day (tenant_id, day, app_id, api_requests, {})", others.join(", "))
}
