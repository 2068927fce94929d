//! What reports are made of, and the documents that it sums up.

use futures_util::stream::BoxStream;

use crate::db::{Error, Stmt, Tx};

/// An invoice, the app of its record, and whether it is among those that were withdrawn.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct DocumentRow {
    pub(super) number: String,
    pub(super) status: String,
    pub(super) net: i64,
    pub(super) paid: i64,
    pub(super) refunded: i64,
    pub(super) app_id: Option<String>,
    pub(super) voided: Option<String>,
}

/// All invoices of a tenant, in whatever order.
pub(super) fn documents<'tx>(
    tx: &'tx mut Tx,
    tenant: &str,
) -> Result<BoxStream<'tx, Result<DocumentRow, Error>>, Error> {
    let stmt = Stmt::new(
        "SELECT i.number, i.status, i.net, i.paid, i.refunded, r.app_id, v.number AS voided
         FROM invoice AS i
         JOIN billing_record AS r ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq
         LEFT JOIN invoice_void AS v ON v.tenant_id = i.tenant_id AND v.number = i.number
         WHERE i.tenant_id = $1",
    );
    tx.stream(stmt.bind(tenant))
}

/// The net of all notes of a tenant that are not cancelled.
pub(super) fn notes<'tx>(
    tx: &'tx mut Tx,
    tenant: &str,
) -> Result<BoxStream<'tx, Result<(i64,), Error>>, Error> {
    let stmt =
        Stmt::new("SELECT net FROM credit_note WHERE tenant_id = $1 AND status <> 'cancelled'");
    tx.stream(stmt.bind(tenant))
}

/// How many invoices are said to be withdrawn.
pub(super) async fn voids(tx: &mut Tx, tenant: &str) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COUNT(*) FROM invoice_void WHERE tenant_id = $1");
    tx.fetch_scalar(stmt.bind(tenant)).await
}

/// What apps spent: the app, what was paid, and what was paid back.
pub(super) async fn spending(tx: &mut Tx, tenant: &str) -> Result<Vec<(String, i64, i64)>, Error> {
    let stmt = Stmt::new("SELECT app_id, paid, refunded FROM app_spend WHERE tenant_id = $1");
    tx.fetch_all(stmt.bind(tenant)).await
}
