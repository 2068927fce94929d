//! `/billing/usage`, `/billing/usage/{tenant_id}`

use axum::extract::State;
use countinghouse_core::id::{AppId, TenantId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    super::ask::{self, Dates},
    stats,
    view::UsageStatsBody,
};
use crate::{
    app::App,
    http::{
        auth::{InternalCaller, TenantReader, TokenTenant},
        envelope::{self, Answer},
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The routes of what was used.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_usage))
        .routes(routes!(get_own_usage))
        .routes(routes!(get_usage_of_app))
        .routes(routes!(get_usage_as_service))
        .routes(routes!(get_usage_of_app_as_service))
}

/// Get what a tenant used
///
/// In the metering period that runs: months from the subscription's anchor, or without a subscription
/// the month of the calendar. With dates, on these days of the tenant's calendar, both of them too, 366
/// at most: `start_date` alone goes up to today, `end_date` alone begins with the metering period that
/// it is in. What is counted by how much there is, `storage` and `users`, is told as it is now, or as
/// the last day ended; a tenant's is the sum of its apps'.
///
/// `limit` is the quota of the tenant's plan. With `app_id` it is what one app used, zeros if it used
/// nothing. A tenant that never used anything is 404, with the code 61110025.
#[utoipa::path(
    get,
    path = "/billing/usage/{tenant_id}",
    operation_id = "getUsage",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("start_date" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", format = Date, example = "2026-03-01"),
        ("end_date" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", format = Date, example = "2026-03-31"),
    ),
    responses((status = 200, body = UsageStatsBody, description = "What was used"), Refusals),
    security(("bearer" = [])),
)]
async fn get_usage(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, None, &query).await
}

/// Get what the caller's tenant used (SDK alias)
///
/// As `GET /billing/usage/{tenant_id}` with the token's tenant.
#[utoipa::path(
    get,
    path = "/billing/usage",
    operation_id = "getOwnUsage",
    tag = "metering",
    params(
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("start_date" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", format = Date, example = "2026-03-01"),
        ("end_date" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", format = Date, example = "2026-03-31"),
    ),
    responses((status = 200, body = UsageStatsBody, description = "What was used"), Refusals),
    security(("bearer" = [])),
)]
async fn get_own_usage(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, None, &query).await
}

/// Get what an app used
///
/// The same as `GET /billing/usage/{tenant_id}?app_id=`.
#[utoipa::path(
    get,
    path = "/billing/usage/{tenant_id}/apps/{app_id}",
    operation_id = "getUsageOfApp",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
        ("start_date" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", format = Date, example = "2026-03-01"),
        ("end_date" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", format = Date, example = "2026-03-31"),
    ),
    responses((status = 200, body = UsageStatsBody, description = "What was used"), Refusals),
    security(("bearer" = [])),
)]
async fn get_usage_of_app(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, Some(ask::app_of(&path)?), &query).await
}

/// Get what a tenant used (services)
///
/// As `GET /billing/usage/{tenant_id}`.
#[utoipa::path(
    get,
    path = "/internal/billing/usage/{tenant_id}",
    operation_id = "getUsageAsService",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("start_date" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", format = Date, example = "2026-03-01"),
        ("end_date" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", format = Date, example = "2026-03-31"),
    ),
    responses((status = 200, body = UsageStatsBody, description = "What was used"), Refusals),
    security(("api_key" = [])),
)]
async fn get_usage_as_service(
    _: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, path.tenant()?, None, &query).await
}

/// Get what an app used (services)
///
/// As `GET /billing/usage/{tenant_id}/apps/{app_id}`.
#[utoipa::path(
    get,
    path = "/internal/billing/usage/{tenant_id}/{app_id}",
    operation_id = "getUsageOfAppAsService",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
        ("start_date" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", format = Date, example = "2026-03-01"),
        ("end_date" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", format = Date, example = "2026-03-31"),
    ),
    responses((status = 200, body = UsageStatsBody, description = "What was used"), Refusals),
    security(("api_key" = [])),
)]
async fn get_usage_of_app_as_service(
    _: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, path.tenant()?, Some(ask::app_of(&path)?), &query).await
}

async fn show(
    app: &App,
    tenant: TenantId,
    in_path: Option<AppId>,
    query: &Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let whose = ask::whose(tenant, in_path, &mut fields);
    let dates = Dates::read(&mut fields);
    fields.finish(())?;
    let view = stats(app.env(), &whose, dates).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
