//! Usage by the ten million.

use super::{
    APPS, COLUMNS, RESOURCES,
    calendar::{Calendar, DAYS},
    days_head, instant,
};
use crate::{
    Outcome,
    database::{Database, Engine},
};

/// In how many sweeps over all keys events are written: in one, each page of the index would be full to
/// the brim and the next event part it, as it never is where keys come in any order.
const SWEEPS: u64 = 8;

/// Endpoints that are called on each day.
const ENDPOINTS: u64 = 200;

/// Keys begin with a number below this.
const KEYS: u64 = 1 << 48;

/// Writes so many events of a tenant, spread over the days, its apps and resources, their keys over
/// all there are; and the days and metering periods that all its events come to.
pub(crate) async fn fill_events(
    database: &Database,
    tenant: &str,
    calendar: &Calendar,
    count: u64,
) -> Outcome {
    let days = days(database.engine, calendar)?;
    for sweep in 0..SWEEPS.min(count) {
        let numbers = numbers(sweep, count, SWEEPS);
        let sql = events(database.engine, tenant, calendar, KEYS / count.max(1));
        database.execute(&format!("{numbers}, {days} {sql}")).await?;
        if database.engine == Engine::Sqlite {
            database.settle().await?;
        }
    }
    database.execute(&sum_days(tenant)).await?;
    database.execute(&sum_periods(database.engine, tenant, calendar)).await?;
    database.settle().await
}

/// Writes the calls of a tenant's endpoints on each day; gives how many rows they are.
pub(crate) async fn fill_endpoints(
    database: &Database,
    tenant: &str,
    calendar: &Calendar,
) -> Outcome<u64> {
    let (numbers, days) = (numbers(0, ENDPOINTS, 1), days(database.engine, calendar)?);
    let sql = format!(
        "{numbers}, {days}
         INSERT INTO endpoint_day (tenant_id, day, app_id, endpoint, request_count, error_count,
            latency_us)
         SELECT '{tenant}', day.day, 'app_' || CAST(i % {APPS} AS TEXT),
            'GET /v1/things/' || CAST(i AS TEXT), 1000 + (i * 7919 + day.n * 104729) % 5000,
            (i + day.n) % 10, 1000000 + (i * 104729 + day.n * 7919) % 9000000
         FROM n CROSS JOIN day"
    );
    database.execute(&sql).await?;
    database.execute(&sum_months(tenant)).await?;
    database.settle().await?;
    Ok(ENDPOINTS * u64::try_from(DAYS)?)
}

/// Sums the calls of endpoints up by month.
fn sum_months(tenant: &str) -> String {
    format!(
        "INSERT INTO endpoint_month (tenant_id, month, app_id, endpoint, request_count, error_count,
            latency_s, latency_us)
         SELECT tenant_id, substr(day, 1, 7), app_id, endpoint, SUM(request_count),
            SUM(error_count), CAST(SUM(latency_us) AS BIGINT) / 1000000,
            CAST(SUM(latency_us) AS BIGINT) % 1000000
         FROM endpoint_day WHERE tenant_id = '{tenant}' GROUP BY 1, 2, 3, 4"
    )
}

/// Makes sure that a tenant's days and metering periods are the sums of its events, and gives how
/// many events it has.
pub(crate) async fn audit(database: &Database, tenant: &str) -> Outcome<u64> {
    let of = |what: &str, table: &str| {
        format!(
            "SELECT CAST(COALESCE({what}, 0) AS BIGINT) FROM {table} WHERE tenant_id = '{tenant}'"
        )
    };
    let events = database.number(&of("SUM(amount)", "usage_event")).await?;
    let sums = COLUMNS.join(" + ");
    for (what, table) in
        [(format!("SUM({sums})"), "usage_day"), ("SUM(total_usage)".to_owned(), "metered_usage")]
    {
        let sum = database.number(&of(&what, table)).await?;
        if sum != events {
            return Err(format!("{table} tells of {sum} where {events} were used").into());
        }
    }
    Ok(u64::try_from(database.number(&of("COUNT(*)", "usage_event")).await?)?)
}

/// Every so manyth number from one to below another, as `n`.
fn numbers(from: u64, end: u64, step: u64) -> String {
    format!(
        "WITH RECURSIVE n (i) AS
            (SELECT {from} UNION ALL SELECT i + {step} FROM n WHERE i + {step} < {end})"
    )
}

/// All days with their numbers, as `day`.
fn days(engine: Engine, calendar: &Calendar) -> Outcome<String> {
    let days = calendar.days()?;
    let rows = days.iter().enumerate().map(|(n, it)| {
        let (start, month) = (instant(engine, it.start), instant(engine, it.month));
        format!("({n}, '{}', {start}, {month})", it.date)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    Ok(format!("day (n, day, start, month) AS (VALUES {rows})"))
}

/// Inserts an event for each number, in the order of keys that are so far from each other.
fn events(engine: Engine, tenant: &str, calendar: &Calendar, apart: u64) -> String {
    let key = match engine {
        Engine::Sqlite => format!("unhex(printf('%012x', i * {apart}) || hex(randomblob(10)))"),
        Engine::Postgres => format!(
            "decode(lpad(to_hex(CAST(i AS bigint) * {apart}), 12, '0')
                || substr(replace(CAST(gen_random_uuid() AS text), '-', ''), 1, 20), 'hex')"
        ),
    };
    let resources = RESOURCES.iter().enumerate().map(|(n, name)| format!("WHEN {n} THEN '{name}'"));
    let resources = resources.collect::<Vec<_>>().join(" ");
    let now = instant(engine, calendar.now);
    format!(
        "INSERT INTO usage_event (tenant_id, event_key, app_id, resource_type, amount, occurred_at,
            received_at, day, period_start, bill)
         SELECT '{tenant}', {key}, 'app_' || CAST((i / {DAYS}) % {APPS} AS TEXT),
            CASE (i / {DAYS} / {APPS}) % {} {resources} END, 1, day.start, {now}, day.day, day.month, 0
         FROM n CROSS JOIN day WHERE day.n = i % {DAYS} ORDER BY i",
        RESOURCES.len(),
    )
}

/// Puts the sums of all events in the place of what days have.
fn sum_days(tenant: &str) -> String {
    let [calls, bandwidth, sms, email] = RESOURCES.map(|it| {
        format!("CAST(SUM(CASE resource_type WHEN '{it}' THEN amount ELSE 0 END) AS BIGINT)")
    });
    let set = COLUMNS.map(|it| format!("{it} = excluded.{it}")).join(", ");
    format!(
        "{} SELECT tenant_id, day, app_id, {calls}, 0, {bandwidth}, 0, {sms}, {email}, 0, 0, 0
         FROM usage_event WHERE tenant_id = '{tenant}' GROUP BY tenant_id, day, app_id
         ON CONFLICT (tenant_id, day, app_id) DO UPDATE SET {set}",
        days_head(),
    )
}

/// The same of metering periods. All but the one that runs are billed.
fn sum_periods(engine: Engine, tenant: &str, calendar: &Calendar) -> String {
    let (running, _) = calendar.month();
    let months = calendar.months.iter().map(|(start, end)| {
        let (status, bills) = if *start == running { ("open", 0) } else { ("invoiced", 1) };
        format!("({}, {}, '{status}', {bills})", instant(engine, *start), instant(engine, *end))
    });
    let months = months.collect::<Vec<_>>().join(", ");
    format!(
        "WITH month (start, finish, status, bills) AS (VALUES {months}),
            used (app_id, resource_type, start, total) AS (
                SELECT app_id, resource_type, period_start, CAST(SUM(amount) AS BIGINT)
                FROM usage_event WHERE tenant_id = '{tenant}'
                GROUP BY app_id, resource_type, period_start)
         INSERT INTO metered_usage (tenant_id, period_start, app_id, resource_type, period_end,
            total_usage, included_units, overage_units, overage_amount, status, late_units, bills)
         SELECT '{tenant}', used.start, app_id, resource_type, month.finish, total, -1, 0, 0,
            month.status, 0, month.bills
         FROM used JOIN month ON month.start = used.start WHERE TRUE
         ON CONFLICT (tenant_id, app_id, resource_type, period_start)
            DO UPDATE SET total_usage = excluded.total_usage"
    )
}
