//! How the API shows an invoice.

use countinghouse_core::tenants::{Buyer, Seller};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Detail, DetailLine};
use crate::http::{
    number::{AmountNumber, Number, TaxRateNumber, UnitPriceNumber},
    shapes::envelope,
    text::{TenantText, Timestamp},
};

/// An invoice: what it says, which never changes, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    /// Its number.
    #[schema(example = "INV-2026-000001")]
    invoice_number: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The subscription that it is for; a one-off invoice is for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_id: Option<String>,
    /// The app that it is for, if it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// The plan that was subscribed to when it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pro")]
    plan: Option<String>,
    /// How often that was billed then: `monthly` or `yearly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "monthly")]
    billing_cycle: Option<String>,
    /// `subscription`, `usage`, `proration` or `adjustment`.
    #[schema(example = "subscription")]
    r#type: String,
    /// What it is for.
    #[schema(example = "Professional Monthly Subscription")]
    description: String,
    /// `issued`, `paid`, `overdue`, `void` or `refunded`.
    #[schema(example = "issued")]
    status: &'static str,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// The sum of the lines, without tax.
    #[schema(example = 99)]
    subtotal: AmountNumber,
    /// The tax.
    #[schema(example = 5.94)]
    tax_amount: AmountNumber,
    /// What it asks for, tax included.
    #[schema(example = 104.94)]
    amount: AmountNumber,
    /// What the credit balance covered.
    #[schema(example = 0)]
    credit_applied: AmountNumber,
    /// What credit notes took off it before it was paid.
    #[schema(example = 0)]
    amount_noted: AmountNumber,
    /// What was paid.
    #[schema(example = 0)]
    amount_paid: AmountNumber,
    /// What credit notes and refunds gave back of what had been paid.
    #[schema(example = 0)]
    amount_returned: AmountNumber,
    /// What is to be paid still.
    #[schema(example = 104.94)]
    amount_due: AmountNumber,
    /// When it was issued, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-04-01T00:00:00Z")]
    issued_at: Timestamp,
    /// When it is due.
    #[schema(value_type = String, example = "2026-04-15T00:00:00Z")]
    due_date: Timestamp,
    /// When nothing was due any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-04-10T15:00:00Z")]
    paid_at: Option<Timestamp>,
    /// When the period begins that it bills.
    #[schema(value_type = String, example = "2026-04-01T00:00:00Z")]
    period_start: Timestamp,
    /// When that ends.
    #[schema(value_type = String, example = "2026-05-01T00:00:00Z")]
    period_end: Timestamp,
    /// Who bills, as it was at the issue; absent where the service knew of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<PartyView>,
    /// Who is billed, as it was at the issue; absent where the tenant had said nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<PartyView>,
    /// The tax, a part for each rate.
    taxes: Vec<TaxView>,
    /// What is billed, line by line.
    line_items: Vec<InvoiceLineView>,
}

/// A seller or a buyer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartyView {
    /// The legal name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Acme Ltd.")]
    name: Option<String>,
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1 Main Street, Shanghai")]
    address: Option<String>,
    /// The tax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "91310000MA1FL0000X")]
    tax_id: Option<String>,
}

/// The tax of one rate.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaxView {
    /// The rate, 0 to 1.
    #[schema(example = 0.06)]
    tax_rate: TaxRateNumber,
    /// What is taxed at it, without tax.
    #[schema(example = 99)]
    subtotal: AmountNumber,
    /// The tax.
    #[schema(example = 5.94)]
    tax_amount: AmountNumber,
    /// Why there is none, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "reverse charge")]
    reason: Option<String>,
}

/// A line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvoiceLineView {
    /// What it is for.
    #[schema(example = "Professional Monthly Subscription")]
    description: String,
    /// What was used.
    #[schema(example = "subscription")]
    resource_type: String,
    /// How many.
    #[schema(example = 1)]
    quantity: i64,
    /// The price of one.
    #[schema(example = 99)]
    unit_price: UnitPriceNumber,
    /// Its amount without tax.
    #[schema(example = 99)]
    amount: AmountNumber,
    /// The rate of its tax, 0 to 1.
    #[schema(example = 0.06)]
    tax_rate: TaxRateNumber,
    /// Its tax.
    #[schema(example = 5.94)]
    tax_amount: AmountNumber,
    /// When the service begins that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-04-01T00:00:00Z")]
    service_start: Option<Timestamp>,
    /// When that ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-01T00:00:00Z")]
    service_end: Option<Timestamp>,
}

envelope! {
    /// An invoice in its envelope.
    InvoiceBody { data: InvoiceView }
}

envelope! {
    /// A page of invoices.
    InvoiceList { items: InvoiceView }
}

impl From<&Detail> for InvoiceView {
    fn from(it: &Detail) -> Self {
        let (plan, billing_cycle) = it.plan.clone().unzip();
        Self {
            invoice_number: it.number.clone(),
            tenant_id: TenantText(it.tenant.clone()),
            subscription_id: it.subscription.clone(),
            app_id: it.app.clone(),
            plan,
            billing_cycle,
            r#type: it.record_type.clone(),
            description: it.description.clone(),
            status: it.status.as_str(),
            currency: it.due.currency.to_string(),
            subtotal: Number(it.net),
            tax_amount: Number(it.tax),
            amount: Number(it.due.total),
            credit_applied: Number(it.due.credit_applied),
            amount_noted: Number(it.due.noted),
            amount_paid: Number(it.due.paid),
            amount_returned: Number(it.due.given_back()),
            amount_due: Number(it.amount_due()),
            issued_at: Timestamp(it.issued_at),
            due_date: Timestamp(it.due_at),
            paid_at: it.paid_at.map(Timestamp),
            period_start: Timestamp(it.period.start()),
            period_end: Timestamp(it.period.end()),
            seller: PartyView::of_seller(&it.seller),
            buyer: PartyView::of_buyer(&it.buyer),
            taxes: TaxView::all(it),
            line_items: it.lines.iter().map(InvoiceLineView::from).collect(),
        }
    }
}

impl PartyView {
    fn of_seller(it: &Seller) -> Option<Self> {
        Self::some(it.name.clone(), it.address.clone(), it.tax_id.clone())
    }

    fn of_buyer(it: &Buyer) -> Option<Self> {
        Self::some(it.legal_name.clone(), it.address.clone(), it.tax_id.clone())
    }

    fn some(name: Option<String>, address: Option<String>, tax_id: Option<String>) -> Option<Self> {
        let is_known = name.is_some() || address.is_some() || tax_id.is_some();
        is_known.then_some(Self { name, address, tax_id })
    }
}

impl TaxView {
    fn all(it: &Detail) -> Vec<Self> {
        let rates = it.rates().into_iter().map(|part| Self {
            tax_rate: Number(part.rate),
            subtotal: Number(part.net),
            tax_amount: Number(part.tax),
            reason: it.exemption(part.rate).map(str::to_owned),
        });
        rates.collect()
    }
}

impl From<&DetailLine> for InvoiceLineView {
    fn from(it: &DetailLine) -> Self {
        Self {
            description: it.description.clone(),
            resource_type: it.resource_type.clone(),
            quantity: it.quantity,
            unit_price: Number(it.unit_price),
            amount: Number(it.net),
            tax_rate: Number(it.rate),
            tax_amount: Number(it.tax),
            service_start: it.service.map(|period| Timestamp(period.start())),
            service_end: it.service.map(|period| Timestamp(period.end())),
        }
    }
}
