//! A tenant whose usage is metered.

use super::{calendar::Calendar, instant};
use crate::{Outcome, database::Database};

/// Makes a tenant with a subscription to `pro`, metered ever since the first month of the calendar.
pub(crate) async fn subscribe(database: &Database, tenant: &str, calendar: &Calendar) -> Outcome {
    let at = |second| instant(database.engine, second);
    let (start, end) = calendar.month();
    let (since, start, end) = (at(calendar.since()), at(start), at(end));
    let anchor = anchor(calendar)?;
    let number = calendar.months.len();
    let id = format!("sub_{}", "0".repeat(26));
    let sql = format!(
        "INSERT INTO tenant (tenant_id) VALUES ('{tenant}');
         INSERT INTO tenant_plan (tenant_id, plan) VALUES ('{tenant}', 'pro');
         INSERT INTO subscription (tenant_id, subscription_id, ordinal, plan, status, billing_cycle,
            amount, currency, auto_renew, cancel_at_period_end, anchor, timezone, period_number,
            period_start, period_end, period_since, admin_user_id, created_at, version)
         VALUES ('{tenant}', '{id}', 1, 'pro', 'active', 'monthly', 2990000, 'CNY', TRUE, FALSE,
            '{anchor}', 'UTC', {number}, {start}, {end}, 1, 'usr_bench', {since}, 1);
         INSERT INTO meter (tenant_id, ordinal, since, subscription_id, anchor, timezone, number,
            trial)
         VALUES ('{tenant}', 1, {since}, '{id}', '{anchor}', 'UTC', 0, FALSE)"
    );
    database.execute(&sql).await
}

/// The local time from which months are computed.
fn anchor(calendar: &Calendar) -> Outcome<String> {
    let since = countinghouse_core::calendar::Instant::from_second(calendar.since())?;
    Ok(since.to_string().trim_end_matches('Z').to_owned())
}
