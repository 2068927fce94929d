//! `/billing/usage/{tenant_id}/timeline`

use axum::extract::State;
use countinghouse_core::id::TenantId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{super::ask, UsageTimelineBody, timeline};
use crate::{
    app::App,
    http::{
        auth::{TenantAdmin, TenantReader},
        envelope::{self, Answer},
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// How many days are shown if nobody says.
const DAYS: i64 = 30;

/// The routes of days.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_usage_timeline))
        .routes(routes!(get_usage_timeline_as_admin))
}

/// Get a tenant's usage by day
///
/// Every day of the tenant's calendar up to today, the oldest first, those on which nothing was used
/// too. What is counted by how much there is, `storage_gb` and `users`, is told as the day ended: as
/// long as nothing new is reported it stays, and a tenant's is the sum of its apps'. An app has nothing
/// any more from the day on which it was deleted.
#[utoipa::path(
    get,
    path = "/billing/usage/{tenant_id}/timeline",
    operation_id = "getUsageTimeline",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("days" = Option<i64>, Query, description = "How many days, 1 to 366; 30 if absent", minimum = 1, maximum = 366, example = 30),
    ),
    responses((status = 200, body = UsageTimelineBody, description = "The days"), Refusals),
    security(("bearer" = [])),
)]
async fn get_usage_timeline(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, &query).await
}

/// Get a tenant's usage by day (administrators)
///
/// As `GET /billing/usage/{tenant_id}/timeline`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/usage/{tenant_id}/timeline",
    operation_id = "getUsageTimelineAsAdmin",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("days" = Option<i64>, Query, description = "How many days, 1 to 366; 30 if absent", minimum = 1, maximum = 366, example = 30),
    ),
    responses((status = 200, body = UsageTimelineBody, description = "The days"), Refusals),
    security(("bearer" = [])),
)]
async fn get_usage_timeline_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, &query).await
}

async fn show(app: &App, tenant: TenantId, query: &Query) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let whose = ask::whose(tenant, None, &mut fields);
    let count = ask::days(&mut fields, DAYS);
    fields.finish(())?;
    let view = timeline(app.env(), &whose, count).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
