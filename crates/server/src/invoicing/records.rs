//! Billing records in the database: pages of them, and their lines.
//!
//! A record's place in its tenant's list is `seq`, dense from 1, and in its app's list `app_seq`. So
//! a page is a range of it, and the total is a counter: a page costs the same however deep it lies
//! and however many records there are.

use countinghouse_core::id::TenantId;

use crate::{
    db::{Db, Error, Stmt, Time, Tx, by_place},
    http::paging::Paging,
};

/// A record as it is stored.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// Its place in the tenant's list.
    pub seq: i64,
    /// `rec_…`
    pub record_id: String,
    /// `INV-…`
    pub invoice_number: String,
    /// The app that it is for.
    pub app_id: Option<String>,
    /// `subscription`, `usage`, `proration` or `adjustment`.
    pub kind: String,
    /// `pending`, `paid`, `failed`, `refunded` or `void`.
    pub status: String,
    /// What it asks for, tax included, in 1/10,000 of the major unit.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What it is for.
    pub description: String,
    /// When it arrived.
    pub created_at: Time,
}

by_place!(RecordRow {
    seq: i64,
    record_id: String,
    invoice_number: String,
    app_id: Option<String>,
    kind: String,
    status: String,
    amount: i64,
    currency: String,
    description: String,
    created_at: Time,
});

/// A line of a record.
#[derive(Clone, Debug)]
pub struct LineRow {
    /// The record that it belongs to.
    pub record_seq: i64,
    /// What it is for.
    pub description: String,
    /// What was used.
    pub resource_type: String,
    /// How many.
    pub quantity: i64,
    /// The price of one, decimal text.
    pub unit_price: String,
    /// Its amount without tax.
    pub amount: i64,
    /// The rate of its tax, decimal text.
    pub tax_rate: String,
    /// Its tax.
    pub tax_amount: i64,
}

by_place!(LineRow {
    record_seq: i64,
    description: String,
    resource_type: String,
    quantity: i64,
    unit_price: String,
    amount: i64,
    tax_rate: String,
    tax_amount: i64,
});

/// Some records of a list, newest first, and how many the list has.
#[derive(Clone, Debug)]
pub(super) struct RecordPage {
    pub(super) records: Vec<RecordRow>,
    pub(super) total: i64,
}

#[derive(sqlx::FromRow)]
struct RecordOfPage {
    #[sqlx(flatten)]
    record: RecordRow,
    total: i64,
}

/// One page of a tenant's records, or of one of its apps.
pub(super) async fn page(
    db: &Db,
    tenant: &TenantId,
    app: Option<&str>,
    paging: Paging,
) -> Result<RecordPage, Error> {
    let stmt = match (app, paging.from()) {
        (None, None) => Stmt::new(
            "SELECT r.seq, r.record_id, r.invoice_number, r.app_id, r.type, r.status, r.amount,
                    r.currency, r.description, r.created_at, c.last_seq AS total
             FROM record_counter AS c
             JOIN billing_record AS r ON r.tenant_id = c.tenant_id
                 AND r.seq <= c.last_seq - $3 AND r.seq > c.last_seq - $3 - $4
             WHERE c.tenant_id = $1 AND c.app_id = $2 ORDER BY r.seq DESC",
        ),
        (None, Some(_)) => Stmt::new(
            "SELECT r.seq, r.record_id, r.invoice_number, r.app_id, r.type, r.status, r.amount,
                    r.currency, r.description, r.created_at, c.last_seq AS total
             FROM record_counter AS c
             JOIN billing_record AS r ON r.tenant_id = c.tenant_id
                 AND r.seq <= $3 AND r.seq > $3 - $4
             WHERE c.tenant_id = $1 AND c.app_id = $2 ORDER BY r.seq DESC",
        ),
        (Some(_), None) => Stmt::new(
            "SELECT r.seq, r.record_id, r.invoice_number, r.app_id, r.type, r.status, r.amount,
                    r.currency, r.description, r.created_at, c.last_seq AS total
             FROM record_counter AS c
             JOIN billing_record AS r ON r.tenant_id = c.tenant_id AND r.app_id = c.app_id
                 AND r.app_seq <= c.last_seq - $3 AND r.app_seq > c.last_seq - $3 - $4
             WHERE c.tenant_id = $1 AND c.app_id = $2 ORDER BY r.app_seq DESC",
        ),
        (Some(_), Some(_)) => Stmt::new(
            "SELECT r.seq, r.record_id, r.invoice_number, r.app_id, r.type, r.status, r.amount,
                    r.currency, r.description, r.created_at, c.last_seq AS total
             FROM record_counter AS c
             JOIN billing_record AS r ON r.tenant_id = c.tenant_id AND r.app_id = c.app_id
                 AND r.app_seq <= $3 AND r.app_seq > $3 - $4
             WHERE c.tenant_id = $1 AND c.app_id = $2 ORDER BY r.app_seq DESC",
        ),
    };
    let stmt = stmt
        .bind(tenant.as_str())
        .bind(app.unwrap_or_default())
        .bind(paging.from().unwrap_or_else(|| paging.skipped()))
        .bind(paging.size());
    let rows: Vec<RecordOfPage> = db.fetch_all(stmt).await?;
    let total = match rows.first() {
        Some(row) => row.total,
        None => count(db, tenant, app).await?,
    };
    Ok(RecordPage { records: rows.into_iter().map(|row| row.record).collect(), total })
}

/// How many records a tenant has, or one of its apps.
async fn count(db: &Db, tenant: &TenantId, app: Option<&str>) -> Result<i64, Error> {
    let stmt =
        Stmt::new("SELECT last_seq FROM record_counter WHERE tenant_id = $1 AND app_id = $2");
    let stmt = stmt.bind(tenant.as_str()).bind(app.unwrap_or_default());
    let row: Option<(i64,)> = db.fetch_optional(stmt).await?;
    Ok(row.map_or(0, |(last,)| last))
}

/// The lines of some records of a tenant, in order, in one statement.
pub(super) async fn lines(
    db: &Db,
    tenant: &TenantId,
    records: &[RecordRow],
) -> Result<Vec<LineRow>, Error> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(
        "SELECT record_seq, description, resource_type, quantity, unit_price, amount, tax_rate,
                tax_amount
         FROM invoice_line WHERE tenant_id = $1 AND record_seq",
    );
    let stmt = stmt
        .bind(tenant.as_str())
        .push_any_int(records.iter().map(|record| record.seq))
        .push(" ORDER BY record_seq DESC, line");
    db.fetch_all(stmt).await
}

/// The record at a place of the tenant's list.
pub(super) async fn at(
    tx: &mut Tx,
    tenant: &TenantId,
    seq: i64,
) -> Result<Option<RecordRow>, Error> {
    let stmt = Stmt::new(
        "SELECT seq, record_id, invoice_number, app_id, type, status, amount, currency,
                description, created_at
         FROM billing_record WHERE tenant_id = $1 AND seq = $2",
    );
    tx.fetch_optional(stmt.bind(tenant.as_str()).bind(seq)).await
}

/// The lines of that record.
pub(super) async fn lines_at(
    tx: &mut Tx,
    tenant: &TenantId,
    seq: i64,
) -> Result<Vec<LineRow>, Error> {
    let stmt = Stmt::new(
        "SELECT record_seq, description, resource_type, quantity, unit_price, amount, tax_rate,
                tax_amount
         FROM invoice_line WHERE tenant_id = $1 AND record_seq = $2 ORDER BY line",
    );
    tx.fetch_all(stmt.bind(tenant.as_str()).bind(seq)).await
}
