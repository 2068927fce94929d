//! What is kept of figures that were set right.

use countinghouse_core::{
    calendar::Instant,
    id::UserId,
    metering::{Correction, UsageId},
};

use crate::{
    db::{Error, Rows, Stmt, Time, Tx},
    http::paging::SeqRange,
};

const TRACE: &[&str] = &[
    "tenant_id",
    "seq",
    "day",
    "app_id",
    "resource_type",
    "before",
    "after",
    "reason",
    "corrected_by",
    "corrected_at",
];

/// What is kept of a figure that was set right.
#[derive(Clone, Debug)]
pub(in super::super) struct NewTrace {
    pub(in super::super) seq: i64,
    pub(in super::super) correction: Correction,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) by: UserId,
    pub(in super::super) at: Instant,
}

/// The same, as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct TraceRow {
    pub(in super::super) seq: i64,
    pub(in super::super) day: String,
    pub(in super::super) app_id: String,
    pub(in super::super) resource_type: String,
    pub(in super::super) before: i64,
    pub(in super::super) after: i64,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) corrected_by: String,
    pub(in super::super) corrected_at: Time,
}

/// How many figures were ever set right.
pub(in super::super) async fn last_seq(tx: &mut Tx, tenant: &str) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COALESCE(MAX(seq), 0) FROM usage_correction WHERE tenant_id = $1");
    tx.fetch_scalar(stmt.bind(tenant)).await
}

/// Figures that were set right, the newest first: those that `user` set right, or all.
pub(in super::super) async fn page(
    tx: &mut Tx,
    tenant: &str,
    user: Option<&UserId>,
    range: SeqRange,
) -> Result<Vec<TraceRow>, Error> {
    let stmt = Stmt::new(
        "SELECT seq, day, app_id, resource_type, before, after, reason, corrected_by, corrected_at
         FROM usage_correction WHERE tenant_id = $1 AND seq > $2 AND seq <= $3",
    );
    let stmt = stmt.bind(tenant).bind(range.after).bind(range.to);
    let stmt = match user {
        Some(user) => stmt.push(" AND corrected_by = $4").bind(user.as_str()),
        None => stmt,
    };
    tx.fetch_all(stmt.push(" ORDER BY seq DESC")).await
}

/// Keeps what was set right.
pub(in super::super) async fn keep(
    tx: &mut Tx,
    tenant: &str,
    usage: &UsageId,
    traces: &[NewTrace],
) -> Result<(), Error> {
    let mut rows = Rows::new("usage_correction", TRACE);
    for it in traces {
        rows.push(vec![
            tenant.into(),
            it.seq.into(),
            usage.day.to_string().into(),
            usage.app_text().into(),
            it.correction.resource.as_str().into(),
            it.correction.before.into(),
            it.correction.after.into(),
            it.reason.as_deref().into(),
            it.by.as_str().into(),
            it.at.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}
