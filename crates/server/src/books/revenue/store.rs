//! What documents say of the days over which they are earned, and the months that were open when
//! they were posted.

use futures_util::stream::BoxStream;

use crate::db::{Error, Stmt, Time, Tx};

/// A line of an invoice that is earned over its days.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LineRow {
    pub(super) number: String,
    pub(super) currency: String,
    pub(super) timezone: String,
    pub(super) issued_at: Time,
    pub(super) amount: i64,
    pub(super) service_start: Option<Time>,
    pub(super) service_end: Option<Time>,
    /// The month that was open when it was issued.
    pub(super) month: Option<String>,
    /// The month that was open when it was withdrawn, if it was.
    pub(super) voided: Option<String>,
}

/// Days over which what a note took back was to be earned.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct NoteRow {
    pub(super) number: String,
    pub(super) currency: String,
    pub(super) service_from: String,
    pub(super) service_until: String,
    pub(super) net: i64,
    /// The month that was open when it was issued.
    pub(super) month: Option<String>,
    /// The month that was open when it was cancelled, if it was.
    pub(super) cancelled: Option<String>,
}

/// All lines of a tenant's invoices but those for usage, which is earned at once.
pub(super) fn lines<'tx>(
    tx: &'tx mut Tx,
    tenant: &str,
) -> Result<BoxStream<'tx, Result<LineRow, Error>>, Error> {
    let stmt = Stmt::new(
        "SELECT i.number, i.currency, i.timezone, i.issued_at, l.amount, l.service_start,
                l.service_end, t.month, v.month AS voided
         FROM invoice AS i
         JOIN billing_record AS r ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq
         JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         LEFT JOIN ledger_transfer AS t ON t.tenant_id = i.tenant_id
            AND t.cause_id = 'inv:' || i.number AND t.month IS NOT NULL
            AND 'deferred_revenue' IN (t.debit, t.credit)
         LEFT JOIN ledger_transfer AS v ON v.tenant_id = i.tenant_id
            AND v.cause_id = 'inv:' || i.number || ':void' AND v.month IS NOT NULL
            AND 'deferred_revenue' IN (v.debit, v.credit)
         WHERE i.tenant_id = $1 AND r.type <> 'usage'",
    );
    tx.stream(stmt.bind(tenant))
}

/// The days of all that notes of a tenant took back of what was not earned yet.
pub(super) fn notes<'tx>(
    tx: &'tx mut Tx,
    tenant: &str,
) -> Result<BoxStream<'tx, Result<NoteRow, Error>>, Error> {
    let stmt = Stmt::new(
        "SELECT n.number, n.currency, s.service_from, s.service_until, s.net, t.month,
                c.month AS cancelled
         FROM credit_note AS n
         JOIN credit_note_service AS s ON s.tenant_id = n.tenant_id AND s.number = n.number
         LEFT JOIN ledger_transfer AS t ON t.tenant_id = n.tenant_id
            AND t.cause_id = 'cn:' || n.number AND t.month IS NOT NULL
            AND 'deferred_revenue' IN (t.debit, t.credit)
         LEFT JOIN ledger_transfer AS c ON c.tenant_id = n.tenant_id
            AND c.cause_id = 'cn:' || n.number || ':cancel' AND c.month IS NOT NULL
            AND 'deferred_revenue' IN (c.debit, c.credit)
         WHERE n.tenant_id = $1 AND NOT s.earned",
    );
    tx.stream(stmt.bind(tenant))
}
