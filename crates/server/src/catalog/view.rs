//! How the API shows plans.

use countinghouse_core::catalog::Plan;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    number::{AmountNumber, Number},
    shapes::envelope,
};

/// The plans that take new subscribers.
#[derive(Serialize, ToSchema)]
pub(super) struct PublicPlans {
    /// In the order in which they were made.
    plans: Vec<PublicPlan>,
}

envelope! {
    /// The plans in their envelope.
    PublicPlansBody { data: PublicPlans }
}

/// A plan as anybody may see it.
#[derive(Serialize, ToSchema)]
pub(super) struct PublicPlan {
    /// The name to subscribe by.
    #[schema(example = "pro")]
    plan_id: String,
    /// The same name.
    #[schema(example = "pro")]
    plan: String,
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
    /// `monthly_price` as text.
    #[schema(example = "499")]
    price_monthly: String,
    /// `yearly_price` as text.
    #[schema(example = "4999")]
    price_yearly: String,
    /// Keys of what it offers, for translation.
    #[schema(example = json!(["billing.plans.feature.mfa_enabled"]))]
    features: Vec<String>,
    /// Whether it is shown as the usual choice.
    #[schema(example = true)]
    is_popular: bool,
    /// How much may be used.
    quotas: PublicQuotas,
}

/// How much may be used; −1 is unlimited, 0 is none.
#[derive(Serialize, ToSchema)]
struct PublicQuotas {
    /// People.
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
    /// How many days the audit log reaches back.
    #[schema(example = 90)]
    audit_log_days: i64,
}

impl From<Vec<Plan>> for PublicPlans {
    fn from(plans: Vec<Plan>) -> Self {
        Self { plans: plans.into_iter().map(PublicPlan::from).collect() }
    }
}

impl From<Plan> for PublicPlan {
    fn from(plan: Plan) -> Self {
        Self {
            features: features(&plan),
            plan_id: plan.name.clone(),
            plan: plan.name,
            name: plan.display_name,
            description: plan.description,
            currency: plan.currency.to_string(),
            monthly_price: Number(plan.monthly_price),
            yearly_price: Number(plan.yearly_price),
            price_monthly: plan.monthly_price.to_string(),
            price_yearly: plan.yearly_price.to_string(),
            is_popular: plan.is_popular,
            quotas: PublicQuotas {
                max_users: plan.quotas.users,
                max_storage_gb: plan.quotas.storage_gb,
                max_bandwidth_gb: plan.quotas.bandwidth_gb,
                max_api_requests: plan.quotas.api_calls,
                audit_log_days: plan.audit_log_days,
            },
        }
    }
}

fn features(plan: &Plan) -> Vec<String> {
    let support = format!("support_{}", plan.support_level);
    let all = [
        (plan.mfa_enabled, "mfa_enabled"),
        (plan.sso_enabled, "sso_enabled"),
        (!plan.support_level.is_empty(), &support),
    ];
    let offered = all.into_iter().filter(|(offered, _)| *offered);
    offered.map(|(_, key)| format!("billing.plans.feature.{key}")).collect()
}
