//! How the API shows billing records.

use countinghouse_core::{
    id::TenantId,
    invoicing::Line,
    money::{Amount, TaxRate, UnitPrice},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::records::{LineRow, RecordRow};
use crate::{
    db::Error,
    http::{
        number::{AmountNumber, Number, TaxRateNumber, UnitPriceNumber},
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
};

/// The tenant's line for one invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordView {
    /// `rec_…`
    #[schema(example = "rec_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    pub(super) record_id: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    pub(super) tenant_id: TenantText,
    /// The app that it is for, if it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    pub(super) app_id: Option<String>,
    /// `subscription`, `usage`, `proration` or `adjustment`.
    #[schema(example = "subscription")]
    pub(super) r#type: String,
    /// `pending`, `paid`, `failed`, `refunded` or `void`.
    #[schema(example = "paid")]
    pub(super) status: String,
    /// What it asks for, tax included.
    #[schema(example = 99)]
    pub(super) amount: AmountNumber,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub(super) currency: String,
    /// The number of its invoice.
    #[schema(example = "INV-2026-000001")]
    pub(super) invoice_number: String,
    /// What it is for.
    #[schema(example = "Professional Monthly Subscription")]
    pub(super) description: String,
    /// When it arrived, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-04-01T00:00:00Z")]
    pub(super) created_at: Timestamp,
    /// What is billed, line by line.
    pub(super) line_items: Vec<LineView>,
}

/// A line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineView {
    /// What it is for.
    #[schema(example = "Professional Monthly Subscription")]
    pub(super) description: String,
    /// What was used.
    #[schema(example = "subscription")]
    pub(super) resource_type: String,
    /// How many.
    #[schema(example = 1)]
    pub(super) quantity: i64,
    /// The price of one.
    #[schema(example = 99)]
    pub(super) unit_price: UnitPriceNumber,
    /// Its amount without tax.
    #[schema(example = 99)]
    pub(super) amount: AmountNumber,
    /// The rate of its tax, 0 to 1.
    #[schema(example = 0.06)]
    pub(super) tax_rate: TaxRateNumber,
    /// Its tax.
    #[schema(example = 5.94)]
    pub(super) tax_amount: AmountNumber,
}

envelope! {
    /// A page of billing records.
    RecordList { items: RecordView }
}

envelope! {
    /// A billing record in its envelope.
    RecordBody { data: RecordView }
}

impl RecordView {
    /// Shows records with their lines, which are in the same order: that of the records, and within
    /// each that of the document.
    pub fn page(
        tenant: &TenantId,
        records: Vec<RecordRow>,
        lines: Vec<LineRow>,
    ) -> Result<Vec<Self>, Error> {
        let mut lines = lines.into_iter().peekable();
        let with_lines = |record: RecordRow| {
            let mut own = Vec::new();
            while let Some(line) = lines.next_if(|line| line.record_seq == record.seq) {
                own.push(LineView::try_from(line)?);
            }
            Self::new(tenant, record, own)
        };
        records.into_iter().map(with_lines).collect()
    }

    fn new(tenant: &TenantId, record: RecordRow, lines: Vec<LineView>) -> Result<Self, Error> {
        Ok(Self {
            created_at: Timestamp(record.created_at.instant()?),
            record_id: record.record_id,
            tenant_id: TenantText(tenant.clone()),
            app_id: record.app_id,
            r#type: record.kind,
            status: record.status,
            amount: Number(Amount::from_units(record.amount)),
            currency: record.currency,
            invoice_number: record.invoice_number,
            description: record.description,
            line_items: lines,
        })
    }
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        Self {
            description: line.priced.description.clone(),
            resource_type: line.priced.resource_type.clone(),
            quantity: line.priced.quantity,
            unit_price: Number(line.priced.unit_price),
            amount: Number(line.net),
            tax_rate: Number(line.rate),
            tax_amount: Number(line.tax),
        }
    }
}

impl TryFrom<LineRow> for LineView {
    type Error = Error;

    fn try_from(line: LineRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("invoice_line", &line.record_seq.to_string(), column);
        Ok(Self {
            quantity: line.quantity,
            unit_price: Number(
                UnitPrice::parse(&line.unit_price).map_err(|_| corrupt("unit_price"))?,
            ),
            amount: Number(Amount::from_units(line.amount)),
            tax_rate: Number(TaxRate::parse(&line.tax_rate).map_err(|_| corrupt("tax_rate"))?),
            tax_amount: Number(Amount::from_units(line.tax_amount)),
            description: line.description,
            resource_type: line.resource_type,
        })
    }
}
