//! One event a transaction, as `pgbench` repeats it.

use super::{APPS, COLUMNS, RESOURCES, calendar::Calendar, days_head, instant};
use crate::{Outcome, database::Engine};

/// A `pgbench` script that counts one event of a tenant, of any of its apps and resources.
pub(crate) fn usage_script(tenant: &str, calendar: &Calendar) -> Outcome<String> {
    let (last_app, last_resource) = (APPS - 1, RESOURCES.len() - 1);
    let day = calendar.day(0)?.date;
    let (start, end) = calendar.month();
    let (start, end) = (instant(Engine::Postgres, start), instant(Engine::Postgres, end));
    let app = "'app_' || CAST(:app AS text)";
    let names = RESOURCES.map(|it| format!("'{it}'")).join(", ");
    let resource = format!("(ARRAY[{names}])[CAST(:resource AS int) + 1]");
    let [calls, bandwidth, sms, email] = [0, 1, 2, 3]
        .map(|place| format!("CASE CAST(:resource AS int) WHEN {place} THEN 1 ELSE 0 END"));
    let (head, add) = (days_head(), add_days());
    Ok(format!(
        r"\set app random(0, {last_app})
\set resource random(0, {last_resource})
BEGIN;
INSERT INTO usage_event (tenant_id, event_key, app_id, resource_type, amount, occurred_at,
    received_at, day, period_start, bill)
VALUES ('{tenant}', uuid_send(gen_random_uuid()), {app}, {resource}, 1, now(), now(), '{day}',
    {start}, 0);
{head} VALUES ('{tenant}', '{day}', {app}, {calls}, 0, {bandwidth}, 0, {sms}, {email}, 0, 0, 0) {add};
INSERT INTO metered_usage (tenant_id, period_start, app_id, resource_type, period_end, total_usage,
    included_units, overage_units, overage_amount, status, late_units, bills)
VALUES ('{tenant}', {start}, {app}, {resource}, {end}, 1, -1, 0, 0, 'open', 0, 0)
{ADD_PERIODS};
COMMIT;
"
    ))
}

/// Adds the days that are inserted to those that are there.
pub(super) fn add_days() -> String {
    let set = COLUMNS.map(|it| format!("{it} = usage_day.{it} + excluded.{it}")).join(", ");
    format!("ON CONFLICT (tenant_id, day, app_id) DO UPDATE SET {set}")
}

/// The same of metering periods.
pub(super) const ADD_PERIODS: &str = "ON CONFLICT (tenant_id, app_id, resource_type, period_start) \
     DO UPDATE SET total_usage = metered_usage.total_usage + excluded.total_usage";
