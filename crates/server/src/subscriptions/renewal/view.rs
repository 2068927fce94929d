//! How the API shows a run of renewals.

use countinghouse_core::id::{SubscriptionId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    http::{problem::ApiError, shapes::envelope},
    invoicing::Issued,
};

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RenewalRunReport {
    /// How many ends of periods were looked at: all of the below.
    #[schema(example = 1)]
    processed: u64,
    /// How many subscriptions were renewed, or ended as was asked for.
    #[schema(example = 1)]
    succeeded: u64,
    /// How many failed. They are as they were, and the next run tries them again.
    #[schema(example = 0)]
    failed: u64,
    /// How many were done by somebody else meanwhile.
    #[schema(example = 0)]
    skipped: u64,
    /// Each of them, in order of due date.
    outcomes: Vec<RenewalOutcome>,
}

/// What became of a subscription at the end of one of its periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RenewalOutcome {
    /// Whose it is.
    #[schema(example = "tnt_xyz789")]
    tenant_id: String,
    /// `sub_…`
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_id: String,
    /// `renewed`, `expired`, `cancelled`, `skipped` or `failed`.
    #[schema(value_type = String, example = "renewed")]
    result: RenewalResult,
    /// The invoice of the new period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "INV-2026-000002")]
    invoice_number: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "the tenant is billed in CNY, not in EUR")]
    error: Option<String>,
}

/// How the end of a period went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewalResult {
    /// The next period began; after a trial the first paid one.
    Renewed,
    /// The subscription ended, since it does not renew.
    Expired,
    /// The subscription ended, since it was cancelled.
    Cancelled,
    /// There was nothing left to do.
    Skipped,
    /// It came to nothing.
    Failed,
    /// A step of dunning comes first. It is met again after that, so no report says so.
    Waits,
}

envelope! {
    /// The report of a run in its envelope.
    RenewalRunBody { data: RenewalRunReport }
}

impl RenewalRunReport {
    /// Adds what became of some.
    pub fn add(&mut self, outcomes: Vec<RenewalOutcome>) {
        for outcome in &outcomes {
            self.processed += 1;
            match outcome.result {
                RenewalResult::Failed | RenewalResult::Waits => self.failed += 1,
                RenewalResult::Skipped => self.skipped += 1,
                _ => self.succeeded += 1,
            }
        }
        self.outcomes.extend(outcomes);
    }

    /// Whether nothing failed.
    pub fn is_clean(&self) -> bool {
        self.failed == 0
    }
}

impl RenewalOutcome {
    pub(super) fn new(
        tenant: &TenantId,
        subscription: SubscriptionId,
        result: RenewalResult,
    ) -> Self {
        let (tenant_id, subscription_id) = (tenant.to_string(), subscription.to_string());
        Self { tenant_id, subscription_id, result, invoice_number: None, error: None }
    }

    pub(super) fn with_invoice(self, issued: Option<&Issued>) -> Self {
        Self { invoice_number: issued.map(|it| it.number().to_string()), ..self }
    }

    /// What is told of one that came to nothing.
    pub(super) fn failed(
        tenant: &TenantId,
        subscription: SubscriptionId,
        error: &ApiError,
    ) -> Self {
        let failed = Self::new(tenant, subscription, RenewalResult::Failed);
        Self { error: Some(error.to_string()), ..failed }
    }

    /// How it went.
    pub fn result(&self) -> RenewalResult {
        self.result
    }

    /// Whose it is.
    pub fn tenant(&self) -> &str {
        &self.tenant_id
    }

    /// Whether the step was taken now.
    pub(super) fn is_taken(&self) -> bool {
        !matches!(
            self.result,
            RenewalResult::Failed | RenewalResult::Skipped | RenewalResult::Waits
        )
    }
}
