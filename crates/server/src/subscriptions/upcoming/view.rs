//! How the API shows an invoice that is still to come.

use countinghouse_core::{id::TenantId, subscriptions::Subscription};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    db::Error,
    http::{
        number::{AmountNumber, Number},
        shapes::envelope,
        text::Timestamp,
    },
    invoicing::{Issued, LineView},
};

/// The invoice that the next renewal would issue now. It has no number, and nothing of it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NextInvoiceView {
    /// Whose it would be.
    #[schema(example = "tnt_xyz789")]
    tenant_id: String,
    /// The subscription that is renewed.
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_id: String,
    /// The plan of the next period.
    #[schema(example = "pro")]
    plan_id: String,
    /// What it would be for.
    #[schema(example = "Professional Monthly Subscription")]
    description: String,
    /// When the next period begins, and the invoice is issued, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-05-01T00:00:00Z")]
    period_start: Timestamp,
    /// When the next period ends; that instant is no longer part of it.
    #[schema(value_type = String, example = "2026-06-01T00:00:00Z")]
    period_end: Timestamp,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// The sum of the lines without tax.
    #[schema(example = 499)]
    net_amount: AmountNumber,
    /// The tax.
    #[schema(example = 29.94)]
    tax_amount: AmountNumber,
    /// What it would ask for, tax included.
    #[schema(example = 528.94)]
    amount: AmountNumber,
    /// How much of that the credit balance would pay.
    #[schema(example = 28.94)]
    credit_applied: AmountNumber,
    /// What would be left to pay.
    #[schema(example = 500)]
    amount_due: AmountNumber,
    /// What would be billed, line by line.
    line_items: Vec<LineView>,
}

envelope! {
    /// An invoice that is still to come, in its envelope.
    NextInvoiceBody { data: NextInvoiceView }
}

impl NextInvoiceView {
    /// Shows what would be issued for the next period, in which the subscription is `after`.
    pub(super) fn new(
        tenant: &TenantId,
        after: &Subscription,
        issued: &Issued,
    ) -> Result<Self, Error> {
        let (draft, due) = (issued.draft(), issued.due());
        Ok(Self {
            tenant_id: tenant.to_string(),
            subscription_id: after.id.to_string(),
            plan_id: after.plan.clone(),
            description: issued.description().to_owned(),
            period_start: Timestamp(after.period.start()),
            period_end: Timestamp(after.period.end()),
            currency: draft.currency.to_string(),
            net_amount: Number(draft.net),
            tax_amount: Number(draft.tax),
            amount: Number(draft.total),
            credit_applied: Number(due.credit_applied),
            amount_due: Number(due.amount()),
            line_items: issued.lines()?,
        })
    }
}
