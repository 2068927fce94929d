//! `/billing/usage/{tenant_id}/current`

use axum::extract::State;
use countinghouse_core::id::{AppId, TenantId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{super::ask, CurrentUsageBody, current};
use crate::{
    app::App,
    http::{
        auth::{TenantAdmin, TenantReader},
        envelope::{self, Answer},
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The routes of how things stand now.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_current_usage))
        .routes(routes!(get_current_usage_of_app))
        .routes(routes!(get_current_usage_as_admin))
}

/// Get a tenant's usage now
///
/// The calls of its API since midnight, the GiB that it stores and its people; all of its apps
/// together, or one. Who never used anything has zeros.
#[utoipa::path(
    get,
    path = "/billing/usage/{tenant_id}/current",
    operation_id = "getCurrentUsage",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
    ),
    responses((status = 200, body = CurrentUsageBody, description = "How things stand"), Refusals),
    security(("bearer" = [])),
)]
async fn get_current_usage(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, None, &query).await
}

/// Get an app's usage now
///
/// The same as `GET /billing/usage/{tenant_id}/current?app_id=`.
#[utoipa::path(
    get,
    path = "/billing/usage/{tenant_id}/apps/{app_id}/current",
    operation_id = "getCurrentUsageOfApp",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
    ),
    responses((status = 200, body = CurrentUsageBody, description = "How things stand"), Refusals),
    security(("bearer" = [])),
)]
async fn get_current_usage_of_app(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, Some(ask::app_of(&path)?), &query).await
}

/// Get a tenant's usage now (administrators)
///
/// As `GET /billing/usage/{tenant_id}/current`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/usage/{tenant_id}/current",
    operation_id = "getCurrentUsageAsAdmin",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
    ),
    responses((status = 200, body = CurrentUsageBody, description = "How things stand"), Refusals),
    security(("bearer" = [])),
)]
async fn get_current_usage_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, None, &query).await
}

async fn show(
    app: &App,
    tenant: TenantId,
    in_path: Option<AppId>,
    query: &Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let whose = ask::whose(tenant, in_path, &mut fields);
    fields.finish(())?;
    let view = current(app.env(), &whose).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
