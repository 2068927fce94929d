//! A credit note as it is stored.

use countinghouse_core::{
    id::TenantId,
    invoicing::{NoteNumber, RatePart},
    money::{Amount, TaxRate},
};

use super::{super::store::load, NoteDetail};
use crate::db::{Error, Stmt, Time, Tx};

#[derive(sqlx::FromRow)]
struct NoteRow {
    number: String,
    invoice_number: String,
    reason: String,
    status: String,
    net: i64,
    total: i64,
    lowered: i64,
    returned: i64,
    issued_at: Time,
}

/// The credit note of that number.
pub async fn find(
    tx: &mut Tx,
    tenant: &TenantId,
    number: NoteNumber,
) -> Result<Option<NoteDetail>, Error> {
    let stmt = Stmt::new(
        "SELECT number, invoice_number, reason, status, net, total, lowered, returned, issued_at
         FROM credit_note WHERE tenant_id = $1 AND number = $2",
    );
    let stmt = stmt.bind(tenant.as_str()).bind(number.to_string());
    let Some(row): Option<NoteRow> = tx.fetch_optional(stmt).await? else { return Ok(None) };
    let invoice = load(tx, vec![(tenant.to_string(), row.invoice_number.clone())]).await?.pop();
    let missing = || Error::corrupt("credit_note", &row.number, "invoice_number");
    Ok(Some(NoteDetail {
        parts: parts(tx, tenant, &row.number).await?,
        invoice: invoice.ok_or_else(missing)?,
        reason: row.reason,
        is_cancelled: row.status == "cancelled",
        net: Amount::from_units(row.net),
        total: Amount::from_units(row.total),
        lowered: Amount::from_units(row.lowered),
        returned: Amount::from_units(row.returned),
        issued_at: row.issued_at.instant()?,
        number: row.number,
    }))
}

async fn parts(tx: &mut Tx, tenant: &TenantId, number: &str) -> Result<Vec<RatePart>, Error> {
    let stmt = Stmt::new(
        "SELECT tax_rate, net, tax FROM credit_note_part
         WHERE tenant_id = $1 AND number = $2 ORDER BY part",
    );
    let rows: Vec<(String, i64, i64)> =
        tx.fetch_all(stmt.bind(tenant.as_str()).bind(number)).await?;
    let read = |(rate, net, tax): (String, i64, i64)| {
        let rate = TaxRate::parse(&rate);
        Ok(RatePart {
            rate: rate.map_err(|_| Error::corrupt("credit_note_part", number, "tax_rate"))?,
            net: Amount::from_units(net),
            tax: Amount::from_units(tax),
        })
    };
    rows.into_iter().map(read).collect()
}
