//! Records, their lines and invoices, and what was posted for them.

use std::ops::RangeInclusive;

use crate::db::{Error, Stmt, Time, Tx};

/// Whether the texts that only search needs are read too; they are empty where they are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Texts {
    Read,
    Left,
}

/// A record as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct RecordRow {
    pub(in super::super) seq: i64,
    pub(in super::super) record_id: String,
    pub(in super::super) invoice_number: String,
    pub(in super::super) subscription_id: Option<String>,
    pub(in super::super) app_id: Option<String>,
    pub(in super::super) app_seq: Option<i64>,
    #[sqlx(rename = "type")]
    pub(in super::super) kind: String,
    pub(in super::super) status: String,
    pub(in super::super) amount: i64,
    pub(in super::super) currency: String,
    pub(in super::super) description: String,
    pub(in super::super) created_at: Time,
}

/// A line as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct InvoiceLine {
    pub(in super::super) record_seq: i64,
    pub(in super::super) line: i64,
    pub(in super::super) description: String,
    pub(in super::super) amount: i64,
    pub(in super::super) tax_amount: i64,
}

/// An invoice as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct InvoiceRow {
    pub(in super::super) number: String,
    pub(in super::super) record_seq: i64,
    pub(in super::super) subscription_id: Option<String>,
    pub(in super::super) kind: String,
    pub(in super::super) status: String,
    pub(in super::super) period_start: Time,
    pub(in super::super) period_end: Time,
    pub(in super::super) currency: String,
    pub(in super::super) net: i64,
    pub(in super::super) tax: i64,
    pub(in super::super) total: i64,
    pub(in super::super) credit_applied: i64,
    pub(in super::super) noted: i64,
    pub(in super::super) paid: i64,
    pub(in super::super) failed_at: Option<Time>,
    pub(in super::super) attempts: i64,
    pub(in super::super) dunning_at: Option<Time>,
}

/// A transfer that was posted for an invoice.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct PostedRow {
    pub(in super::super) cause_id: String,
    pub(in super::super) debit: String,
    pub(in super::super) credit: String,
    pub(in super::super) amount: i64,
}

/// The next place after another that has a record, a line or an invoice.
pub(in super::super) async fn next_place(
    tx: &mut Tx,
    tenant: &str,
    after: i64,
) -> Result<Option<i64>, Error> {
    let stmt = Stmt::new(
        "SELECT MIN(seq) FROM billing_record WHERE tenant_id = $1 AND seq > $2
         UNION ALL
         SELECT MIN(record_seq) FROM invoice_line WHERE tenant_id = $1 AND record_seq > $2
         UNION ALL
         SELECT MIN(record_seq) FROM invoice WHERE tenant_id = $1 AND record_seq > $2",
    );
    let rows: Vec<(Option<i64>,)> = tx.fetch_all(stmt.bind(tenant).bind(after)).await?;
    Ok(rows.into_iter().filter_map(|(place,)| place).min())
}

/// A tenant's records in a range of their places.
pub(in super::super) async fn records(
    tx: &mut Tx,
    tenant: &str,
    seqs: &RangeInclusive<i64>,
    texts: Texts,
) -> Result<Vec<RecordRow>, Error> {
    let stmt = Stmt::new(
        "SELECT seq, invoice_number, subscription_id, app_id, app_seq, status, amount, currency,
                created_at, ",
    );
    let stmt = stmt.push(match texts {
        Texts::Read => "record_id, type, description",
        Texts::Left => "'' AS record_id, '' AS type, '' AS description",
    });
    let stmt = stmt
        .push(" FROM billing_record WHERE tenant_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq");
    tx.fetch_all(stmt.bind(tenant).bind(*seqs.start()).bind(*seqs.end())).await
}

/// The lines of records in that range.
pub(in super::super) async fn lines(
    tx: &mut Tx,
    tenant: &str,
    seqs: &RangeInclusive<i64>,
    texts: Texts,
) -> Result<Vec<InvoiceLine>, Error> {
    let stmt = Stmt::new("SELECT record_seq, line, amount, tax_amount, ");
    let stmt = stmt.push(match texts {
        Texts::Read => "description",
        Texts::Left => "'' AS description",
    });
    let stmt = stmt.push(
        " FROM invoice_line WHERE tenant_id = $1 AND record_seq >= $2 AND record_seq <= $3
         ORDER BY record_seq, line",
    );
    tx.fetch_all(stmt.bind(tenant).bind(*seqs.start()).bind(*seqs.end())).await
}

/// The invoices of records in that range.
pub(in super::super) async fn invoices(
    tx: &mut Tx,
    tenant: &str,
    seqs: &RangeInclusive<i64>,
) -> Result<Vec<InvoiceRow>, Error> {
    let stmt = Stmt::new(
        "SELECT number, record_seq, subscription_id, kind, status, period_start, period_end,
                currency, net, tax, total, credit_applied, noted, paid, failed_at, attempts, dunning_at
         FROM invoice WHERE tenant_id = $1 AND record_seq >= $2 AND record_seq <= $3
         ORDER BY record_seq",
    );
    tx.fetch_all(stmt.bind(tenant).bind(*seqs.start()).bind(*seqs.end())).await
}

/// What these causes posted.
pub(in super::super) async fn postings(
    tx: &mut Tx,
    tenant: &str,
    causes: Vec<String>,
) -> Result<Vec<PostedRow>, Error> {
    let causes = causes.into_iter().map(|cause| (tenant.to_owned(), cause)).collect();
    let stmt = Stmt::new("SELECT cause_id, debit, credit, amount FROM").push_text_pairs(causes);
    let stmt = stmt.push(" AS k JOIN ledger_transfer ON tenant_id = k.a AND cause_id = k.b");
    tx.fetch_all(stmt).await
}

/// How far the lists of records are: the app, its last place, and when.
pub(in super::super) async fn counters(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Vec<(String, i64, Time)>, Error> {
    let stmt = Stmt::new(
        "SELECT app_id, last_seq, last_at FROM record_counter WHERE tenant_id = $1 ORDER BY app_id",
    );
    tx.fetch_all(stmt.bind(tenant)).await
}

/// The last number of each year of a series.
pub(in super::super) async fn series(
    tx: &mut Tx,
    tenant: &str,
    series: &str,
) -> Result<Vec<(i64, i64)>, Error> {
    let stmt = Stmt::new(
        "SELECT year, last_number FROM invoice_series
         WHERE tenant_id = $1 AND series = $2 ORDER BY year",
    );
    tx.fetch_all(stmt.bind(tenant).bind(series)).await
}
