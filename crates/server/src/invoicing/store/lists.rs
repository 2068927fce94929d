//! How far the lists and the series of tenants are, in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{calendar::Instant, invoicing::Series};

use super::super::document::{AppCounter, Counters};
use crate::db::{Error, Rows, Stmt, Time, Tx};

const COUNTER: &[&str] = &["tenant_id", "app_id", "last_seq", "last_at"];

const SERIES: &[&str] = &["tenant_id", "series", "year", "last_number"];

/// The last serial of each year.
pub(in crate::invoicing) type Serials = BTreeMap<u16, u64>;

#[derive(sqlx::FromRow)]
struct CounterRow {
    tenant_id: String,
    app_id: String,
    last_seq: i64,
    last_at: Time,
}

/// How far tenants' lists of records are, and those of some of their apps: pairs of a tenant and an
/// app, or `""` for all its records.
pub(in crate::invoicing) async fn counters(
    tx: &mut Tx,
    lists: Vec<(String, String)>,
) -> Result<BTreeMap<String, Counters>, Error> {
    let stmt = Stmt::new("SELECT tenant_id, app_id, last_seq, last_at FROM")
        .push_text_pairs(lists)
        .push(" AS k JOIN record_counter ON tenant_id = k.a AND app_id = k.b");
    let rows: Vec<CounterRow> = tx.fetch_all(stmt).await?;
    let mut all: BTreeMap<String, Counters> = BTreeMap::new();
    for row in rows {
        let counters = all.entry(row.tenant_id).or_default();
        if row.app_id.is_empty() {
            counters.all = row.last_seq;
            counters.last_at = Some(row.last_at.instant()?);
        } else {
            counters.apps.insert(row.app_id, AppCounter { last: row.last_seq, added_at: None });
        }
    }
    Ok(all)
}

/// How many records a tenant has, and when the last one arrived.
pub async fn extent(tx: &mut Tx, tenant: &str) -> Result<(i64, Option<Instant>), Error> {
    let mut all = counters(tx, vec![(tenant.to_owned(), String::new())]).await?;
    let counters = all.remove(tenant).unwrap_or_default();
    Ok((counters.all, counters.last_at))
}

/// Writes how far the lists of tenants are.
pub(in crate::invoicing) async fn save_counters<'a>(
    tx: &mut Tx,
    all: impl IntoIterator<Item = (&'a str, &'a Counters)>,
) -> Result<(), Error> {
    let mut rows = Rows::new("record_counter", COUNTER).otherwise(
        "ON CONFLICT (tenant_id, app_id) DO UPDATE SET
            last_seq = excluded.last_seq, last_at = excluded.last_at",
    );
    for (tenant, counters) in all {
        let apps = counters.apps.iter();
        let apps = apps.map(|(app, it)| (app.as_str(), it.last, it.added_at));
        for (app, last, at) in apps.chain([("", counters.all, counters.last_at)]) {
            if let Some(at) = at {
                rows.push(vec![tenant.into(), app.into(), last.into(), at.into()]);
            }
        }
    }
    tx.insert(rows).await?;
    Ok(())
}

/// The last serial of each year of a series of `tenants`.
pub(in crate::invoicing) async fn serials(
    tx: &mut Tx,
    series: Series,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Serials>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, year, last_number FROM invoice_series WHERE series = $1 AND tenant_id",
    );
    let stmt = stmt.bind(series.as_str()).push_any_text(tenants.iter().copied());
    let rows: Vec<(String, i64, i64)> = tx.fetch_all(stmt).await?;
    let mut all: BTreeMap<String, Serials> = BTreeMap::new();
    for (tenant, year, last) in rows {
        let corrupt = |_| Error::corrupt("invoice_series", &tenant, "last_number");
        let year = u16::try_from(year).map_err(corrupt)?;
        let last = u64::try_from(last).map_err(corrupt)?;
        all.entry(tenant).or_default().insert(year, last);
    }
    Ok(all)
}

/// Writes them.
pub(in crate::invoicing) async fn save_serials<'a>(
    tx: &mut Tx,
    series: Series,
    all: impl IntoIterator<Item = (&'a str, &'a Serials)>,
) -> Result<(), Error> {
    let mut rows = Rows::new("invoice_series", SERIES).otherwise(
        "ON CONFLICT (tenant_id, series, year) DO UPDATE SET last_number = excluded.last_number",
    );
    for (tenant, serials) in all {
        for (year, last) in serials {
            let last = i64::try_from(*last);
            let last = last.map_err(|_| Error::corrupt("invoice_series", tenant, "last_number"))?;
            rows.push(vec![
                tenant.into(),
                series.as_str().into(),
                i64::from(*year).into(),
                last.into(),
            ]);
        }
    }
    tx.insert(rows).await?;
    Ok(())
}
