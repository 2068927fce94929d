//! How the API shows alerts.

use countinghouse_core::{calendar::Instant, id::TenantId, metering::Alert};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    shapes::envelope,
    text::{TenantText, Timestamp},
};

/// What tells somebody that a resource runs out.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageAlertView {
    /// `ua_…`
    #[schema(example = "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The app that it watches; absent if it watches all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// What people call it.
    #[schema(example = "API call volume alert")]
    name: String,
    /// The resource that it watches.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// Per cent of the limit at which it fires, 1 to 100.
    #[schema(example = 80, minimum = 1, maximum = 100)]
    threshold_percent: i64,
    /// A comma list out of `email`, `sms`, `in_app` and `webhook`.
    #[schema(example = "email,in_app")]
    notification_channels: String,
    /// `active`, `silenced` or `triggered`.
    #[schema(example = "active")]
    status: String,
    /// When it last fired; absent if it never has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-10T08:00:00Z")]
    last_triggered_at: Option<Timestamp>,
    /// When it was made, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-05-01T00:00:00Z")]
    created_at: Timestamp,
    /// When somebody changed it last.
    #[schema(value_type = String, example = "2026-05-05T10:00:00Z")]
    updated_at: Timestamp,
}

envelope! {
    /// An alert in its envelope.
    UsageAlertBody { data: UsageAlertView }
}

envelope! {
    /// A page of alerts.
    UsageAlertList { items: UsageAlertView }
}

impl UsageAlertView {
    /// Shows an alert of a tenant as it is `now`.
    pub fn new(tenant: &TenantId, it: &Alert, now: Instant) -> Self {
        Self {
            id: it.id.to_string(),
            tenant_id: TenantText(tenant.clone()),
            app_id: it.app.as_ref().map(ToString::to_string),
            name: it.name.clone(),
            resource_type: it.resource.to_string(),
            threshold_percent: it.threshold.percent(),
            notification_channels: it.channels.to_string(),
            status: it.status_at(now).to_string(),
            last_triggered_at: it.fired.map(|fired| Timestamp(fired.at)),
            created_at: Timestamp(it.created_at),
            updated_at: Timestamp(it.updated_at),
        }
    }
}
