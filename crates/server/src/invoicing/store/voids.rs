//! When invoices were withdrawn, in the database.

use countinghouse_core::{calendar::Instant, invoicing::InvoiceNumber};

use crate::db::{Error, Rows, Tx};

const VOID: &[&str] = &["tenant_id", "number", "voided_at"];

/// Enters that invoices of tenants were withdrawn.
pub(in crate::invoicing) async fn insert_voids<'a>(
    tx: &mut Tx,
    all: impl IntoIterator<Item = (&'a str, &'a [(InvoiceNumber, Instant)])>,
) -> Result<(), Error> {
    let mut rows = Rows::new("invoice_void", VOID);
    for (tenant, voided) in all {
        for (number, at) in voided {
            rows.push(vec![tenant.into(), number.to_string().into(), (*at).into()]);
        }
    }
    tx.insert(rows).await?;
    Ok(())
}
