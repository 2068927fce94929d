//! How the API shows what is billed of usage.

use countinghouse_core::{id::TenantId, money::Amount};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::super::store::MeteredRow;
use crate::{
    db::Error,
    http::{
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
};

/// What was used of a resource in a metering period, as it is billed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeteredBillingView {
    /// When the period began, the app and the resource, which together name the row.
    #[schema(example = "2026-04-01T00:00:00Z:app_001:api_calls")]
    id: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The app that used it; absent if none is named.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false, example = "app_001")]
    app_id: String,
    /// The resource.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// When the period began, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-04-01T00:00:00Z")]
    period_start: Timestamp,
    /// When it ends; that instant is no longer part of it.
    #[schema(value_type = String, example = "2026-05-01T00:00:00Z")]
    period_end: Timestamp,
    /// Units used.
    #[schema(example = 120_000)]
    total_usage: i64,
    /// Units that cost nothing; -1 is all of them.
    #[schema(example = 100_000)]
    included_units: i64,
    /// Units used beyond those.
    #[schema(example = 20_000)]
    overage_units: i64,
    /// What those cost, decimal text.
    #[schema(example = "8")]
    overage_amount: String,
    /// `open` until it is on an invoice, then `invoiced`.
    #[schema(example = "open")]
    status: String,
}

envelope! {
    /// What is billed of usage, in its envelope.
    MeteredBillingListBody { data: Vec<MeteredBillingView> }
}

impl MeteredBillingView {
    pub(super) fn new(tenant: &TenantId, row: MeteredRow) -> Result<Self, Error> {
        let start = row.period_start.instant()?;
        Ok(Self {
            id: format!("{start}:{}:{}", row.app_id, row.resource_type),
            tenant_id: TenantText(tenant.clone()),
            app_id: row.app_id,
            resource_type: row.resource_type,
            period_start: Timestamp(start),
            period_end: Timestamp(row.period_end.instant()?),
            total_usage: row.total_usage,
            included_units: row.included_units,
            overage_units: row.overage_units,
            overage_amount: Amount::from_units(row.overage_amount).to_string(),
            status: row.status,
        })
    }
}
