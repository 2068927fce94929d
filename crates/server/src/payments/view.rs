//! What it takes to record a payment.

use countinghouse_core::{
    calendar::{Instant, Period},
    id::{AppId, SubscriptionId, TenantId},
    invoicing::{InvoiceNumber, RecordStatus},
    money::{Amount, Currency},
};
use utoipa::ToSchema;

use super::service::{RecordPayment, Subject};
use crate::http::{
    body::Body,
    fields::{AmountIn, Decimal, Fields, Parsed, Text, Word},
    number::AmountSent,
    problem::ApiError,
};

/// What is said of a payment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct RecordPaymentBody {
    /// For which subscription; it may be left out where `invoice_number` is sent.
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A", pattern = "^sub_[0-9A-Z]{26}$")]
    subscription_id: Option<String>,
    /// How much, tax included; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    amount: String,
    /// ISO 4217; the tenant's currency if absent, and no other.
    #[schema(example = "CNY", pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// When the period that was paid for began, RFC 3339; it may be left out where `invoice_number`
    /// is sent, and is not read there.
    #[schema(example = "2026-05-01T00:00:00Z", format = DateTime)]
    period_start: Option<String>,
    /// When it ended; after its start.
    #[schema(example = "2026-06-01T00:00:00Z", format = DateTime)]
    period_end: Option<String>,
    /// `paid`, `failed` or `pending`.
    #[schema(example = "paid", pattern = "^(paid|failed|pending)$")]
    status: String,
    /// The invoice that it is for, if it is for one of this service's.
    #[schema(example = "INV-2026-000001", pattern = "^INV-[0-9]{4}-[0-9]{6,}$")]
    invoice_number: Option<String>,
    /// For which app.
    #[schema(example = "app_001", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    app_id: Option<String>,
    /// What for, at most 500 letters; else the plan's name and the period.
    #[schema(example = "Monthly subscription", max_length = 500)]
    description: Option<String>,
    /// How it was paid, at most 64 letters.
    #[schema(example = "alipay", max_length = 64)]
    payment_method: Option<String>,
}

const STATUSES: &[(&str, RecordStatus)] = &[
    ("paid", RecordStatus::Paid),
    ("failed", RecordStatus::Failed),
    ("pending", RecordStatus::Pending),
];

/// The longest description, and the longest payment method, in letters.
const DESCRIPTION_MAX: usize = 500;
const METHOD_MAX: usize = 64;

impl RecordPayment {
    pub(super) fn read(tenant: &TenantId, body: &Body) -> Result<Self, ApiError> {
        let mut fields = body.fields()?;
        fields.must_repeat("tenant_id", tenant.as_str());
        let currency = fields.optional("currency", Parsed(Currency::parse));
        let amount = read_amount(&mut fields, currency);
        let subject = read_subject(&mut fields);
        let status = fields.required("status", Word(STATUSES));
        let app = fields.optional("app_id", Parsed(AppId::parse));
        let description = fields.optional("description", Text(DESCRIPTION_MAX));
        let method = fields.optional("payment_method", Text(METHOD_MAX));
        let (subject, amount, status) = fields.finish((subject, amount, status))?;
        Ok(Self {
            tenant: tenant.clone(),
            subject,
            app,
            amount,
            currency,
            status,
            description: description.filter(|text| !text.is_empty()),
            method,
        })
    }
}

/// Without a currency the decision judges the digits, since it knows the tenant's.
fn read_amount(fields: &mut Fields<'_>, currency: Option<Currency>) -> Option<Amount> {
    let amount = match currency {
        Some(currency) => fields.required("amount", AmountIn::not_negative(currency)),
        None => fields.required("amount", Decimal(Amount::parse_in_any)),
    }?;
    if amount.is_negative() {
        fields.violate("amount", "out_of_range", "must not be negative");
        return None;
    }
    Some(amount)
}

/// A number says which invoice; without one, a subscription and a period have to.
fn read_subject(fields: &mut Fields<'_>) -> Option<Subject> {
    let reader = || Parsed(str::parse::<SubscriptionId>);
    let number = fields.optional("invoice_number", Parsed(str::parse::<InvoiceNumber>));
    if let Some(number) = number {
        let subscription = fields.optional("subscription_id", reader());
        return Some(Subject::Invoice { number, subscription });
    }
    let subscription = fields.required("subscription_id", reader());
    let period = read_period(fields);
    Some(Subject::Period { subscription: subscription?, period: period? })
}

fn read_period(fields: &mut Fields<'_>) -> Option<Period> {
    let start = fields.required("period_start", Parsed(Instant::parse));
    let end = fields.required("period_end", Parsed(Instant::parse));
    let period = Period::new(start?, end?);
    if period.is_err() {
        fields.violate("period_end", "out_of_range", "must be after `period_start`");
    }
    period.ok()
}
