//! Transfers.

use futures_util::stream::BoxStream;

use crate::db::{Error, Stmt, Time, Tx};

/// A transfer as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct TransferRow {
    pub(in super::super) seq: i64,
    pub(in super::super) cause_id: String,
    pub(in super::super) leg: i64,
    pub(in super::super) kind: String,
    pub(in super::super) debit: String,
    pub(in super::super) credit: String,
    pub(in super::super) amount: i64,
    pub(in super::super) created_at: Time,
    pub(in super::super) credit_seq: Option<i64>,
    pub(in super::super) source: Option<String>,
    pub(in super::super) source_seq: Option<i64>,
    pub(in super::super) balance_after: Option<i64>,
    pub(in super::super) month: Option<String>,
}

/// A tenant's transfers in order.
pub(in super::super) fn transfers<'tx>(
    tx: &'tx mut Tx,
    tenant: &str,
) -> Result<BoxStream<'tx, Result<TransferRow, Error>>, Error> {
    let stmt = Stmt::new(
        "SELECT seq, cause_id, leg, kind, debit, credit, amount, created_at, credit_seq, source,
                source_seq, balance_after, month
         FROM ledger_transfer WHERE tenant_id = $1 ORDER BY seq",
    );
    tx.stream(stmt.bind(tenant))
}

/// A cause that posted twice.
pub(in super::super) async fn posted_twice(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT cause_id FROM ledger_transfer WHERE tenant_id = $1
         GROUP BY cause_id, leg HAVING COUNT(*) > 1 LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(cause,)| cause))
}
