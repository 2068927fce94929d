//! How the API shows credit, and what it takes to adjust it.

use countinghouse_core::{id::TenantId, ledger::CreditEntry, money::Amount};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    credit::{Balance, CreditRow},
    store::NewEntry,
};
use crate::{
    db::Error,
    http::{
        number::{AmountNumber, Number},
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
};

/// A change of a tenant's credit balance.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditTransactionView {
    /// `ctr_…`
    #[schema(example = "ctr_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// `credit` if the balance rose, `debit` if it fell.
    #[schema(example = "credit")]
    r#type: &'static str,
    /// How much it changed: above zero for `credit`, below for `debit`.
    #[schema(example = 50)]
    amount: AmountNumber,
    /// The balance after it.
    #[schema(example = 150)]
    balance: AmountNumber,
    /// `proration`, `refund`, `promo`, `manual_adjust` or `invoice_payment`.
    #[schema(example = "proration")]
    source: String,
    /// What it is about, such as an invoice number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_xyz789")]
    source_id: Option<String>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Plan downgrade prorated credit")]
    remark: Option<String>,
    /// When it was posted, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-05-12T10:00:00Z")]
    created_at: Timestamp,
}

/// What credit a tenant has.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditBalanceView {
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// How much there is, never below zero.
    #[schema(example = 150)]
    balance: AmountNumber,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// When it last changed; absent if it never has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-12T10:00:00Z")]
    updated_at: Option<Timestamp>,
}

envelope! {
    /// A page of credit transactions.
    CreditTransactionList { items: CreditTransactionView }
}

envelope! {
    /// A credit transaction in its envelope.
    CreditTransactionBody { data: CreditTransactionView }
}

envelope! {
    /// A credit balance in its envelope.
    CreditBalanceBody { data: CreditBalanceView }
}

impl CreditTransactionView {
    /// Shows a stored transaction.
    pub fn stored(tenant: &TenantId, row: CreditRow) -> Result<Self, Error> {
        let (kind, sign) = if row.debit == "credit" { ("debit", -1) } else { ("credit", 1) };
        Ok(Self {
            id: row.credit_id,
            tenant_id: TenantText(tenant.clone()),
            r#type: kind,
            amount: Number(Amount::from_units(sign * row.amount)),
            balance: Number(Amount::from_units(row.balance_after)),
            source: row.source,
            source_id: row.source_id,
            remark: row.remark,
            created_at: Timestamp(row.created_at.instant()?),
        })
    }

    /// Shows a transaction that was just decided; none if it is not the tenant's to see.
    pub(super) fn decided(tenant: &TenantId, new: &NewEntry) -> Option<Self> {
        let entry = new.entry();
        let CreditEntry { amount, balance_after, view, .. } = entry.credit.as_ref()?;
        Some(Self {
            id: new.id()?.to_string(),
            tenant_id: TenantText(tenant.clone()),
            r#type: if amount.is_negative() { "debit" } else { "credit" },
            amount: Number(*amount),
            balance: Number(*balance_after),
            source: view.source.as_str().to_owned(),
            source_id: view.source_id.as_deref().map(str::to_owned),
            remark: view.remark.as_deref().map(str::to_owned),
            created_at: Timestamp(entry.at),
        })
    }
}

impl CreditBalanceView {
    /// Shows a balance.
    pub(super) fn new(tenant: &TenantId, balance: Balance) -> Self {
        Self {
            tenant_id: TenantText(tenant.clone()),
            balance: Number(balance.amount),
            currency: balance.currency.to_string(),
            updated_at: balance.changed_at.map(Timestamp),
        }
    }
}
