//! How the API shows refunds and wallets.

use countinghouse_core::{
    id::TenantId,
    refunds::{Decided, State},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{approval::Approval, wallet::Held};
use crate::http::{
    number::{AmountNumber, Number},
    shapes::envelope,
    text::{TenantText, Timestamp},
};

/// A refund that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    /// `ref_…`
    #[schema(example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    refund_id: String,
    /// Whose invoice it is of (extension).
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The invoice.
    #[schema(example = "INV-2026-000001")]
    invoice_number: String,
    /// How much, tax included.
    #[schema(example = 99)]
    amount: AmountNumber,
    /// ISO 4217 (extension).
    #[schema(example = "CNY")]
    currency: String,
    /// `submitted`, `approved`, `rejected`, `executing` or `completed`.
    #[schema(example = "approved")]
    status: String,
    /// The payment, as whoever asked calls it.
    #[schema(example = "txn_abc123")]
    transaction_id: String,
    /// Why (extension).
    #[schema(example = "Dissatisfied with service")]
    reason: String,
    /// What was said to whoever approves (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Approval approved")]
    reviewer_comments: Option<String>,
    /// Who asked (extension).
    #[schema(example = "usr_abc123")]
    requested_by: String,
    /// When, RFC 3339 in UTC (extension).
    #[schema(value_type = String, example = "2026-04-15T10:00:00Z")]
    requested_at: Timestamp,
    /// Who approved it, if somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "usr_def456")]
    approved_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-04-15T14:00:00Z")]
    approved_at: Option<Timestamp>,
    /// Who rejected it, if somebody did (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "usr_def456")]
    rejected_by: Option<String>,
    /// When (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-04-15T14:00:00Z")]
    rejected_at: Option<Timestamp>,
    /// Whom it is paid to, from when it is being paid (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "usr_abc123")]
    payee: Option<String>,
    /// When it was paid, if it was (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-04-15T15:00:00Z")]
    completed_at: Option<Timestamp>,
    /// What the wallet calls the payment (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "txn_def456")]
    wallet_transaction_id: Option<String>,
    /// The credit note over it (extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "CN-2026-000001")]
    credit_note_number: Option<String>,
}

/// A refund that was executed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExecutedView {
    /// `ref_…`
    #[schema(example = "ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    refund_id: String,
    /// How much was paid.
    #[schema(example = 99)]
    amount: AmountNumber,
    /// `completed`.
    #[schema(example = "completed")]
    status: String,
    /// What the wallet calls the payment.
    #[schema(example = "txn_def456")]
    wallet_transaction_id: String,
}

/// What a user has in their wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceView {
    /// Whose.
    #[schema(example = "usr_abc123")]
    pub(super) user_id: String,
    /// How much.
    #[schema(example = 500)]
    pub(super) balance: AmountNumber,
    /// How much of it can't be spent now.
    #[schema(example = 0)]
    pub(super) frozen_amount: AmountNumber,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub(super) currency: String,
}

envelope! {
    /// A refund in its envelope.
    ApprovalBody { data: ApprovalView }
}

envelope! {
    /// A page of refunds.
    ApprovalList { items: ApprovalView }
}

envelope! {
    /// A refund that was executed, in its envelope.
    ExecutedBody { data: ExecutedView }
}

envelope! {
    /// A wallet in its envelope.
    BalanceBody { data: BalanceView }
}

impl ApprovalView {
    /// Shows a refund of a tenant.
    pub(super) fn new(tenant: &TenantId, it: &Approval) -> Self {
        let (rejected, paying, paid) = match &it.state {
            State::Submitted | State::Approved(_) => (None, None, None),
            State::Rejected(decided) => (Some(decided), None, None),
            State::Executing(paying) => (None, Some(paying), None),
            State::Completed(paid) => (None, Some(&paid.paying), Some(paid)),
        };
        let approved = match &it.state {
            State::Approved(decided) => Some(decided),
            _ => paying.map(|it| &it.approved),
        };
        let who = |decided: Option<&Decided>| decided.map(|it| it.by.to_string());
        let when = |decided: Option<&Decided>| decided.map(|it| Timestamp(it.at));
        Self {
            refund_id: it.id.to_string(),
            tenant_id: TenantText(tenant.clone()),
            invoice_number: it.invoice.to_string(),
            amount: Number(it.amount),
            currency: it.currency.to_string(),
            status: it.state.to_string(),
            transaction_id: it.payment.clone(),
            reason: it.reason.clone(),
            reviewer_comments: it.comments.clone(),
            requested_by: it.asked_by.to_string(),
            requested_at: Timestamp(it.asked_at),
            approved_by: who(approved),
            approved_at: when(approved),
            rejected_by: who(rejected),
            rejected_at: when(rejected),
            payee: paying.map(|it| it.payee.to_string()),
            completed_at: paid.map(|it| Timestamp(it.at)),
            wallet_transaction_id: paid.map(|it| it.transaction.clone()),
            credit_note_number: paid.map(|it| it.note.to_string()),
        }
    }
}

impl ExecutedView {
    /// Shows a refund that is paid.
    pub(super) fn new(it: &Approval) -> Self {
        let transaction = match &it.state {
            State::Completed(paid) => paid.transaction.clone(),
            _ => String::new(),
        };
        Self {
            refund_id: it.id.to_string(),
            amount: Number(it.amount),
            status: it.state.to_string(),
            wallet_transaction_id: transaction,
        }
    }
}

impl BalanceView {
    /// Shows what a wallet holds.
    pub(super) fn new(user: &str, held: &Held) -> Self {
        Self {
            user_id: user.to_owned(),
            balance: Number(held.balance),
            frozen_amount: Number(held.frozen),
            currency: held.currency.to_string(),
        }
    }
}
