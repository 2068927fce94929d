//! Reads credit notes and what belongs to them.

use crate::db::{Error, Stmt, Tx};

/// How many notes are read at once.
const PAGE: i64 = 1_000;

/// A note, with the sums of its parts and of what the ledger has for it: how much less is due
/// because of it, and how much more credit there is; and what its cancelling took of that.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct NoteRow {
    pub(super) seq: i64,
    pub(super) number: String,
    pub(super) status: String,
    pub(super) net: i64,
    pub(super) tax: i64,
    pub(super) lowered: i64,
    pub(super) returned: i64,
    pub(super) parts_net: i64,
    pub(super) parts_tax: i64,
    pub(super) posted_due: i64,
    pub(super) posted_credit: i64,
    pub(super) undone_due: i64,
    pub(super) undone_credit: i64,
}

/// The notes after a place of the list.
pub(super) async fn page(tx: &mut Tx, tenant: &str, after: i64) -> Result<Vec<NoteRow>, Error> {
    let stmt = Stmt::new(
        "SELECT n.seq, n.number, n.status, n.net, n.tax, n.lowered, n.returned,
            (SELECT CAST(COALESCE(SUM(p.net), 0) AS BIGINT) FROM credit_note_part AS p
             WHERE p.tenant_id = n.tenant_id AND p.number = n.number) AS parts_net,
            (SELECT CAST(COALESCE(SUM(p.tax), 0) AS BIGINT) FROM credit_note_part AS p
             WHERE p.tenant_id = n.tenant_id AND p.number = n.number) AS parts_tax,
            (SELECT CAST(COALESCE(SUM(CASE WHEN t.credit = 'receivable' THEN t.amount
                                           WHEN t.debit = 'receivable' THEN -t.amount ELSE 0 END), 0) AS BIGINT)
             FROM ledger_transfer AS t
             WHERE t.tenant_id = n.tenant_id AND t.cause_id = 'cn:' || n.number) AS posted_due,
            (SELECT CAST(COALESCE(SUM(CASE WHEN t.credit = 'credit' THEN t.amount ELSE 0 END), 0) AS BIGINT)
             FROM ledger_transfer AS t
             WHERE t.tenant_id = n.tenant_id AND t.cause_id = 'cn:' || n.number) AS posted_credit,
            (SELECT CAST(COALESCE(SUM(CASE WHEN t.debit = 'receivable' THEN t.amount
                                           WHEN t.credit = 'receivable' THEN -t.amount ELSE 0 END), 0) AS BIGINT)
             FROM ledger_transfer AS t
             WHERE t.tenant_id = n.tenant_id AND t.cause_id = 'cn:' || n.number || ':cancel') AS undone_due,
            (SELECT CAST(COALESCE(SUM(CASE WHEN t.debit = 'credit' THEN t.amount ELSE 0 END), 0) AS BIGINT)
             FROM ledger_transfer AS t
             WHERE t.tenant_id = n.tenant_id AND t.cause_id = 'cn:' || n.number || ':cancel') AS undone_credit
         FROM credit_note AS n WHERE n.tenant_id = $1 AND n.seq > $2 ORDER BY n.seq LIMIT $3",
    );
    tx.fetch_all(stmt.bind(tenant).bind(after).bind(PAGE)).await
}

/// An invoice that was lowered by something else than what its notes say, if there is one.
pub(super) async fn lowered_otherwise(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT i.number FROM invoice AS i
         LEFT JOIN (
            SELECT invoice_number, SUM(lowered) AS lowered, SUM(returned) AS returned
            FROM credit_note WHERE tenant_id = $1 AND status <> 'cancelled' GROUP BY invoice_number
         ) AS n ON n.invoice_number = i.number
         WHERE i.tenant_id = $1
           AND (i.noted <> COALESCE(n.lowered, 0) OR i.returned <> COALESCE(n.returned, 0))
         LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(number,)| number))
}

/// A subscription of which more was given back for a period than was billed for it, if there is one.
pub(super) async fn given_back_too_much(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT changed.subscription_id FROM (
            SELECT l.subscription_id, l.period_since, SUM(l.net + l.tax) AS gross
            FROM plan_change_line AS l JOIN plan_change AS c ON c.tenant_id = l.tenant_id
                AND c.subscription_id = l.subscription_id AND c.version = l.version
            WHERE l.tenant_id = $1 AND NOT c.undone
            GROUP BY l.subscription_id, l.period_since
         ) AS changed
         WHERE changed.gross < 0 AND changed.gross + COALESCE((
            SELECT MAX(i.total) FROM plan_change AS c JOIN invoice AS i ON i.tenant_id = c.tenant_id
                AND i.subscription_id = c.subscription_id AND i.period_start = c.period_start
            WHERE c.tenant_id = $1 AND c.subscription_id = changed.subscription_id
              AND c.period_since = changed.period_since AND i.kind = 'period'
         ), 0) < 0
         LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(subscription,)| subscription))
}
