//! The calls of endpoints in the database: by day as they were told, and their sums by month.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream::BoxStream};

use super::{
    calls::{Calls, Place},
    span::Span,
};
use crate::db::{Error, Rows, Stmt, Tx};

/// Day or month, app, endpoint; calls, those that failed, and how long all took: seconds and
/// microseconds.
type CallsRow = (String, String, String, i64, i64, i64, i64);

/// Calls that are read as they are asked for.
type CallsStream<'t> = BoxStream<'t, Result<(Place, Calls), Error>>;

const DAY: &[&str] =
    &["tenant_id", "day", "app_id", "endpoint", "request_count", "error_count", "latency_us"];

const MONTH: &[&str] = &[
    "tenant_id",
    "month",
    "app_id",
    "endpoint",
    "request_count",
    "error_count",
    "latency_s",
    "latency_us",
];

/// Months, days more, days less before and after: each from one to another, none where the second is
/// before the first.
const PARTS: [&str; 4] = [
    "SELECT endpoint, request_count, error_count, latency_s, latency_us FROM endpoint_month
     WHERE tenant_id = $1 AND month >= $3 AND month <= $4",
    "SELECT endpoint, request_count, error_count, latency_us / 1000000, latency_us % 1000000
     FROM endpoint_day WHERE tenant_id = $1 AND day >= $5 AND day <= $6",
    "SELECT endpoint, -request_count, -error_count, -(latency_us / 1000000),
        -(latency_us % 1000000)
     FROM endpoint_day WHERE tenant_id = $1 AND day >= $7 AND day <= $8",
    "SELECT endpoint, -request_count, -error_count, -(latency_us / 1000000),
        -(latency_us % 1000000)
     FROM endpoint_day WHERE tenant_id = $1 AND day >= $9 AND day <= $10",
];

const RANKED: &str = "SELECT endpoint, requests, errors, seconds, rest FROM (
        SELECT endpoint, requests, errors, seconds, rest,
            RANK() OVER (ORDER BY requests DESC) AS place
        FROM (SELECT endpoint, CAST(SUM(request_count) AS BIGINT) AS requests,
                CAST(SUM(error_count) AS BIGINT) AS errors,
                CAST(SUM(latency_s) AS BIGINT) AS seconds,
                CAST(SUM(latency_us) AS BIGINT) AS rest
            FROM (";

const SUMMED: &str = ") AS part GROUP BY endpoint HAVING SUM(request_count) > 0) AS summed
    ) AS ranked WHERE place <= $2";

/// The endpoints that were called most in a span: `count` of them, and those that were called as often
/// as the last.
pub(super) async fn top(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    span: &Span,
    count: i64,
) -> Result<Vec<(String, Calls)>, Error> {
    let mut stmt = Stmt::new(RANKED).bind(tenant).bind(count);
    for (first, last) in span.ranges() {
        stmt = stmt.bind(first).bind(last);
    }
    if let Some(app) = app {
        stmt = stmt.bind(app);
    }
    for (place, part) in PARTS.into_iter().enumerate() {
        stmt = stmt.push(if place > 0 { " UNION ALL " } else { "" }).push(part);
        stmt = stmt.push(if app.is_some() { " AND app_id = $11" } else { "" });
    }
    let rows: Vec<(String, i64, i64, i64, i64)> = tx.fetch_all(stmt.push(SUMMED)).await?;
    let calls = rows.into_iter().map(|(endpoint, requests, errors, seconds, rest)| {
        (endpoint, Calls { requests, errors, micros: Calls::micros_of(seconds, rest) })
    });
    Ok(calls.collect())
}

/// The calls of days, those of them that are there.
pub(super) async fn days(
    tx: &mut Tx,
    tenant: &str,
    places: Vec<Place>,
) -> Result<BTreeMap<Place, Calls>, Error> {
    let stmt = Stmt::new(
        "SELECT d.day, d.app_id, d.endpoint, d.request_count, d.error_count, CAST(0 AS BIGINT),
            d.latency_us FROM",
    );
    let stmt = stmt.push_text_triples(places).push(
        " AS k JOIN endpoint_day AS d
             ON d.tenant_id = $4 AND d.day = k.a AND d.app_id = k.b AND d.endpoint = k.c",
    );
    calls(tx, stmt.bind(tenant)).await
}

/// The sums of months, those of them that are there.
pub(super) async fn months(
    tx: &mut Tx,
    tenant: &str,
    places: Vec<Place>,
) -> Result<BTreeMap<Place, Calls>, Error> {
    let stmt = Stmt::new(
        "SELECT m.month, m.app_id, m.endpoint, m.request_count, m.error_count, m.latency_s,
            m.latency_us FROM",
    );
    let stmt = stmt.push_text_triples(places).push(
        " AS k JOIN endpoint_month AS m
             ON m.tenant_id = $4 AND m.month = k.a AND m.app_id = k.b AND m.endpoint = k.c",
    );
    calls(tx, stmt.bind(tenant)).await
}

/// The calls of all days, the newest first, read as they are asked for.
pub(super) fn all_days<'t>(tx: &'t mut Tx, tenant: &str) -> Result<CallsStream<'t>, Error> {
    let stmt = Stmt::new(
        "SELECT day, app_id, endpoint, request_count, error_count, CAST(0 AS BIGINT), latency_us
         FROM endpoint_day WHERE tenant_id = $1 ORDER BY day DESC, app_id DESC, endpoint DESC",
    );
    let rows = tx.stream::<CallsRow>(stmt.bind(tenant))?;
    Ok(rows.map(|row| row.map(read)).boxed())
}

async fn calls(tx: &mut Tx, stmt: Stmt) -> Result<BTreeMap<Place, Calls>, Error> {
    let rows: Vec<CallsRow> = tx.fetch_all(stmt).await?;
    Ok(rows.into_iter().map(read).collect())
}

fn read((time, app, endpoint, requests, errors, seconds, rest): CallsRow) -> (Place, Calls) {
    ([time, app, endpoint], Calls { requests, errors, micros: Calls::micros_of(seconds, rest) })
}

/// Writes the calls of days in the place of those that there may be. Those of no calls go.
pub(super) async fn save_days(
    tx: &mut Tx,
    tenant: &str,
    days: &BTreeMap<Place, Calls>,
) -> Result<(), Error> {
    let mut rows = Rows::new("endpoint_day", DAY).otherwise(
        "ON CONFLICT (tenant_id, day, app_id, endpoint) DO UPDATE
         SET request_count = excluded.request_count, error_count = excluded.error_count,
            latency_us = excluded.latency_us",
    );
    for (place, calls) in days.iter().filter(|(_, calls)| calls.requests > 0) {
        let [day, app, endpoint] = place.each_ref().map(String::as_str);
        let micros = i64::try_from(calls.micros);
        let micros = micros.map_err(|_| Error::corrupt("endpoint_day", day, "latency_us"))?;
        let row = [tenant.into(), day.into(), app.into(), endpoint.into()];
        let figures = [calls.requests.into(), calls.errors.into(), micros.into()];
        rows.push(row.into_iter().chain(figures).collect());
    }
    let gone = Stmt::new(
        "DELETE FROM endpoint_day WHERE tenant_id = $1 AND (day, app_id, endpoint) IN
         (SELECT k.a, k.b, k.c FROM",
    );
    put(tx, rows, gone.bind(tenant), days).await
}

/// The same of sums of months.
pub(super) async fn save_months(
    tx: &mut Tx,
    tenant: &str,
    months: &BTreeMap<Place, Calls>,
) -> Result<(), Error> {
    let mut rows = Rows::new("endpoint_month", MONTH).otherwise(
        "ON CONFLICT (tenant_id, month, app_id, endpoint) DO UPDATE
         SET request_count = excluded.request_count, error_count = excluded.error_count,
            latency_s = excluded.latency_s, latency_us = excluded.latency_us",
    );
    for (place, calls) in months.iter().filter(|(_, calls)| calls.requests > 0) {
        let [month, app, endpoint] = place.each_ref().map(String::as_str);
        let (seconds, rest) =
            calls.seconds().ok_or_else(|| Error::corrupt("endpoint_month", month, "latency_s"))?;
        let row = [tenant.into(), month.into(), app.into(), endpoint.into()];
        let figures = [calls.requests.into(), calls.errors.into(), seconds.into(), rest.into()];
        rows.push(row.into_iter().chain(figures).collect());
    }
    let gone = Stmt::new(
        "DELETE FROM endpoint_month WHERE tenant_id = $1 AND (month, app_id, endpoint) IN
         (SELECT k.a, k.b, k.c FROM",
    );
    put(tx, rows, gone.bind(tenant), months).await
}

async fn put(
    tx: &mut Tx,
    rows: Rows,
    gone: Stmt,
    all: &BTreeMap<Place, Calls>,
) -> Result<(), Error> {
    let none = all.iter().filter(|(_, calls)| calls.requests == 0);
    let none: Vec<Place> = none.map(|(place, _)| place.clone()).collect();
    if !none.is_empty() {
        tx.execute(gone.push_text_triples(none).push(" AS k)")).await?;
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}
