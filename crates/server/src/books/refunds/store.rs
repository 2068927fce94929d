//! Reads where refunds, notes and invoices differ.

use crate::db::{Error, Stmt, Tx};

/// A refund that was completed without a note over just it, if there is one.
pub(super) async fn noted_otherwise(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT r.refund_id FROM refund_approval AS r
         LEFT JOIN credit_note AS n ON n.tenant_id = r.tenant_id AND n.refund_id = r.refund_id
         WHERE r.tenant_id = $1 AND r.status = 'completed'
           AND (n.number IS NULL OR n.number <> r.note_number OR n.paid_out <> r.amount
                OR n.currency <> r.currency OR n.invoice_number <> r.invoice_number)
         LIMIT 1",
    );
    first(tx, stmt.bind(tenant)).await
}

/// A note over a refund that was not completed, if there is one.
pub(super) async fn noted_alone(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT n.number FROM credit_note AS n
         LEFT JOIN refund_approval AS r ON r.tenant_id = n.tenant_id AND r.refund_id = n.refund_id
            AND r.status = 'completed'
         WHERE n.tenant_id = $1 AND n.refund_id IS NOT NULL AND r.refund_id IS NULL LIMIT 1",
    );
    first(tx, stmt.bind(tenant)).await
}

/// An invoice that holds something else than the refunds that are open, or of which more was given
/// back than was paid, if there is one.
pub(super) async fn held_otherwise(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT i.number FROM invoice AS i
         LEFT JOIN (
            SELECT invoice_number, SUM(amount) AS amount FROM refund_approval
            WHERE tenant_id = $1 AND deleted_at IS NULL
              AND status IN ('submitted', 'approved', 'executing') GROUP BY invoice_number
         ) AS r ON r.invoice_number = i.number
         WHERE i.tenant_id = $1
           AND (i.refunding <> COALESCE(r.amount, 0) OR i.refunded + i.refunding > i.paid
                OR i.returned + i.refunded > i.credit_applied + i.paid)
         LIMIT 1",
    );
    first(tx, stmt.bind(tenant)).await
}

async fn first(tx: &mut Tx, stmt: Stmt) -> Result<Option<String>, Error> {
    let row: Option<(String,)> = tx.fetch_optional(stmt).await?;
    Ok(row.map(|(text,)| text))
}
