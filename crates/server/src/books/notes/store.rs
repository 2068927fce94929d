//! Reads credit notes and what belongs to them.

use crate::db::{Error, Stmt, Tx};

/// How many notes are read at once.
const PAGE: i64 = 1_000;

/// A note, with the sums of its parts and of its days: of what was not earned yet, and of what was.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct NoteRow {
    pub(super) seq: i64,
    pub(super) number: String,
    pub(super) status: String,
    pub(super) net: i64,
    pub(super) tax: i64,
    pub(super) lowered: i64,
    pub(super) returned: i64,
    pub(super) paid_out: i64,
    pub(super) paid_from: Option<String>,
    pub(super) parts_net: i64,
    pub(super) parts_tax: i64,
    pub(super) unearned: i64,
    pub(super) earned: i64,
}

/// The notes after a place of the list.
pub(super) async fn page(tx: &mut Tx, tenant: &str, after: i64) -> Result<Vec<NoteRow>, Error> {
    let stmt = Stmt::new(
        "SELECT n.seq, n.number, n.status, n.net, n.tax, n.lowered, n.returned, n.paid_out,
            n.paid_from,
            (SELECT CAST(COALESCE(SUM(p.net), 0) AS BIGINT) FROM credit_note_part AS p
             WHERE p.tenant_id = n.tenant_id AND p.number = n.number) AS parts_net,
            (SELECT CAST(COALESCE(SUM(p.tax), 0) AS BIGINT) FROM credit_note_part AS p
             WHERE p.tenant_id = n.tenant_id AND p.number = n.number) AS parts_tax,
            (SELECT CAST(COALESCE(SUM(s.net), 0) AS BIGINT) FROM credit_note_service AS s
             WHERE s.tenant_id = n.tenant_id AND s.number = n.number AND NOT s.earned) AS unearned,
            (SELECT CAST(COALESCE(SUM(s.net), 0) AS BIGINT) FROM credit_note_service AS s
             WHERE s.tenant_id = n.tenant_id AND s.number = n.number AND s.earned) AS earned
         FROM credit_note AS n WHERE n.tenant_id = $1 AND n.seq > $2 ORDER BY n.seq LIMIT $3",
    );
    tx.fetch_all(stmt.bind(tenant).bind(after).bind(PAGE)).await
}

/// An invoice of which notes that stand took back more tax at a rate than it has, if there is one, or
/// more net.
pub(super) async fn taken_back_too_much(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT taken.invoice_number FROM (
            SELECT n.invoice_number, p.tax_rate, SUM(p.net) AS net, SUM(p.tax) AS tax
            FROM credit_note AS n
            JOIN credit_note_part AS p ON p.tenant_id = n.tenant_id AND p.number = n.number
            WHERE n.tenant_id = $1 AND n.status <> 'cancelled'
            GROUP BY n.invoice_number, p.tax_rate
         ) AS taken
         LEFT JOIN (
            SELECT i.number, l.tax_rate, SUM(l.amount) AS net, SUM(l.tax_amount) AS tax
            FROM invoice AS i
            JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
            WHERE i.tenant_id = $1 AND i.noted + i.returned + i.refunded > 0
            GROUP BY i.number, l.tax_rate
         ) AS billed ON billed.number = taken.invoice_number AND billed.tax_rate = taken.tax_rate
         WHERE (COALESCE(billed.tax, 0) >= 0 AND taken.tax > COALESCE(billed.tax, 0))
            OR (billed.tax < 0 AND taken.tax < billed.tax)
            OR (COALESCE(billed.net, 0) >= 0 AND taken.net > COALESCE(billed.net, 0))
            OR (billed.net < 0 AND taken.net < billed.net)
         LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(number,)| number))
}

/// An invoice that was lowered by something else than what its notes say, if there is one.
pub(super) async fn lowered_otherwise(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT i.number FROM invoice AS i
         LEFT JOIN (
            SELECT invoice_number, SUM(lowered) AS lowered, SUM(returned) AS returned,
                SUM(paid_out) AS paid_out
            FROM credit_note WHERE tenant_id = $1 AND status <> 'cancelled' GROUP BY invoice_number
         ) AS n ON n.invoice_number = i.number
         WHERE i.tenant_id = $1
           AND (i.noted <> COALESCE(n.lowered, 0) OR i.returned <> COALESCE(n.returned, 0)
                OR i.refunded <> COALESCE(n.paid_out, 0))
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
