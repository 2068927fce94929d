//! How the API shows what is stored about a user. [`document`](super::document) writes it.

use utoipa::ToSchema;

use crate::{
    alerts::UsageAlertView,
    apps::SubscriptionAppView,
    catalog::GateOverride,
    customers::ProfileView,
    http::shapes::envelope,
    invoicing::{NoteView, RecordView},
    ledger::{CreditBalanceView, CreditTransactionView},
    metering::{EndpointDayView, MeteredUsageView, UsageCorrectionView, UsageDayView},
    refunds::ApprovalView,
    subscriptions::SubscriptionView,
};

/// Whose data is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ExportAsk {
    /// The user.
    #[schema(example = "usr_abc123")]
    user_id: String,
}

/// What is stored about a user in a tenant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is written while it is read")]
pub(crate) struct ExportView {
    /// The user.
    #[schema(example = "usr_abc123")]
    user_id: String,
    /// The tenant; absent if none was named and none found.
    #[schema(example = "tnt_xyz789")]
    tenant_id: Option<String>,
    /// The moment of which this is a picture, RFC 3339 in UTC.
    #[schema(example = "2026-05-12T10:00:00Z")]
    exported_at: String,
    /// What was left out and why, if anything was.
    #[schema(example = "usr_m does not administer the subscription: only what they made is here")]
    note: Option<String>,
    /// The tenant's latest subscription.
    subscription: Option<SubscriptionView>,
    /// What credit the tenant has.
    credit_balance: Option<CreditBalanceView>,
    /// What the tenant says about itself, its calendar and its invoices.
    profile: Option<ProfileView>,
    /// The gates that are open or closed for the tenant, whatever its plan grants.
    gate_overrides: Vec<GateOverride>,
    /// The tenant's billing records, newest first.
    billing_records: Vec<RecordView>,
    /// The tenant's credit transactions, newest first.
    credit_transactions: Vec<CreditTransactionView>,
    /// What the tenant used by day, newest first.
    usage_stats: Vec<UsageDayView>,
    /// The tenant's usage alerts, or those that the user made, newest first.
    usage_alerts: Vec<UsageAlertView>,
    /// What is billed of the tenant's usage, the newest period first.
    metered_billing_records: Vec<MeteredUsageView>,
    /// The refunds of the tenant's invoices, or those that the user asked for or was paid, newest
    /// first.
    refund_approvals: Vec<ApprovalView>,
    /// The tenant's credit notes, newest first.
    credit_notes: Vec<NoteView>,
    /// The tenant's apps with their prices, newest first.
    apps: Vec<SubscriptionAppView>,
    /// Figures of the tenant's usage that were set right, or those that the user set right, newest first.
    usage_corrections: Vec<UsageCorrectionView>,
    /// The calls of the tenant's endpoints, the newest day first.
    endpoint_stats: Vec<EndpointDayView>,
}

envelope! {
    /// An export in its envelope.
    ExportBody { data: ExportView }
}
