//! How the API shows tax exports.

use countinghouse_core::{calendar::Instant, id::TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{address::Addresses, export::Export};
use crate::http::{
    number::{AmountNumber, TaxRateNumber},
    shapes::envelope,
    text::Timestamp,
};

/// A tax export: where it can be fetched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaxExportView {
    /// `tax_…`
    #[schema(example = "tax_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    tax_report_id: String,
    /// The days: `2026`, `2026-Q1`, `2026-04`, or the first and the last one with a `/` between.
    #[schema(example = "2026-Q1")]
    period: String,
    /// `csv` or `json`.
    #[schema(example = "csv")]
    format: &'static str,
    /// The instant that it is as of, RFC 3339 in UTC. Of that very second the invoices and notes are
    /// in it that were there.
    #[schema(value_type = String, example = "2026-04-15T10:00:00Z")]
    as_of: Timestamp,
    /// Where it can be fetched without a token. Whoever has the address may.
    #[schema(
        example = "https://billing.example.com/api/v1/public/tax-exports/tnt_xyz789/tax_01KB3V6Z0ECX7Y9R2T4W6Q8S0A?expires=1776333600&signature=0f3a1c5e7b9d2f4a"
    )]
    download_url: String,
    /// Until when; the list has a new address.
    #[schema(value_type = String, example = "2026-04-16T10:00:00Z")]
    expires_at: Timestamp,
}

envelope! {
    /// A tax export in its envelope.
    TaxExportBody { data: TaxExportView }
}

envelope! {
    /// A page of tax exports.
    TaxExportList { items: TaxExportView }
}

/// A tax export as JSON.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is written while it is read")]
pub(crate) struct TaxReportView {
    /// `tax_…`
    #[schema(example = "tax_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    tax_report_id: String,
    /// Whose it is.
    #[schema(example = "tnt_xyz789")]
    tenant_id: String,
    /// The days.
    #[schema(example = "2026-Q1")]
    period: String,
    /// The zone of the days.
    #[schema(example = "Asia/Shanghai")]
    timezone: String,
    /// The instant that it is as of.
    #[schema(example = "2026-04-15T10:00:00Z")]
    as_of: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// A row for each document and rate.
    rows: Vec<TaxRowView>,
    /// All of them, by rate.
    totals: Vec<TaxTotalView>,
}

/// What a document has at one rate.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents a part of the body, which is written while it is read")]
pub(crate) struct TaxRowView {
    /// `invoice`, or with the signs turned `invoice_void` and `credit_note`; `credit_note_void` is a
    /// note that was cancelled.
    #[schema(example = "invoice")]
    document_type: String,
    /// The number of the document.
    #[schema(example = "INV-2026-000001")]
    document_number: String,
    /// The number of the invoice that it is, or is about.
    #[schema(example = "INV-2026-000001")]
    invoice_number: String,
    /// The day on which it counts, in the tenant's zone.
    #[schema(example = "2026-03-31")]
    date: String,
    /// The buyer, as the invoice says.
    #[schema(example = "Acme Ltd.")]
    buyer_name: Option<String>,
    /// Its tax number.
    #[schema(example = "91310000MA1FL0000X")]
    buyer_tax_id: Option<String>,
    /// Why no tax is due, where the rate is 0 and the invoice says it.
    #[schema(example = "reverse charge")]
    exemption_reason: Option<String>,
    /// The rate.
    tax_rate: TaxRateNumber,
    /// Without tax.
    #[schema(example = 99)]
    net_amount: AmountNumber,
    /// The tax.
    #[schema(example = 5.94)]
    tax_amount: AmountNumber,
    /// Both.
    #[schema(example = 104.94)]
    gross_amount: AmountNumber,
}

/// What all documents have at one rate.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents a part of the body, which is written while it is read")]
pub(crate) struct TaxTotalView {
    /// The rate.
    tax_rate: TaxRateNumber,
    /// Without tax.
    #[schema(example = 99)]
    net_amount: AmountNumber,
    /// The tax.
    #[schema(example = 5.94)]
    tax_amount: AmountNumber,
    /// Both.
    #[schema(example = 104.94)]
    gross_amount: AmountNumber,
}

/// A tax export as comma-separated values, RFC 4180: a row for each document and rate.
#[derive(ToSchema)]
#[schema(
    value_type = String,
    example = "document_type,document_number,invoice_number,date,buyer_name,buyer_tax_id,exemption_reason,tax_rate,currency,net_amount,tax_amount,gross_amount\r\ninvoice,INV-2026-000001,INV-2026-000001,2026-03-31,Acme Ltd.,,,0.06,CNY,99,5.94,104.94\r\n"
)]
#[expect(dead_code, reason = "it documents the body, which is written while it is read")]
pub(crate) struct TaxReportText(String);

envelope! {
    /// A tax export as JSON, in its envelope.
    TaxReportBody { data: TaxReportView }
}

impl TaxExportView {
    /// Shows an export with an address that is good until an instant.
    pub(super) fn new(
        tenant: &TenantId,
        it: &Export,
        (addresses, until): (&Addresses, Instant),
    ) -> Self {
        Self {
            tax_report_id: it.id.clone(),
            period: it.period.clone(),
            format: it.format.as_str(),
            as_of: Timestamp(it.as_of),
            download_url: addresses.of_export(tenant, &it.id, until),
            expires_at: Timestamp(until),
        }
    }
}
