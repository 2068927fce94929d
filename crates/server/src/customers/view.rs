//! How the API shows a profile, and what it takes to change it.

use countinghouse_core::{
    calendar::Zone,
    money::{Currency, TaxMode, TaxRate},
    tenants::{CurrencyTie, DUE_DAYS_MAX, Edit, Email, Language, ProfileChange},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::profile::Known;
use crate::http::{
    body::Body,
    fields::{Broken, Decimal, Flag, Parsed, Read, Text, Value, Whole},
    number::{Number, TaxRateNumber},
    problem::ApiError,
    shapes::envelope,
};

/// What a tenant says about itself, its calendar and its invoices.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileView {
    /// The legal name, as it is copied onto invoices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Acme Ltd.")]
    legal_name: Option<String>,
    /// The address, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1 Main Street, Shanghai")]
    address: Option<String>,
    /// The tax number, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "91310000MA1FL0000X")]
    tax_id: Option<String>,
    /// Where mail about invoices goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "billing@acme.example")]
    email: Option<String>,
    /// The rate of tax on every line, 0 to 1.
    tax_rate: TaxRateNumber,
    /// Whether prices contain the tax.
    #[schema(example = false)]
    tax_inclusive: bool,
    /// Why no tax is due, if none is; it is copied onto invoices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "reverse charge")]
    tax_exempt_reason: Option<String>,
    /// The zone of its calendar, by IANA name.
    #[schema(example = "Asia/Shanghai")]
    timezone: String,
    /// ISO 4217: the currency that it is tied to; until then the one that it asked for, or CNY.
    #[schema(example = "CNY")]
    currency: String,
    /// The language of its people, a tag of BCP 47.
    #[schema(example = "zh-Hans")]
    language: String,
    /// How many days it has to pay an invoice.
    #[schema(example = 14)]
    invoice_due_days: u8,
}

envelope! {
    /// A profile in its envelope.
    ProfileBody { data: ProfileView }
}

/// What is to change. What is absent stays; an empty text clears a text that may be absent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ProfileChangeBody {
    /// The legal name, at most 200 letters.
    #[schema(example = "Acme Ltd.", max_length = 200)]
    legal_name: Option<String>,
    /// The address, at most 500 letters.
    #[schema(example = "1 Main Street, Shanghai", max_length = 500)]
    address: Option<String>,
    /// The tax number, at most 100 letters.
    #[schema(example = "91310000MA1FL0000X", max_length = 100)]
    tax_id: Option<String>,
    /// Where mail about invoices goes.
    #[schema(
        example = "billing@acme.example",
        max_length = 254,
        pattern = r"^(\s*|[^@\s]+@[^@\s.]+(\.[^@\s.]+)*)$"
    )]
    email: Option<String>,
    /// The rate of tax on every line to come, 0 to 1, at most 6 decimals; a decimal string will do too.
    tax_rate: Option<TaxRateNumber>,
    /// Whether prices contain the tax.
    #[schema(example = false)]
    tax_inclusive: Option<bool>,
    /// Why no tax is due, at most 500 letters.
    #[schema(example = "reverse charge", max_length = 500)]
    tax_exempt_reason: Option<String>,
    /// A zone by IANA name. A subscription keeps its own until its period ends.
    #[schema(example = "Asia/Shanghai")]
    timezone: Option<String>,
    /// ISO 4217. It can't be changed any more once money was posted or there is a subscription.
    #[schema(example = "CNY", pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// A tag of BCP 47.
    #[schema(
        example = "zh-Hans",
        max_length = 35,
        pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
    )]
    language: Option<String>,
    /// How many days there are to pay an invoice, 0 to 90.
    #[schema(example = 14, minimum = 0, maximum = 90)]
    invoice_due_days: Option<i64>,
}

/// The most letters of the texts.
const LEGAL_NAME_MAX: usize = 200;
const ADDRESS_MAX: usize = 500;
const TAX_ID_MAX: usize = 100;
const REASON_MAX: usize = 500;

/// What a value becomes that may be absent: a blank text clears it.
struct Editing<R>(R);

impl ProfileView {
    pub(super) fn new(known: &Known) -> Self {
        let profile = &known.profile;
        let currency = known.tie.map_or(profile.currency_or_default(), CurrencyTie::currency);
        let buyer = profile.buyer.clone();
        Self {
            legal_name: buyer.legal_name,
            address: buyer.address,
            tax_id: buyer.tax_id,
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            tax_rate: Number(profile.tax.rate),
            tax_inclusive: profile.tax.mode == TaxMode::Inclusive,
            tax_exempt_reason: buyer.tax_exempt_reason,
            timezone: profile.zone.name().to_owned(),
            currency: currency.as_str().to_owned(),
            language: profile.language.as_str().to_owned(),
            invoice_due_days: profile.due_days,
        }
    }
}

/// Reads what is to change in `tenant`'s profile.
pub(super) fn read(body: &Body, tenant: &str) -> Result<ProfileChange, ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("tenant_id", tenant);
    let mut text = |name, most| fields.optional(name, Editing(Text(most))).unwrap_or_default();
    let legal_name = text("legal_name", LEGAL_NAME_MAX);
    let address = text("address", ADDRESS_MAX);
    let tax_id = text("tax_id", TAX_ID_MAX);
    let tax_exempt_reason = text("tax_exempt_reason", REASON_MAX);
    let email = fields.optional("email", Editing(Parsed(Email::parse))).unwrap_or_default();
    let inclusive = fields.optional("tax_inclusive", Flag);
    let due_days = fields.optional("invoice_due_days", Whole(0..=DUE_DAYS_MAX.into()));
    let change = ProfileChange {
        legal_name,
        address,
        tax_id,
        tax_exempt_reason,
        email,
        tax_rate: fields.optional("tax_rate", Decimal(TaxRate::parse)),
        tax_mode: inclusive.map(|it| if it { TaxMode::Inclusive } else { TaxMode::Exclusive }),
        zone: fields.optional("timezone", Parsed(Zone::parse)),
        currency: fields.optional("currency", Parsed(Currency::parse)),
        language: fields.optional("language", Parsed(Language::parse)),
        due_days: due_days.and_then(|days| u8::try_from(days).ok()),
    };
    fields.finish(())?;
    Ok(change)
}

impl<R: Read> Read for Editing<R> {
    type Out = Edit<R::Out>;

    fn read(self, value: Value<'_>) -> Result<Self::Out, Broken> {
        match value.clone().text() {
            Ok(text) if text.trim().is_empty() => Ok(Edit::Clear),
            _ => self.0.read(value).map(Edit::Set),
        }
    }
}
