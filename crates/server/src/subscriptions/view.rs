//! How the API shows subscriptions, and what it takes to make one.

use countinghouse_core::{
    calendar::Cycle,
    dunning::Policy,
    subscriptions::{Subscription, TRIAL_DAYS_MAX},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{Flag, Name, Whole, Word},
    number::{AmountNumber, Number},
    problem::ApiError,
    shapes::envelope,
};

/// A tenant's subscription to a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// `sub_…`
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_id: String,
    /// Whose it is.
    #[schema(example = "tnt_xyz789")]
    tenant_id: String,
    /// The name of the plan.
    #[schema(example = "pro")]
    plan_id: String,
    /// `trial`, `active`, `past_due`, `suspended`, `cancelled` or `expired`.
    #[schema(example = "active")]
    status: &'static str,
    /// `monthly` or `yearly`.
    #[schema(example = "monthly")]
    billing_cycle: &'static str,
    /// What the current period costs, as it was billed.
    #[schema(example = 499)]
    amount: AmountNumber,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// Whether a new period follows the current one.
    #[schema(example = true)]
    auto_renew: bool,
    /// Whether it ends with the current period.
    #[schema(example = false)]
    cancel_at_period_end: bool,
    /// When the current period began, RFC 3339 in UTC.
    #[schema(example = "2026-01-01T00:00:00Z")]
    current_period_start: String,
    /// When the current period ends; that instant is no longer part of it.
    #[schema(example = "2026-02-01T00:00:00Z")]
    current_period_end: String,
    /// When the trial ends or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-15T00:00:00Z")]
    trial_end_date: Option<String>,
    /// How many days access is kept after a payment failed.
    #[schema(example = 7)]
    grace_period_days: u8,
    /// Who administers it.
    #[schema(example = "usr_abc123")]
    admin_user_id: String,
}

envelope! {
    /// A subscription in its envelope.
    SubscriptionBody { data: SubscriptionView }
}

envelope! {
    /// A page of subscriptions.
    SubscriptionList { items: SubscriptionView }
}

/// What to subscribe to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct SubscribeBody {
    /// The plan, by name or `plan_…` id. One of `plan` and `plan_id` must be there.
    #[schema(example = "pro", pattern = r"\S", max_length = 128)]
    plan: Option<String>,
    /// The same.
    #[schema(example = "pro", pattern = r"\S", max_length = 128)]
    plan_id: Option<String>,
    /// `monthly` unless it says `yearly`.
    #[schema(example = "monthly", pattern = "^(monthly|yearly)$")]
    billing_cycle: Option<String>,
    /// Whether it is to renew by itself; true when absent.
    #[schema(example = true)]
    auto_renew: Option<bool>,
    /// How many days it is free first, 0 to 90.
    #[schema(example = 14, minimum = 0, maximum = 90)]
    trial_days: Option<i64>,
}

/// What was asked for.
#[derive(Debug)]
pub(super) struct SubscribeAsk {
    pub(super) plan: String,
    pub(super) cycle: Cycle,
    pub(super) auto_renew: bool,
    pub(super) trial_days: u8,
}

/// How long the name of a plan may be, in letters.
pub(super) const PLAN_NAME_MAX: usize = 128;

pub(super) const CYCLES: &[(&str, Cycle)] =
    &[("monthly", Cycle::Monthly), ("yearly", Cycle::Yearly)];

impl SubscriptionView {
    /// Shows the subscription of `tenant`, for which `policy` holds.
    pub(super) fn new(tenant: &str, it: &Subscription, policy: &Policy) -> Self {
        Self {
            subscription_id: it.id.to_string(),
            tenant_id: tenant.to_owned(),
            plan_id: it.plan.clone(),
            status: it.status.as_str(),
            billing_cycle: it.cycle.as_str(),
            amount: Number(it.amount),
            currency: it.currency.to_string(),
            auto_renew: it.auto_renew,
            cancel_at_period_end: it.cancel_at_period_end,
            current_period_start: it.period.start().to_string(),
            current_period_end: it.period.end().to_string(),
            trial_end_date: it.trial_end.map(|end| end.to_string()),
            grace_period_days: policy.grace_period_days(),
            admin_user_id: it.admin.to_string(),
        }
    }
}

impl SubscribeAsk {
    pub(super) fn read(body: &Body) -> Result<Self, ApiError> {
        let mut fields = body.fields()?;
        let plan = fields.optional("plan", Name(PLAN_NAME_MAX));
        let plan_id = fields.optional("plan_id", Name(PLAN_NAME_MAX));
        let cycle = fields.optional("billing_cycle", Word(CYCLES));
        let auto_renew = fields.optional("auto_renew", Flag);
        let trial_days = fields.optional("trial_days", Whole(0..=i64::from(TRIAL_DAYS_MAX)));
        match (&plan, &plan_id) {
            (None, None) if !fields.has("plan") && !fields.has("plan_id") => {
                fields.violate("plan", "required", "must name a plan, or `plan_id` must");
            }
            (Some(plan), Some(plan_id)) if plan != plan_id => {
                fields.violate("plan_id", "differs", "must be the same as `plan`, or absent");
            }
            _ => (),
        }
        let plan = fields.finish((plan.or(plan_id),))?.0;
        Ok(Self {
            plan,
            cycle: cycle.unwrap_or(Cycle::Monthly),
            auto_renew: auto_renew.unwrap_or(true),
            trial_days: u8::try_from(trial_days.unwrap_or(0)).unwrap_or(TRIAL_DAYS_MAX),
        })
    }
}
