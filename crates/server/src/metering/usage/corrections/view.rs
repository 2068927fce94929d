//! How the API shows figures that were set right.

use countinghouse_core::id::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{super::super::view::UsageDayView, store::trace::TraceRow};
use crate::{
    db::Error,
    http::{
        shapes::envelope,
        text::{TenantText, Timestamp},
    },
};

/// A figure of a day that was set right.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageCorrectionView {
    /// The tenant's first, second, … correction.
    #[schema(example = 1)]
    seq: i64,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The day in the tenant's zone, and the app if the figure is that of one.
    #[schema(example = "2026-05-01:app_001")]
    usage_id: String,
    /// Of what it is the figure.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// What it was.
    #[schema(example = 30_000)]
    before: i64,
    /// What it became.
    #[schema(example = 15_000)]
    after: i64,
    /// Why; absent if nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "The gateway counted twice")]
    reason: Option<String>,
    /// Who set it right.
    #[schema(example = "usr_abc123")]
    corrected_by: String,
    /// When, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-05-12T10:00:00Z")]
    corrected_at: Timestamp,
}

envelope! {
    /// The figures of a day, in their envelope.
    UsageStatsDayBody { data: UsageDayView }
}

envelope! {
    /// A page of the figures that were set right.
    UsageCorrectionList { items: UsageCorrectionView }
}

impl UsageCorrectionView {
    pub(super) fn new(tenant: &TenantId, row: TraceRow) -> Result<Self, Error> {
        let colon = if row.app_id.is_empty() { "" } else { ":" };
        Ok(Self {
            seq: row.seq,
            tenant_id: TenantText(tenant.clone()),
            usage_id: format!("{}{colon}{}", row.day, row.app_id),
            resource_type: row.resource_type,
            before: row.before,
            after: row.after,
            reason: row.reason,
            corrected_by: row.corrected_by,
            corrected_at: Timestamp(row.corrected_at.instant()?),
        })
    }
}
