//! How the API shows what a change comes to, and what it takes to ask for one.

use countinghouse_core::{
    calendar::Cycle,
    dunning::Policy,
    id::TenantId,
    money::{Amount, Currency},
    subscriptions::{EXTEND_DAYS_MAX, Quote, Subscription},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    plan::{ChangePlan, Changed, Effective},
    update::Update,
};
use crate::{
    http::{
        body::Body,
        fields::{Fields, Flag, Name, Parsed, Whole, Word},
        number::{AmountNumber, Number},
        problem::ApiError,
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
    invoicing::LineView,
    subscriptions::view::{CYCLES, PLAN_NAME_MAX, SubscriptionView},
};

/// What a change comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProrationView {
    /// Whose subscription.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The plan that it has.
    #[schema(example = "pro")]
    current_plan: String,
    /// The plan that it is to have.
    #[schema(example = "enterprise")]
    target_plan: String,
    /// What is to be paid, tax included; below zero, what is given back.
    #[schema(example = 249.5)]
    proration_amount: AmountNumber,
    /// What the lines give back beyond that: credit notes and refunds had given it back already
    /// (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 150.5)]
    already_returned: Option<AmountNumber>,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// The days of the present period that are left, that of the change among them.
    #[schema(example = 15)]
    remaining_days: i64,
    /// When the present period ends, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-06-01T00:00:00Z")]
    current_billing_end: Timestamp,
    /// What is given back of each line that was billed, and what is asked for.
    lines: Vec<LineView>,
    /// The change in words.
    #[schema(example = "The change costs 249.5 CNY (15 days remaining)")]
    message: String,
    /// To be sent with the change, so that it comes to exactly this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "q1.sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A.3.1778580000.00112233445566778899aabbccddeeff"
    )]
    quote: Option<String>,
    /// Until when the quote can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "2026-05-17T00:15:00Z")]
    quote_expires_at: Option<Timestamp>,
}

envelope! {
    /// What a change would come to, in its envelope.
    ProrationBody { data: ProrationView }
}

/// A change that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanChangeView {
    /// The subscription after it.
    subscription: SubscriptionView,
    /// What it came to.
    proration: ProrationView,
    /// The invoice that it made, if it made one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "INV-2026-000001")]
    invoice_number: Option<String>,
    /// The credit that it gave back of what had been paid, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ctr_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    credit_transaction_id: Option<String>,
}

envelope! {
    /// A change that was made, in its envelope.
    PlanChangeBody { data: PlanChangeView }
}

/// What became of a trial.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrialView {
    /// Whose subscription.
    #[schema(example = "tnt_xyz789")]
    tenant_id: String,
    /// The name of the plan.
    #[schema(example = "pro")]
    plan: String,
    /// `trial`, or `active` once it is over.
    #[schema(example = "trial")]
    status: &'static str,
    /// When it ends or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "2026-06-01T00:00:00Z")]
    trial_end_date: Option<Timestamp>,
    /// What was done, in words.
    #[schema(example = "Trial period extended by 14 days")]
    message: String,
}

envelope! {
    /// What became of a trial, in its envelope.
    TrialBody { data: TrialView }
}

/// A change to ask for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct CalculateAskBody {
    /// The plan to have, by name or `plan_…` id.
    #[schema(example = "enterprise", pattern = r"\S", max_length = 128)]
    new_plan: String,
    /// `monthly` or `yearly`; as before if absent.
    #[schema(example = "monthly", pattern = "^(monthly|yearly)$")]
    billing_cycle: Option<String>,
}

/// A change to make.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ChangeAskBody {
    /// The plan to have, by name or `plan_…` id.
    #[schema(example = "enterprise", pattern = r"\S", max_length = 128)]
    new_plan: String,
    /// `monthly` or `yearly`; as before if absent.
    #[schema(example = "monthly", pattern = "^(monthly|yearly)$")]
    billing_cycle: Option<String>,
    /// What a calculation gave: the change comes to exactly that, or is refused.
    #[schema(
        example = "q1.sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A.3.1778580000.00112233445566778899aabbccddeeff",
        pattern = r"^q1\.sub_[0-9A-Z]{26}\.[0-9]+\.[0-9]+\.[0-9a-f]{32}$"
    )]
    quote: Option<String>,
    /// `now`, or `period_end`: then it waits for the end of the period, in place of any that waits
    /// already (extension).
    #[schema(example = "now", pattern = "^(now|period_end)$")]
    effective: Option<String>,
}

/// What to change of a subscription; absent members stay.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct UpdateAskBody {
    /// The plan to have, by name or `plan_…` id.
    #[schema(example = "enterprise", pattern = r"\S", max_length = 128)]
    plan: Option<String>,
    /// `monthly` or `yearly`.
    #[schema(example = "yearly", pattern = "^(monthly|yearly)$")]
    billing_cycle: Option<String>,
    /// Whether it renews by itself. True takes a cancellation back.
    #[schema(example = false)]
    auto_renew: Option<bool>,
}

/// How much longer a trial is to be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ExtendAskBody {
    /// Days, 1 to 90, counted from its end.
    #[schema(example = 14, minimum = 1, maximum = 90)]
    extend_days: i64,
}

const EFFECTIVE: &[(&str, Effective)] =
    &[("now", Effective::Now), ("period_end", Effective::PeriodEnd)];

impl ProrationView {
    /// Shows what a change comes to, without a quote.
    pub(super) fn new(tenant: &TenantId, changed: &Changed) -> Self {
        let (withheld, days) = (changed.withheld, changed.remaining_days());
        let total = Amount::from_units(changed.draft.total.units() + withheld.units());
        let currency = changed.before.currency;
        Self {
            tenant_id: TenantText(tenant.clone()),
            current_plan: changed.before.plan.clone(),
            target_plan: changed.plan.clone(),
            proration_amount: Number(total),
            already_returned: withheld.is_positive().then_some(Number(withheld)),
            currency: currency.to_string(),
            remaining_days: days,
            current_billing_end: Timestamp(changed.before.period.end()),
            lines: changed.draft.lines.iter().map(LineView::from).collect(),
            message: in_words(total, currency, days),
            quote: None,
            quote_expires_at: None,
        }
    }

    /// Shows what a change would come to, and offers it.
    pub(super) fn offer(tenant: &TenantId, changed: &Changed) -> Self {
        let quote = changed.quote();
        Self {
            quote: Some(quote.to_string()),
            quote_expires_at: Some(Timestamp(quote.expires_at())),
            ..Self::new(tenant, changed)
        }
    }
}

impl PlanChangeView {
    /// Shows a change that was made.
    pub(super) fn new(tenant: &TenantId, changed: &Changed, policy: &Policy) -> Self {
        Self {
            subscription: SubscriptionView::new(tenant.as_str(), changed.after(), policy),
            proration: ProrationView::new(tenant, changed),
            invoice_number: changed.invoice.map(|number| number.to_string()),
            credit_transaction_id: changed.credit.map(|id| id.to_string()),
        }
    }
}

impl TrialView {
    /// Shows a trial that was made longer by some days, or ended.
    pub(super) fn new(tenant: &str, after: &Subscription, extended: Option<u8>) -> Self {
        let message = match extended {
            Some(days) => format!("Trial period extended by {days} days"),
            None => "Trial period ended, and the first paid period began".to_owned(),
        };
        Self {
            tenant_id: tenant.to_owned(),
            plan: after.plan.clone(),
            status: after.status.as_str(),
            trial_end_date: after.trial_end.map(Timestamp),
            message,
        }
    }
}

fn in_words(total: Amount, currency: Currency, days: i64) -> String {
    let size = total.checked_abs().unwrap_or(total);
    let what = if total.is_positive() {
        format!("costs {size} {currency}")
    } else if total.is_negative() {
        format!("gives back {size} {currency}")
    } else {
        "costs nothing now".to_owned()
    };
    format!("The change {what} ({days} days remaining)")
}

/// Reads the change to calculate.
pub(super) fn read_calculation(body: &Body, tenant: &TenantId) -> Result<ChangePlan, ApiError> {
    let mut fields = body.fields()?;
    let (plan, cycle) = read_target(&mut fields, tenant);
    let (plan,) = fields.finish((plan,))?;
    let (effective, quote) = (Effective::Now, None);
    Ok(ChangePlan { tenant: tenant.clone(), plan: Some(plan), cycle, effective, quote })
}

/// Reads the change to make.
pub(super) fn read_change(body: &Body, tenant: &TenantId) -> Result<ChangePlan, ApiError> {
    let mut fields = body.fields()?;
    let (plan, cycle) = read_target(&mut fields, tenant);
    let quote = fields.optional("quote", Parsed(str::parse::<Quote>));
    let effective = fields.optional("effective", Word(EFFECTIVE)).unwrap_or(Effective::Now);
    if quote.is_some() && effective == Effective::PeriodEnd {
        fields.violate("quote", "out_of_place", "must be absent where the change waits");
    }
    let (plan,) = fields.finish((plan,))?;
    Ok(ChangePlan { tenant: tenant.clone(), plan: Some(plan), cycle, effective, quote })
}

/// Reads what to change of a subscription.
pub(super) fn read_update(body: &Body, tenant: &TenantId) -> Result<Update, ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("tenant_id", tenant.as_str());
    let plan = fields.optional("plan", Name(PLAN_NAME_MAX));
    let cycle = fields.optional("billing_cycle", Word(CYCLES));
    let auto_renew = fields.optional("auto_renew", Flag);
    let is_empty = plan.is_none() && cycle.is_none() && auto_renew.is_none();
    if is_empty && fields.violations().is_empty() {
        fields.violate("body", "required", "must name `plan`, `billing_cycle` or `auto_renew`");
    }
    fields.finish(())?;
    let (effective, quote) = (Effective::Now, None);
    let change = ChangePlan { tenant: tenant.clone(), plan, cycle, effective, quote };
    Ok(Update { change, auto_renew })
}

/// Reads by how many days a trial is to be longer.
pub(super) fn read_extension(body: &Body, tenant: &TenantId) -> Result<u8, ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("tenant_id", tenant.as_str());
    let days = fields.required("extend_days", Whole(1..=i64::from(EXTEND_DAYS_MAX)));
    let (days,) = fields.finish((days,))?;
    Ok(u8::try_from(days).unwrap_or(EXTEND_DAYS_MAX))
}

fn read_target(fields: &mut Fields<'_>, tenant: &TenantId) -> (Option<String>, Option<Cycle>) {
    fields.must_repeat("tenant_id", tenant.as_str());
    let plan = fields.required("new_plan", Name(PLAN_NAME_MAX));
    (plan, fields.optional("billing_cycle", Word(CYCLES)))
}
