//! What it takes to adjust a credit balance.

use countinghouse_core::{
    id::TenantId,
    ledger::Source,
    money::{Amount, Currency},
};
use utoipa::ToSchema;

use super::{adjust::Adjust, credit};
use crate::{
    db::Db,
    http::{
        body::Body,
        fields::{AmountIn, Decimal, Fields, Name, Parsed, Text, Word},
        number::AmountSent,
        problem::ApiError,
    },
};

/// By how much, and why.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct AdjustBody {
    /// Above 0 grants credit, below 0 takes it back; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    amount: String,
    /// `promo` or `manual_adjust`.
    #[schema(example = "promo", pattern = "^(promo|manual_adjust)$")]
    source: String,
    /// A note, at most 500 letters.
    #[schema(example = "Welcome credit", max_length = 500)]
    remark: Option<String>,
    /// What it is about, at most 128 letters; the same one posts once.
    #[schema(example = "campaign-2026-05", max_length = 128, pattern = r"\S")]
    source_id: Option<String>,
    /// ISO 4217; the tenant's currency if absent, and no other.
    #[schema(example = "CNY", pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}

const SOURCES: &[(&str, Source)] =
    &[("promo", Source::Promo), ("manual_adjust", Source::ManualAdjust)];

/// The longest remark, and the longest source id, in letters.
const REMARK_MAX: usize = 500;
const SOURCE_ID_MAX: usize = 128;

/// Reads an adjustment. How many digits an amount may have depends on the tenant's currency, which
/// the decision knows; it is looked up here only to tell of every broken field at once.
pub(super) async fn read(db: &Db, tenant: &TenantId, body: &Body) -> Result<Adjust, ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("tenant_id", tenant.as_str());
    let source = fields.required("source", Word(SOURCES));
    let remark = fields.optional("remark", Text(REMARK_MAX));
    let source_id = fields.optional("source_id", Name(SOURCE_ID_MAX));
    let currency = fields.optional("currency", Parsed(Currency::parse));
    let amount = match currency {
        Some(currency) => fields.required("amount", AmountIn::any(currency)),
        None if fields.violations().is_empty() => {
            fields.required("amount", Decimal(Amount::parse_in_any))
        }
        None => {
            let own = credit::balance(db, tenant, None).await?.currency;
            fields.required("amount", AmountIn::any(own))
        }
    };
    refuse_zero(&mut fields, amount);
    let (amount, source) = fields.finish((amount, source))?;
    let tenant = tenant.clone();
    Ok(Adjust { tenant, amount, currency, source, source_id, remark })
}

fn refuse_zero(fields: &mut Fields<'_>, amount: Option<Amount>) {
    if amount.is_some_and(Amount::is_zero) {
        fields.violate("amount", "out_of_range", "must not be 0");
    }
}
