//! How the API shows what was used beside what may be.

use countinghouse_core::{
    catalog::Quotas,
    metering::{Renewal, Resource},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{super::Whose, Found};
use crate::http::{shapes::envelope, text::TenantText};

/// What a tenant, or one of its apps, used from one day to another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageStatsView {
    /// Whose it is.
    #[schema(value_type = String, example = "tnt_xyz789")]
    tenant_id: TenantText,
    /// The app, if it is that of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// The first day, in the tenant's zone.
    #[schema(example = "2026-03-01")]
    period_start: String,
    /// The last day, which counts too.
    #[schema(example = "2026-04-01")]
    period_end: String,
    /// Calls of the API.
    api_calls: UsageStatView,
    /// Bytes stored as the last day ended, or now.
    storage: UsageStatView,
    /// People as the last day ended, or now.
    users: UsageStatView,
    /// Bytes moved.
    bandwidth: UsageStatView,
    /// Text messages sent.
    sms: UsageStatView,
    /// Mails sent.
    email: UsageStatView,
    /// Attempts to log in.
    login_attempts: UsageStatView,
    /// Those of them that failed.
    failed_logins: UsageStatView,
    /// Second factors checked.
    mfa_verifications: UsageStatView,
    /// What was used of resources that only apps have prices for; absent if nothing was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    priced: Vec<PricedUsageView>,
}

/// What was used of a resource, and how much may be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageStatView {
    /// How much was used.
    #[schema(value_type = i64, example = 8)]
    used: i128,
    /// How much the tenant's plan allows; -1 is as much as anybody likes.
    #[schema(example = 100)]
    limit: i64,
    /// `bytes`, `users` or `units`.
    #[schema(example = "units")]
    unit: &'static str,
    /// What the limit is for: a metering `month` or a `day`; absent where it is about how much there
    /// is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "month")]
    limit_per: Option<&'static str>,
}

/// What was used of a resource that only apps have prices for.
#[derive(Debug, Serialize, ToSchema)]
struct PricedUsageView {
    /// The resource.
    #[schema(example = "gpu.seconds")]
    resource_type: String,
    /// How much was used.
    #[schema(value_type = i64, example = 360)]
    used: i128,
}

envelope! {
    /// What was used, in its envelope.
    UsageStatsBody { data: UsageStatsView }
}

impl UsageStatsView {
    pub(super) fn new(whose: &Whose, found: &Found, quotas: &Quotas) -> Self {
        let stat = |resource: Resource| UsageStatView {
            used: found.of(&resource),
            limit: resource.quota(quotas),
            unit: resource.unit(),
            limit_per: match resource.renewal() {
                Renewal::Month => Some("month"),
                Renewal::Day => Some("day"),
                Renewal::Never => None,
            },
        };
        let priced = found.used.iter().filter_map(|(resource, used)| match resource {
            Resource::Priced(name) => {
                Some(PricedUsageView { resource_type: name.to_string(), used: *used })
            }
            _ => None,
        });
        Self {
            tenant_id: TenantText(whose.tenant.clone()),
            app_id: whose.app_text(),
            period_start: found.days.0.to_string(),
            period_end: found.days.1.to_string(),
            api_calls: stat(Resource::ApiCalls),
            storage: stat(Resource::Storage),
            users: stat(Resource::Users),
            bandwidth: stat(Resource::Bandwidth),
            sms: stat(Resource::Sms),
            email: stat(Resource::Email),
            login_attempts: stat(Resource::LoginAttempts),
            failed_logins: stat(Resource::FailedLogins),
            mfa_verifications: stat(Resource::MfaVerifications),
            priced: priced.collect(),
        }
    }
}
