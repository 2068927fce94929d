//! What documents say of taxes, in streams.
//!
//! Invoices are found by the places of their records, since these never run backwards in time; notes
//! likewise. Both are read forwards along a key, so that no engine has to sort.

use std::collections::BTreeMap;

use countinghouse_core::calendar::Instant;

use crate::db::{Error, Stmt, Time, Tx};

/// How many invoices are in one text.
const PART: i64 = 128;

/// How many invoices are read by one statement: as many texts as [`INVOICES`] names.
pub(in super::super) const STEP: i64 = 8 * PART;

/// How many notes, or invoices that were withdrawn, are read by one statement.
pub(in super::super) const PAGE: i64 = 500;

const INVOICES: &str = "WITH part (n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7))
    SELECT (SELECT string_agg(t, ' ') FROM (
        SELECT concat_ws(' ', record_seq, number, net, tax, OCTET_LENGTH(buyer), buyer, ";
const LINES: &str = ") AS t
        FROM invoice
        WHERE tenant_id = $1 AND record_seq > $2 + n * $4 AND record_seq <= $2 + (n + 1) * $4
          AND record_seq <= $3
        ORDER BY record_seq
    ) AS i) AS invoices, (SELECT string_agg(t, ' ') FROM (
        SELECT concat_ws(' ', record_seq, amount, tax_rate, tax_amount) AS t
        FROM invoice_line
        WHERE tenant_id = $1 AND record_seq > $2 + n * $4 AND record_seq <= $2 + (n + 1) * $4
          AND record_seq <= $3
        ORDER BY record_seq, line
    ) AS l) AS lines
    FROM part ORDER BY n";

/// Invoices and their lines, each as one text.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct Part {
    pub(in super::super) invoices: Option<String>,
    pub(in super::super) lines: Option<String>,
}

/// An invoice that was withdrawn.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct VoidRow {
    pub(in super::super) number: String,
    pub(in super::super) at: Time,
    pub(in super::super) record_seq: i64,
    pub(in super::super) buyer: String,
}

/// What a note took back at one rate.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct NoteRow {
    pub(in super::super) number: String,
    pub(in super::super) invoice_number: String,
    pub(in super::super) at: Time,
    pub(in super::super) buyer: String,
    pub(in super::super) tax_rate: String,
    pub(in super::super) net: i64,
    pub(in super::super) tax: i64,
}

/// What lines have: rate, net and tax.
pub(in super::super) type Taxed = (String, i64, i64);

/// The place after which to go on, in time and by number.
pub(in super::super) type After<'a> = (Instant, &'a str);

/// The invoices of records after a place, at most [`STEP`] of them, up to another place; nothing
/// where there is none.
pub(in super::super) async fn invoices(
    tx: &mut Tx,
    tenant: &str,
    (after, to): (i64, i64),
) -> Result<Vec<Part>, Error> {
    if after >= to {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(INVOICES).push_seconds("issued_at").push(LINES);
    tx.fetch_all(stmt.bind(tenant).bind(after).bind(to).bind(PART)).await
}

/// The next invoices that were withdrawn before an instant, of those up to a place. It is written as
/// a sum so that no engine reads along the places.
pub(in super::super) async fn voids(
    tx: &mut Tx,
    tenant: &str,
    (at, number): After<'_>,
    before: Instant,
    last_record: i64,
) -> Result<Vec<VoidRow>, Error> {
    let stmt = Stmt::new(
        "SELECT v.number, v.voided_at AS at, i.record_seq, i.buyer
         FROM invoice_void AS v
         JOIN invoice AS i ON i.tenant_id = v.tenant_id AND i.number = v.number
         WHERE v.tenant_id = $1 AND (v.voided_at, v.number) > ($2, $3) AND v.voided_at < $4
           AND i.record_seq + 0 <= $6
         ORDER BY v.voided_at, v.number LIMIT $5",
    );
    let stmt = stmt.bind(tenant).bind(at).bind(number).bind(before).bind(PAGE);
    tx.fetch_all(stmt.bind(last_record)).await
}

/// What the lines of records have, by place.
pub(in super::super) async fn lines(
    tx: &mut Tx,
    tenant: &str,
    records: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, Vec<Taxed>>, Error> {
    let stmt = Stmt::new(
        "SELECT record_seq, tax_rate, amount, tax_amount FROM invoice_line
         WHERE tenant_id = $1 AND record_seq",
    );
    let stmt = stmt.bind(tenant).push_any_int(records).push(" ORDER BY record_seq, line");
    let rows: Vec<(i64, String, i64, i64)> = tx.fetch_all(stmt).await?;
    let mut lines: BTreeMap<i64, Vec<Taxed>> = BTreeMap::new();
    for (record, rate, net, tax) in rows {
        lines.entry(record).or_default().push((rate, net, tax));
    }
    Ok(lines)
}

/// The place of a tenant's last note; 0 if there is none.
pub(in super::super) async fn last_note(tx: &mut Tx, tenant: &str) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COALESCE(MAX(seq), 0) FROM credit_note WHERE tenant_id = $1");
    tx.fetch_scalar(stmt.bind(tenant)).await
}

/// How many of a tenant's notes up to a place were issued before an instant. They are in order, so it
/// takes about twenty rows to tell.
pub(in super::super) async fn notes_before(
    tx: &mut Tx,
    tenant: &str,
    last_note: i64,
    at: Instant,
) -> Result<i64, Error> {
    let stmt = Stmt::new(
        "WITH RECURSIVE bound (low, high) AS (
            SELECT CAST(0 AS BIGINT), CAST($2 AS BIGINT)
            UNION ALL
            SELECT CASE WHEN n.issued_at < $3 THEN n.seq ELSE b.low END,
                   CASE WHEN n.issued_at < $3 THEN b.high ELSE n.seq - 1 END
            FROM bound AS b JOIN credit_note AS n
                ON n.tenant_id = $1 AND n.seq = (b.low + b.high + 1) / 2
            WHERE b.low < b.high)
         SELECT low FROM bound WHERE low = high",
    );
    tx.fetch_scalar(stmt.bind(tenant).bind(last_note).bind(at)).await
}

/// What the notes at some places of the tenant's list took back: after one, up to another.
pub(in super::super) async fn notes(
    tx: &mut Tx,
    tenant: &str,
    (after, to): (i64, i64),
) -> Result<Vec<NoteRow>, Error> {
    let stmt = Stmt::new(
        "SELECT n.number, n.invoice_number, n.issued_at AS at, i.buyer, p.tax_rate, p.net, p.tax
         FROM credit_note AS n
         JOIN credit_note_part AS p ON p.tenant_id = n.tenant_id AND p.number = n.number
         JOIN invoice AS i ON i.tenant_id = n.tenant_id AND i.number = n.invoice_number
         WHERE n.tenant_id = $1 AND n.seq > $2 AND n.seq <= $3 ORDER BY n.seq, p.part",
    );
    tx.fetch_all(stmt.bind(tenant).bind(after).bind(to)).await
}

/// What the next notes took back that were cancelled before an instant, of those up to a place, which
/// is a sum as above.
pub(in super::super) async fn cancelled(
    tx: &mut Tx,
    tenant: &str,
    (at, number): After<'_>,
    before: Instant,
    last_note: i64,
) -> Result<Vec<NoteRow>, Error> {
    let stmt = Stmt::new(
        "SELECT n.number, n.invoice_number, n.cancelled_at AS at, i.buyer, p.tax_rate, p.net, p.tax
         FROM (SELECT tenant_id, number, invoice_number, cancelled_at FROM credit_note
               WHERE tenant_id = $1 AND cancelled_at IS NOT NULL
                 AND (cancelled_at, number) > ($2, $3) AND cancelled_at < $4
                 AND seq + 0 <= $6
               ORDER BY cancelled_at, number LIMIT $5) AS n
         JOIN credit_note_part AS p ON p.tenant_id = n.tenant_id AND p.number = n.number
         JOIN invoice AS i ON i.tenant_id = n.tenant_id AND i.number = n.invoice_number
         ORDER BY n.cancelled_at, n.number, p.part",
    );
    let stmt = stmt.bind(tenant).bind(at).bind(number).bind(before).bind(PAGE);
    tx.fetch_all(stmt.bind(last_note)).await
}
