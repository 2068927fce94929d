//! The calls of endpoints in the database.

use std::collections::BTreeSet;

use countinghouse_core::calendar::Date;

use super::{super::store::exact, ask::Figure, view::Calls};
use crate::db::{Error, Rows, Stmt, Tx};

const ENDPOINT: &[&str] =
    &["tenant_id", "day", "app_id", "endpoint", "request_count", "error_count", "latency_us"];

const SUMS: &str = "SELECT endpoint, requests, errors, billions, rest FROM (
        SELECT endpoint, requests, errors, billions, rest,
            RANK() OVER (ORDER BY requests DESC) AS place
        FROM (SELECT endpoint, CAST(SUM(request_count) AS BIGINT) AS requests,
                CAST(SUM(error_count) AS BIGINT) AS errors,
                CAST(SUM(latency_us / 1000000000) AS BIGINT) AS billions,
                CAST(SUM(latency_us % 1000000000) AS BIGINT) AS rest
            FROM endpoint_day WHERE tenant_id = $1 AND day >= $2 AND day <= $3";

/// Which figures: day, app, endpoint.
pub(super) type Place = (String, String, String);

/// The endpoints that were called most on days from one to another: `count` of them, and those that
/// were called as often as the last.
pub(super) async fn top(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    (from, to): (Date, Date),
    count: i64,
) -> Result<Vec<Calls>, Error> {
    let stmt = Stmt::new(SUMS).bind(tenant).bind(from.to_string()).bind(to.to_string());
    let stmt = stmt.bind(count);
    let stmt = match app {
        Some(app) => stmt.push(" AND app_id = $5").bind(app),
        None => stmt,
    };
    let stmt = stmt.push(" GROUP BY endpoint) AS summed) AS ranked WHERE place <= $4");
    let rows: Vec<(String, i64, i64, i64, i64)> = tx.fetch_all(stmt).await?;
    let calls = rows.into_iter().map(|(endpoint, requests, errors, billions, rest)| Calls {
        endpoint,
        requests,
        errors,
        micros: exact(billions, rest),
    });
    Ok(calls.collect())
}

/// Those of some figures that are there.
pub(super) async fn known(
    tx: &mut Tx,
    tenant: &str,
    figures: &[Figure],
) -> Result<BTreeSet<Place>, Error> {
    let days: BTreeSet<String> = figures.iter().map(|it| it.day.to_string()).collect();
    let apps: BTreeSet<&str> = figures.iter().map(Figure::app).collect();
    let endpoints: BTreeSet<&str> = figures.iter().map(|it| it.endpoint.as_str()).collect();
    let stmt = Stmt::new("SELECT day, app_id, endpoint FROM endpoint_day WHERE tenant_id = $1");
    let stmt = stmt.bind(tenant).push(" AND day").push_any_text(days);
    let stmt = stmt.push(" AND app_id").push_any_text(apps);
    let rows: Vec<Place> =
        tx.fetch_all(stmt.push(" AND endpoint").push_any_text(endpoints)).await?;
    Ok(rows.into_iter().collect())
}

/// Writes figures in the place of those that there may be. Those of no calls take them away.
pub(super) async fn save(tx: &mut Tx, tenant: &str, figures: &[Figure]) -> Result<(), Error> {
    let mut rows = Rows::new("endpoint_day", ENDPOINT).otherwise(
        "ON CONFLICT (tenant_id, day, app_id, endpoint) DO UPDATE
         SET request_count = excluded.request_count, error_count = excluded.error_count,
            latency_us = excluded.latency_us",
    );
    for it in figures {
        if it.requests == 0 {
            remove(tx, tenant, it).await?;
            continue;
        }
        rows.push(vec![
            tenant.into(),
            it.day.to_string().into(),
            it.app().into(),
            it.endpoint.as_str().into(),
            it.requests.into(),
            it.errors.into(),
            it.latency.of_all(it.requests).into(),
        ]);
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

async fn remove(tx: &mut Tx, tenant: &str, it: &Figure) -> Result<(), Error> {
    let stmt = Stmt::new(
        "DELETE FROM endpoint_day
         WHERE tenant_id = $1 AND day = $2 AND app_id = $3 AND endpoint = $4",
    );
    let stmt = stmt.bind(tenant).bind(it.day.to_string()).bind(it.app());
    tx.execute(stmt.bind(it.endpoint.as_str())).await?;
    Ok(())
}
