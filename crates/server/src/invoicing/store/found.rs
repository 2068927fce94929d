//! Documents found by what they are known by.

use countinghouse_core::{
    calendar::Instant,
    id::{RecordId, TenantId},
    invoicing::InvoiceNumber,
    money::Currency,
};

use crate::{
    db::{Db, Error, Stmt, Tx},
    invoicing::search,
};

/// The tenants that have an invoice of that number, two if there are more, each with its currency: of
/// one tenant, or of all.
pub(in crate::invoicing) async fn numbered(
    db: &Db,
    tenant: Option<&TenantId>,
    number: InvoiceNumber,
) -> Result<Vec<(TenantId, Currency)>, Error> {
    let stmt = Stmt::new(
        "SELECT i.tenant_id, i.currency FROM tenant AS t
         JOIN invoice AS i ON i.tenant_id = t.tenant_id AND i.number = $1",
    );
    let stmt = stmt.bind(number.to_string());
    let stmt = match tenant {
        Some(tenant) => stmt.push(" WHERE t.tenant_id = $2").bind(tenant.as_str()),
        None => stmt,
    };
    let rows: Vec<(String, String)> = db.fetch_all(stmt.push(" LIMIT 2")).await?;
    let read = |(tenant, currency): &(String, String)| {
        let corrupt = |column| Error::corrupt("invoice", &number.to_string(), column);
        let tenant = TenantId::parse(tenant).map_err(|_| corrupt("tenant_id"))?;
        Ok((tenant, Currency::parse(currency).map_err(|_| corrupt("currency"))?))
    };
    rows.iter().map(read).collect()
}

/// The tenants that have a record of that id: there is one at most.
///
/// No index has all ids, but one has the invoices of a second, in which the record was made too.
pub(in crate::invoicing) async fn tenants_of_record(
    db: &Db,
    record: RecordId,
) -> Result<Vec<TenantId>, Error> {
    let Some(at) = made_at(record) else { return Ok(Vec::new()) };
    let stmt = Stmt::new(
        "SELECT r.tenant_id FROM invoice AS i
         JOIN billing_record AS r ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq
         WHERE i.status IN ('issued', 'paid', 'overdue', 'void', 'refunded')
            AND i.issued_at >= $2 AND i.issued_at < $3 AND r.record_id = $1
         LIMIT 2",
    );
    let until = at.plus_seconds(1).unwrap_or(Instant::MAX);
    let stmt = stmt.bind(record.to_string()).bind(at).bind(until);
    let rows: Vec<(String,)> = db.fetch_all(stmt).await?;
    let corrupt = |_| Error::corrupt("billing_record", &record.to_string(), "tenant_id");
    rows.iter().map(|(tenant,)| TenantId::parse(tenant).map_err(corrupt)).collect()
}

/// The number of the invoice of a record.
///
/// An id says when it was made, and records never arrive out of order: so only those of that second
/// are looked at.
pub async fn number_of_record(
    tx: &mut Tx,
    tenant: &str,
    record: RecordId,
) -> Result<Option<InvoiceNumber>, Error> {
    let Some(at) = made_at(record) else { return Ok(None) };
    let (first, last) = search::arrived_at(tx, tenant, at).await?;
    let stmt = Stmt::new(
        "SELECT invoice_number FROM billing_record
         WHERE tenant_id = $1 AND seq >= $2 AND seq <= $3 AND record_id = $4",
    );
    let stmt = stmt.bind(tenant).bind(first).bind(last).bind(record.to_string());
    let row: Option<(String,)> = tx.fetch_optional(stmt).await?;
    let corrupt = |_| Error::corrupt("billing_record", &record.to_string(), "invoice_number");
    row.map(|(number,)| number.parse().map_err(corrupt)).transpose()
}

/// The second in which an id was made.
fn made_at(record: RecordId) -> Option<Instant> {
    Instant::from_second(i64::try_from(record.millis() / 1_000).ok()?).ok()
}
