//! Notes as they are shown: one, pages of a tenant's and of all, and whose a number is.

use std::fmt;

use countinghouse_core::{
    calendar::{Instant, Zone},
    id::TenantId,
    invoicing::NoteNumber,
};

use super::super::NoteReason;
use crate::{
    command::PLATFORM,
    db::{Db, Error, Stmt, Time, Tx},
};

/// A note as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NoteRow {
    pub(in crate::invoicing) tenant_id: String,
    pub(in crate::invoicing) number: String,
    pub(in crate::invoicing) seq: i64,
    pub(in crate::invoicing) invoice_number: String,
    pub(in crate::invoicing) reason: String,
    pub(in crate::invoicing) remark: Option<String>,
    pub(in crate::invoicing) status: String,
    pub(in crate::invoicing) currency: String,
    pub(in crate::invoicing) net: i64,
    pub(in crate::invoicing) tax: i64,
    pub(in crate::invoicing) total: i64,
    pub(in crate::invoicing) lowered: i64,
    pub(in crate::invoicing) returned: i64,
    pub(in crate::invoicing) paid_out: i64,
    pub(in crate::invoicing) issued_at: Time,
    timezone: String,
    pub(in crate::invoicing) cancelled_at: Option<Time>,
    hidden_at: Option<Time>,
}

/// Where a note stands in the list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    issued_at: Instant,
    seq: i64,
    tenant: String,
}

const SELECT: &str =
    "SELECT tenant_id, number, seq, invoice_number, reason, remark, status, currency,
    net, tax, total, lowered, returned, paid_out, issued_at, timezone, cancelled_at,
    hidden_at FROM credit_note";

/// The note of that number, be it hidden.
pub(in super::super) async fn row(
    tx: &mut Tx,
    tenant: &str,
    number: NoteNumber,
) -> Result<Option<NoteRow>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE tenant_id = $1 AND number = $2");
    tx.fetch_optional(stmt.bind(tenant).bind(number.to_string())).await
}

/// Some of the tenants that have a note of that number: two, if there are more.
pub(in crate::invoicing) async fn tenants_of_note(
    db: &Db,
    number: NoteNumber,
) -> Result<Vec<TenantId>, Error> {
    let stmt = Stmt::new("SELECT tenant_id FROM credit_note WHERE number = $1 LIMIT 2");
    let rows: Vec<(String,)> = db.fetch_all(stmt.bind(number.to_string())).await?;
    let corrupt = |text: &str| Error::corrupt("credit_note", text, "tenant_id");
    let tenant = |(text,): &(String,)| TenantId::parse(text).map_err(|_| corrupt(text));
    rows.iter().map(tenant).collect()
}

/// How many notes a tenant has, or all have, the hidden ones left out; counted up to `most`.
pub(in super::super) async fn count(
    tx: &mut Tx,
    tenant: Option<&str>,
    most: i64,
) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COUNT(*) FROM (SELECT 1 AS one FROM credit_note");
    let stmt = stmt.push(whose(tenant)).push(" LIMIT $2) AS counted");
    tx.fetch_scalar(stmt.bind(tenant.unwrap_or(PLATFORM)).bind(most)).await
}

/// Notes after a place of the list, or after so many, newest first, the hidden ones left out.
pub(in super::super) async fn page(
    tx: &mut Tx,
    tenant: Option<&str>,
    after: Option<&Place>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<NoteRow>, Error> {
    let stmt = Stmt::new(SELECT).push(whose(tenant)).bind(tenant.unwrap_or(PLATFORM));
    let stmt = stmt.bind(limit).bind(skipped);
    let stmt = match (tenant, after) {
        (_, None) => stmt,
        (Some(_), Some(place)) => stmt.push(" AND seq < $4").bind(place.seq),
        (None, Some(place)) => {
            let stmt = stmt.push(" AND (issued_at, tenant_id, seq) < ($4, $5, $6)");
            stmt.bind(place.issued_at).bind(place.tenant.as_str()).bind(place.seq)
        }
    };
    let stmt = stmt.push(match tenant {
        Some(_) => " ORDER BY seq DESC LIMIT $2 OFFSET $3",
        None => " ORDER BY issued_at DESC, tenant_id DESC, seq DESC LIMIT $2 OFFSET $3",
    });
    tx.fetch_all(stmt).await
}

/// The condition for one tenant, or for all of them: the platform has no notes.
fn whose(tenant: Option<&str>) -> &'static str {
    match tenant {
        Some(_) => " WHERE tenant_id = $1 AND hidden_at IS NULL",
        None => " WHERE tenant_id <> $1 AND hidden_at IS NULL",
    }
}

impl NoteRow {
    /// Whether it was taken out of lists.
    pub(in super::super) fn is_hidden(&self) -> bool {
        self.hidden_at.is_some()
    }

    /// Why it was issued.
    pub(in crate::invoicing) fn why(&self) -> Result<NoteReason, Error> {
        let corrupt = || Error::corrupt("credit_note", &self.number, "reason");
        NoteReason::parse(&self.reason).ok_or_else(corrupt)
    }

    /// The zone of the day on which it was issued.
    pub(in crate::invoicing) fn zone(&self) -> Result<Zone, Error> {
        let corrupt = |_| Error::corrupt("credit_note", &self.number, "timezone");
        Zone::parse(&self.timezone).map_err(corrupt)
    }

    /// Whether it takes nothing back any more.
    pub fn is_cancelled(&self) -> bool {
        self.status == "cancelled"
    }

    /// Where it stands in the list of all.
    pub(in super::super) fn place(&self) -> Result<Place, Error> {
        let (issued_at, seq) = (self.issued_at.instant()?, self.seq);
        Ok(Place { issued_at, seq, tenant: self.tenant_id.clone() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.issued_at.as_second(), self.seq, self.tenant)
    }
}

impl Place {
    /// Reads a place as it is written.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        Some(Self {
            issued_at: Instant::from_second(parts.next()?.parse().ok()?).ok()?,
            seq: parts.next()?.parse().ok()?,
            tenant: parts.next()?.to_owned(),
        })
    }
}
