//! What a payment's answer changed, written down.

use countinghouse_core::{
    id::TenantId,
    invoicing::{RecordStatus, Settlement},
};

use super::{
    open, records, search,
    store::{Spending, add_spending},
    view::RecordView,
};
use crate::db::{Error, Tx};

/// Writes what a settlement did to an invoice and its record.
pub async fn save(
    tx: &mut Tx,
    tenant: &str,
    settlement: &Settlement,
    record_seq: i64,
    payment_method: Option<&str>,
) -> Result<(), Error> {
    let status = match settlement {
        Settlement::Unchanged => return Ok(()),
        Settlement::Late { invoice, received } => {
            open::save(tx, tenant, invoice, payment_method).await?;
            return add_spending(tx, tenant, record_seq, Spending::Paid(*received)).await;
        }
        Settlement::Failed => RecordStatus::Failed,
        Settlement::Paid { invoice, received } => {
            open::save(tx, tenant, invoice, payment_method).await?;
            add_spending(tx, tenant, record_seq, Spending::Paid(*received)).await?;
            RecordStatus::Paid
        }
    };
    set_status(tx, tenant, record_seq, status).await
}

/// Writes where a record stands, for its readers and for the search.
pub(super) async fn set_status(
    tx: &mut Tx,
    tenant: &str,
    record_seq: i64,
    status: RecordStatus,
) -> Result<(), Error> {
    open::set_record_status(tx, tenant, record_seq, status).await?;
    search::status_changed(tx, tenant, record_seq, status).await
}

/// Shows the record at a place of the tenant's list.
pub async fn record_view(tx: &mut Tx, tenant: &TenantId, seq: i64) -> Result<RecordView, Error> {
    let missing = || Error::corrupt("billing_record", &seq.to_string(), "seq");
    let record = records::at(tx, tenant, seq).await?.ok_or_else(missing)?;
    let lines = records::lines_at(tx, tenant, seq).await?;
    RecordView::page(tenant, vec![record], lines)?.pop().ok_or_else(missing)
}
