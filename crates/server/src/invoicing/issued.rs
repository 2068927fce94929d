//! A document as it was issued: what is stored of it, and shown.

use std::sync::Arc;

use countinghouse_core::{
    calendar::Instant,
    id::{RecordId, TenantId},
    invoicing::{Draft, Due, Invoice, InvoiceNumber, Line, RecordStatus},
    tenants::Seller,
};

use super::{
    document::Bill,
    records::{LineRow, RecordRow},
    view::{LineView, RecordView},
};
use crate::db::Error;

/// A document as it was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    pub(super) seq: i64,
    pub(super) app_seq: Option<i64>,
    pub(super) id: RecordId,
    pub(super) status: RecordStatus,
    pub(super) at: Instant,
    pub(super) bill: Bill,
    pub(super) draft: Draft,
    pub(super) invoice: Invoice,
    /// Who bills.
    pub(super) seller: Arc<Seller>,
}

impl Issued {
    /// The document's number.
    pub fn number(&self) -> InvoiceNumber {
        self.invoice.number
    }

    /// What it says.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// What is due of it.
    pub fn due(&self) -> &Due {
        &self.invoice.due
    }

    /// What it is for, in words.
    pub fn description(&self) -> &str {
        &self.bill.description
    }

    /// Shows its lines.
    pub fn lines(&self) -> Result<Vec<LineView>, Error> {
        self.line_rows().into_iter().map(LineView::try_from).collect()
    }

    /// Shows the document's record.
    pub fn view(&self, tenant: &TenantId) -> Result<RecordView, Error> {
        let mut views = RecordView::page(tenant, vec![self.record_row()], self.line_rows())?;
        views.pop().ok_or_else(|| Error::corrupt("billing_record", &self.id.to_string(), "seq"))
    }

    /// When it was issued.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Whether a payment for it was tried in vain.
    pub fn is_failing(&self) -> bool {
        self.invoice.is_failing()
    }

    fn record_row(&self) -> RecordRow {
        RecordRow {
            seq: self.seq,
            record_id: self.id.to_string(),
            invoice_number: self.invoice.number.to_string(),
            app_id: self.bill.app.as_ref().map(ToString::to_string),
            kind: self.bill.record_type.as_str().to_owned(),
            status: self.status.as_str().to_owned(),
            amount: self.draft.total.units(),
            currency: self.draft.currency.to_string(),
            description: self.bill.description.clone(),
            created_at: self.at.into(),
        }
    }

    fn line_rows(&self) -> Vec<LineRow> {
        let row = |line: &Line| LineRow {
            record_seq: self.seq,
            description: line.priced.description.clone(),
            resource_type: line.priced.resource_type.clone(),
            quantity: line.priced.quantity,
            unit_price: line.priced.unit_price.to_string(),
            amount: line.net.units(),
            tax_rate: line.rate.to_string(),
            tax_amount: line.tax.units(),
        };
        self.draft.lines.iter().map(row).collect()
    }
}
