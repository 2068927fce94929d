//! A credit note as it is stored.

use countinghouse_core::{
    id::TenantId,
    invoicing::{NoteNumber, RatePart},
    money::{Amount, TaxRate},
};

use super::{super::store::load, NoteDetail};
use crate::{
    db::{Error, Stmt, Tx},
    invoicing::notes::note_row,
};

/// The credit note of that number, unless it is hidden.
pub async fn find(
    tx: &mut Tx,
    tenant: &TenantId,
    number: NoteNumber,
) -> Result<Option<NoteDetail>, Error> {
    let Some(row) = note_row(tx, tenant.as_str(), number).await? else { return Ok(None) };
    let invoice = load(tx, vec![(row.tenant_id.clone(), row.invoice_number.clone())]).await?.pop();
    let missing = || Error::corrupt("credit_note", &row.number, "invoice_number");
    Ok(Some(NoteDetail {
        parts: parts(tx, tenant, &row.number).await?,
        invoice: invoice.ok_or_else(missing)?,
        reason: row.why()?,
        is_cancelled: row.is_cancelled(),
        net: Amount::from_units(row.net),
        total: Amount::from_units(row.total),
        lowered: Amount::from_units(row.lowered),
        returned: Amount::from_units(row.returned + row.paid_out),
        issued_at: row.issued_at.instant()?,
        zone: row.zone()?,
        number: row.number,
        remark: row.remark,
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
