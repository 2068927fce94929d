//! Pages of invoices in the database.
//!
//! A page is put together from one arm for each status, since each has its place in an index: so a
//! page of the few that are void costs what a page of the many that are paid does.

use std::fmt;

use countinghouse_core::{calendar::Instant, id::TenantId};

use super::Filter;
use crate::{
    command::PLATFORM,
    db::{Error, Stmt, Time, Tx},
};

/// Where an invoice stands in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    issued_at: Instant,
    pub(super) tenant: String,
    record_seq: i64,
}

type Row = (Time, String, i64, String);

/// At most `limit` invoices that fit, newest first: those after a place, and then after `skipped` of
/// them. Each with its number.
pub(super) async fn page(
    tx: &mut Tx,
    filter: &Filter,
    (from, before): (Instant, Instant),
    after: Option<Place>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<(Place, String)>, Error> {
    let mut stmt = Stmt::new("SELECT issued_at, tenant_id, record_seq, number FROM (");
    let mut joint = "";
    for status in filter.statuses() {
        stmt = stmt
            .push(joint)
            .push("SELECT * FROM (SELECT issued_at, tenant_id, record_seq, number FROM invoice WHERE status = '")
            .push(status.as_str())
            .push("' AND tenant_id")
            .push(whose(filter))
            .push(
                "$1 AND issued_at >= $5 AND issued_at < $6
                 AND (issued_at, tenant_id, record_seq) < ($7, $8, $9)
                 ORDER BY issued_at DESC, tenant_id DESC, record_seq DESC LIMIT $2) AS arm",
            );
        joint = " UNION ALL ";
    }
    let stmt = stmt.push(
        ") AS arms ORDER BY issued_at DESC, tenant_id DESC, record_seq DESC LIMIT $3 OFFSET $4",
    );
    let last = Place { issued_at: Instant::MAX, tenant: String::new(), record_seq: 0 };
    let after = after.unwrap_or(last);
    // An index is entered by this bound, so that a page costs the same however deep it lies.
    let before = after.issued_at.plus_seconds(1).map_or(before, |next| next.min(before));
    let stmt = stmt
        .bind(filter.tenant.as_ref().map_or(PLATFORM, TenantId::as_str))
        .bind(skipped.saturating_add(limit))
        .bind(limit)
        .bind(skipped)
        .bind(from)
        .bind(before)
        .bind(after.issued_at)
        .bind(after.tenant)
        .bind(after.record_seq);
    let rows: Vec<Row> = tx.fetch_all(stmt).await?;
    let read = |(issued_at, tenant, record_seq, number): Row| {
        Ok((Place { issued_at: issued_at.instant()?, tenant, record_seq }, number))
    };
    rows.into_iter().map(read).collect()
}

/// How many invoices fit; counted up to `most`.
pub(super) async fn count(
    tx: &mut Tx,
    filter: &Filter,
    (from, before): (Instant, Instant),
    most: i64,
) -> Result<i64, Error> {
    let mut stmt = Stmt::new("SELECT COUNT(*) FROM (");
    let mut joint = "";
    for status in filter.statuses() {
        stmt = stmt
            .push(joint)
            .push("SELECT * FROM (SELECT 1 AS one FROM invoice WHERE status = '")
            .push(status.as_str())
            .push("' AND tenant_id")
            .push(whose(filter))
            .push("$1 AND issued_at >= $3 AND issued_at < $4 LIMIT $2) AS arm");
        joint = " UNION ALL ";
    }
    let stmt =
        stmt.push(") AS arms").bind(filter.tenant.as_ref().map_or(PLATFORM, TenantId::as_str));
    let found: i64 = tx.fetch_scalar(stmt.bind(most).bind(from).bind(before)).await?;
    Ok(found.min(most))
}

/// Of one tenant, or of all of them: the platform has no invoice.
fn whose(filter: &Filter) -> &'static str {
    if filter.tenant.is_some() { " = " } else { " <> " }
}

impl Place {
    /// Reads what `Display` wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (micros, rest) = text.split_once('/')?;
        let (tenant, seq) = rest.rsplit_once('/')?;
        Some(Self {
            issued_at: Instant::from_micros(micros.parse().ok()?).ok()?,
            tenant: tenant.to_owned(),
            record_seq: seq.parse().ok()?,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.issued_at.as_micros(), self.tenant, self.record_seq)
    }
}
