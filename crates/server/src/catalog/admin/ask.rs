//! What it takes to make or change a plan.

use countinghouse_core::{
    catalog::{
        AUDIT_LOG_DAYS_MAX, GIB_MAX, Gates, Listing, NewPlan, PLAN_GATES_MAX, PlanChange,
        PlanStatus, QUOTA_MAX, Quotas, UNLIMITED, parse_name,
    },
    id::GateKey,
    money::{Amount, Currency},
};
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{AmountIn, Decimal, Fields, Flag, Name, Parsed, Text, Whole, Word},
    number::AmountSent,
    problem::ApiError,
};

/// A new plan.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct CreatePlanBody {
    /// The name to subscribe by, for ever.
    #[schema(example = "pro_2026", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    plan: String,
    /// The name that people read.
    #[schema(example = "Professional", pattern = r"\S", max_length = 200)]
    name: String,
    /// What it is for.
    #[schema(example = "For growing teams", max_length = 500)]
    description: Option<String>,
    /// ISO 4217; CNY if absent. It never changes.
    #[schema(example = "CNY", pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// What a month costs; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    monthly_price: String,
    /// What a year costs; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    yearly_price: String,
    /// People; −1, or absent, is unlimited, 0 is none.
    #[schema(example = 100, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_users: Option<i64>,
    /// Storage in GiB.
    #[schema(example = 100, minimum = -1, maximum = 1_000_000_000)]
    max_storage_gb: Option<i64>,
    /// Bandwidth in GiB a metering month.
    #[schema(example = 1024, minimum = -1, maximum = 1_000_000_000)]
    max_bandwidth_gb: Option<i64>,
    /// API calls a metering month.
    #[schema(example = 100_000, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_api_requests: Option<i64>,
    /// Text messages a day (extension).
    #[schema(example = 1_000, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_sms_daily: Option<i64>,
    /// Mails a day (extension).
    #[schema(example = 5_000, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_email_daily: Option<i64>,
    /// How many days the audit log reaches back; −1, or absent, is for ever.
    #[schema(example = 90, minimum = -1, maximum = 36_500)]
    audit_log_days: Option<i64>,
    /// Whether it has multi-factor authentication; the gate `mfa`.
    #[schema(example = true)]
    mfa_enabled: Option<bool>,
    /// Whether it has single sign-on; the gate `sso`.
    #[schema(example = true)]
    sso_enabled: Option<bool>,
    /// The level of support; `community` if absent.
    #[schema(example = "priority", max_length = 200)]
    support_level: Option<String>,
}

/// What is to be changed of a plan; what is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct UpdatePlanBody {
    /// The name that people read.
    #[schema(example = "Professional", pattern = r"\S", max_length = 200)]
    name: Option<String>,
    /// What it is for; an empty text takes it away.
    #[schema(example = "For growing teams", max_length = 500)]
    description: Option<String>,
    /// What a month costs, from the next period of each subscription.
    #[schema(value_type = Option<AmountSent>)]
    monthly_price: Option<String>,
    /// What a year costs, likewise.
    #[schema(value_type = Option<AmountSent>)]
    yearly_price: Option<String>,
    /// People; −1 is unlimited, 0 is none.
    #[schema(example = 100, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_users: Option<i64>,
    /// Storage in GiB.
    #[schema(example = 100, minimum = -1, maximum = 1_000_000_000)]
    max_storage_gb: Option<i64>,
    /// Bandwidth in GiB a metering month.
    #[schema(example = 1024, minimum = -1, maximum = 1_000_000_000)]
    max_bandwidth_gb: Option<i64>,
    /// API calls a metering month.
    #[schema(example = 100_000, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_api_requests: Option<i64>,
    /// Text messages a day (extension).
    #[schema(example = 1_000, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_sms_daily: Option<i64>,
    /// Mails a day (extension).
    #[schema(example = 5_000, minimum = -1, maximum = 1_000_000_000_000_000_i64)]
    max_email_daily: Option<i64>,
    /// How many days the audit log reaches back; −1 is for ever.
    #[schema(example = 90, minimum = -1, maximum = 36_500)]
    audit_log_days: Option<i64>,
    /// Whether it has multi-factor authentication; the gate `mfa`.
    #[schema(example = true)]
    mfa_enabled: Option<bool>,
    /// Whether it has single sign-on; the gate `sso`.
    #[schema(example = true)]
    sso_enabled: Option<bool>,
    /// The level of support.
    #[schema(example = "priority", max_length = 200)]
    support_level: Option<String>,
    /// `active` or `inactive`; either brings an archived plan back.
    #[schema(example = "active", pattern = "^(active|inactive)$")]
    status: Option<String>,
}

/// Gates of a plan; those that are not named stay.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct PlanGatesBody {
    /// Each gate once.
    #[schema(max_items = 200)]
    feature_gates: Vec<PlanGateBody>,
}

/// A gate, and whether the plan grants it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
struct PlanGateBody {
    /// Its key; `mfa` and `sso` are `mfa_enabled` and `sso_enabled` of the plan.
    #[schema(example = "sso", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    key: String,
    /// Whether the plan grants it.
    #[schema(example = true)]
    enabled: bool,
}

/// The longest name, description, and level of support, in letters.
const NAME_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 500;
const SUPPORT_LEVEL_MAX: usize = 200;

/// The level of support of a plan that names none.
const SUPPORT_LEVEL: &str = "community";

const STATUSES: &[(&str, PlanStatus)] =
    &[("active", PlanStatus::Active), ("inactive", PlanStatus::Inactive)];

/// Reads a new plan.
pub(super) fn new_plan(body: &Body) -> Result<NewPlan, ApiError> {
    let mut fields = body.fields()?;
    let currency = fields.optional("currency", Parsed(Currency::parse));
    let prices_in = fields.violations().is_empty().then(|| currency.unwrap_or(Currency::CNY));
    let plan = fields.required("plan", Parsed(parse_name));
    let name = fields.required("name", Name(NAME_MAX));
    let monthly = price(&mut fields, "monthly_price", prices_in);
    let yearly = price(&mut fields, "yearly_price", prices_in);
    let rest = terms(&mut fields);
    let (plan, name, monthly, yearly) = fields.finish((plan, name, monthly, yearly))?;
    Ok(NewPlan {
        name: plan,
        display_name: name,
        description: rest.description.filter(|text| !text.is_empty()),
        currency: prices_in.unwrap_or(Currency::CNY),
        monthly_price: monthly,
        yearly_price: yearly,
        quotas: Quotas {
            users: rest.users.unwrap_or(UNLIMITED),
            storage_gb: rest.storage_gb.unwrap_or(UNLIMITED),
            bandwidth_gb: rest.bandwidth_gb.unwrap_or(UNLIMITED),
            api_calls: rest.api_calls.unwrap_or(UNLIMITED),
            sms: rest.sms.unwrap_or(UNLIMITED),
            email: rest.email.unwrap_or(UNLIMITED),
        },
        audit_log_days: rest.audit_log_days.unwrap_or(UNLIMITED),
        mfa_enabled: rest.mfa_enabled.unwrap_or(false),
        sso_enabled: rest.sso_enabled.unwrap_or(false),
        support_level: rest.support_level.unwrap_or_else(|| SUPPORT_LEVEL.to_owned()),
    })
}

/// Reads a change of `listing`, whose currency says how many digits a price may have.
pub(super) fn change(body: &Body, listing: &Listing) -> Result<PlanChange, ApiError> {
    let mut fields = body.fields()?;
    must_name(&mut fields, listing);
    let prices_in = AmountIn::not_negative(listing.plan.currency);
    let change = PlanChange {
        display_name: fields.optional("name", Name(NAME_MAX)),
        monthly_price: fields.optional("monthly_price", prices_in),
        yearly_price: fields.optional("yearly_price", prices_in),
        status: fields.optional("status", Word(STATUSES)),
        ..terms(&mut fields)
    };
    fields.finish(())?;
    Ok(change)
}

/// Reads gates of `listing`.
pub(super) fn gates(body: &Body, listing: &Listing) -> Result<Gates, ApiError> {
    let mut fields = body.fields()?;
    must_name(&mut fields, listing);
    let mut gates = Gates::new();
    for mut entry in fields.objects("feature_gates", 0..=PLAN_GATES_MAX) {
        let key = entry.required("key", Parsed(GateKey::parse));
        let enabled = entry.required("enabled", Flag);
        if let (Some(key), Some(enabled)) = (key, enabled)
            && gates.insert(key, enabled).is_some()
        {
            entry.violate("key", "repeated", "must be given once");
        }
        fields.absorb(entry);
    }
    fields.finish(())?;
    Ok(gates)
}

/// Refuses a body that names another plan than the path. An answer that is sent back has the name,
/// whatever the plan was called by in the path.
fn must_name(fields: &mut Fields<'_>, listing: &Listing) {
    let (name, id) = (&listing.plan.name, listing.plan.id.to_string());
    for member in ["plan", "plan_id"] {
        let said = fields.optional(member, Text(usize::MAX));
        if said.is_some_and(|said| said != *name && said != id) {
            fields.violate(member, "differs", "differs from the path");
        }
    }
}

/// A price that must be there. Where the currency is broken, so that its digits are not known, it
/// must be an amount at least.
fn price(
    fields: &mut Fields<'_>,
    name: &'static str,
    currency: Option<Currency>,
) -> Option<Amount> {
    if let Some(currency) = currency {
        return fields.required(name, AmountIn::not_negative(currency));
    }
    let amount = fields.required(name, Decimal(Amount::parse_in_any));
    if amount.is_some_and(Amount::is_negative) {
        fields.violate(name, "out_of_range", "must not be negative");
    }
    amount
}

/// What new plans and changes have alike.
fn terms(fields: &mut Fields<'_>) -> PlanChange {
    let count = || Whole(UNLIMITED..=QUOTA_MAX);
    let gib = || Whole(UNLIMITED..=GIB_MAX);
    PlanChange {
        description: fields.optional("description", Text(DESCRIPTION_MAX)),
        users: fields.optional("max_users", count()),
        storage_gb: fields.optional("max_storage_gb", gib()),
        bandwidth_gb: fields.optional("max_bandwidth_gb", gib()),
        api_calls: fields.optional("max_api_requests", count()),
        sms: fields.optional("max_sms_daily", count()),
        email: fields.optional("max_email_daily", count()),
        audit_log_days: fields.optional("audit_log_days", Whole(UNLIMITED..=AUDIT_LOG_DAYS_MAX)),
        mfa_enabled: fields.optional("mfa_enabled", Flag),
        sso_enabled: fields.optional("sso_enabled", Flag),
        support_level: fields.optional("support_level", Text(SUPPORT_LEVEL_MAX)),
        ..PlanChange::default()
    }
}
