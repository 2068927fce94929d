//! How the API shows plans to those who administer them, and to other services.

use countinghouse_core::{
    catalog::{Gates, Listing, MFA, Plan, SSO},
    id::GateKey,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    number::{AmountNumber, Number},
    shapes::envelope,
};

/// A plan with its prices, quotas and gates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanPricing {
    /// `plan_…`
    #[schema(example = "plan_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// The name that subscriptions refer to.
    #[schema(example = "pro")]
    plan_id: String,
    /// The same name.
    #[schema(example = "pro")]
    plan: String,
    /// The same name.
    #[schema(example = "pro")]
    code: String,
    /// The name that people read.
    #[schema(example = "Professional")]
    name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "For growing teams")]
    description: Option<String>,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// What a month costs.
    #[schema(example = 499)]
    monthly_price: AmountNumber,
    /// What a year costs.
    #[schema(example = 4999)]
    yearly_price: AmountNumber,
    /// `active`, `inactive` or `archived`.
    #[schema(example = "active")]
    status: &'static str,
    /// People; −1 is unlimited, 0 is none.
    #[schema(example = 100)]
    max_users: i64,
    /// Storage in GiB.
    #[schema(example = 100)]
    max_storage_gb: i64,
    /// Bandwidth in GiB a metering month.
    #[schema(example = 1024)]
    max_bandwidth_gb: i64,
    /// API calls a metering month.
    #[schema(example = 100_000)]
    max_api_requests: i64,
    /// Text messages a day (extension).
    #[schema(example = 1_000)]
    max_sms_daily: i64,
    /// Mails a day (extension).
    #[schema(example = 5_000)]
    max_email_daily: i64,
    /// Whether it has multi-factor authentication; the gate `mfa`.
    #[schema(example = true)]
    mfa_enabled: bool,
    /// Whether it has single sign-on; the gate `sso`.
    #[schema(example = true)]
    sso_enabled: bool,
    /// How many days the audit log reaches back; −1 is for ever.
    #[schema(example = 90)]
    audit_log_days: i64,
    /// The level of support.
    #[schema(example = "priority")]
    support_level: String,
    /// The gates that it names, in the order of their keys.
    feature_gates: Vec<FeatureGate>,
    /// When it was made, RFC 3339 in UTC.
    #[schema(example = "2026-01-01T00:00:00Z")]
    created_at: String,
    /// When it was changed last.
    #[schema(example = "2026-04-10T14:20:00Z")]
    updated_at: String,
}

envelope! {
    /// A plan in its envelope.
    PlanPricingBody { data: PlanPricing }
}

envelope! {
    /// A page of plans.
    PlanPricingList { items: PlanPricing }
}

/// A feature gate, and whether it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FeatureGate {
    /// Its key.
    #[schema(example = "sso")]
    key: String,
    /// The name that people read.
    #[schema(example = "Single sign-on")]
    name: String,
    /// What it opens, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "People sign in with the identity provider of their own organisation.")]
    description: Option<&'static str>,
    /// Whether it is open.
    #[schema(example = true)]
    enabled: bool,
}

/// What may be used under a plan; −1 is unlimited, 0 is none.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanQuotas {
    /// The name of the plan.
    #[schema(example = "pro")]
    plan: String,
    /// The name that people read.
    #[schema(example = "Professional")]
    name: String,
    /// People.
    #[schema(example = 100)]
    max_users: i64,
    /// Storage in bytes.
    #[schema(example = 107_374_182_400_i64)]
    max_storage_bytes: i64,
    /// Bandwidth in bytes a metering month.
    #[schema(example = 1_099_511_627_776_i64)]
    max_bandwidth_bytes: i64,
    /// API calls a metering month.
    #[schema(example = 100_000)]
    max_api_requests: i64,
    /// Text messages a day.
    #[schema(example = 1_000)]
    max_sms_daily: i64,
    /// Mails a day.
    #[schema(example = 5_000)]
    max_email_daily: i64,
}

envelope! {
    /// The quotas of a plan in their envelope.
    PlanQuotasBody { data: PlanQuotas }
}

/// The gates that are known to everybody: key, name, what it opens.
const KNOWN: &[(&str, &str, &str)] = &[
    (MFA, "Multi-factor authentication", "People prove who they are by a second factor."),
    (SSO, "Single sign-on", "People sign in with the identity provider of their own organisation."),
];

impl FeatureGate {
    /// Shows gates in the order of their keys.
    pub(super) fn all(gates: Gates) -> Vec<Self> {
        gates.into_iter().map(|(key, enabled)| Self::new(&key, enabled)).collect()
    }

    fn new(key: &GateKey, enabled: bool) -> Self {
        let key = key.as_str();
        let known = KNOWN.iter().find(|(known, ..)| *known == key);
        let name = known.map_or_else(|| words(key), |(_, name, _)| (*name).to_owned());
        let description = known.map(|(.., description)| *description);
        Self { key: key.to_owned(), name, description, enabled }
    }
}

/// A key as a name: `custom_domain` is `Custom domain`.
fn words(key: &str) -> String {
    let mut name = key.replace(['_', '-', '.', ':'], " ").trim().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if name.is_empty() { key.to_owned() } else { name }
}

impl From<&Listing> for PlanPricing {
    fn from(listing: &Listing) -> Self {
        let plan = &listing.plan;
        Self {
            id: plan.id.to_string(),
            plan_id: plan.name.clone(),
            plan: plan.name.clone(),
            code: plan.name.clone(),
            name: plan.display_name.clone(),
            description: plan.description.clone(),
            currency: plan.currency.to_string(),
            monthly_price: Number(plan.monthly_price),
            yearly_price: Number(plan.yearly_price),
            status: plan.status.as_str(),
            max_users: plan.quotas.users,
            max_storage_gb: plan.quotas.storage_gb,
            max_bandwidth_gb: plan.quotas.bandwidth_gb,
            max_api_requests: plan.quotas.api_calls,
            max_sms_daily: plan.quotas.sms,
            max_email_daily: plan.quotas.email,
            mfa_enabled: plan.mfa_enabled,
            sso_enabled: plan.sso_enabled,
            audit_log_days: plan.audit_log_days,
            support_level: plan.support_level.clone(),
            feature_gates: FeatureGate::all(listing.all_gates()),
            created_at: listing.created_at.to_string(),
            updated_at: listing.updated_at.to_string(),
        }
    }
}

impl From<Plan> for PlanQuotas {
    fn from(plan: Plan) -> Self {
        Self {
            max_users: plan.quotas.users,
            max_storage_bytes: plan.quotas.storage_bytes(),
            max_bandwidth_bytes: plan.quotas.bandwidth_bytes(),
            max_api_requests: plan.quotas.api_calls,
            max_sms_daily: plan.quotas.sms,
            max_email_daily: plan.quotas.email,
            plan: plan.name,
            name: plan.display_name,
        }
    }
}
