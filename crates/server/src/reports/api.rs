//! `/admin/billing/revenue-amortization`, `/billing/statistics`

use axum::extract::State;
use countinghouse_core::id::{AppId, TenantId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    revenue::{self, RevenueAmortizationBody},
    statistics::{self, StatisticsBody},
    tax,
};
use crate::{
    app::App,
    http::{
        auth::{Admin, TenantAdmin, TenantReader},
        envelope::{self, Answer},
        fields::Parsed,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_revenue_amortization))
        .routes(routes!(get_statistics))
        .routes(routes!(get_statistics_of_app))
        .routes(routes!(get_statistics_as_admin))
        .merge(tax::api::routes())
}

/// Get what months earn
///
/// What was billed is earned by the day: a line over the days of its service, the same each day, and
/// usage when it is billed. A month that is over is closed once and never changed; what changes and
/// credit notes do is earned, or taken back, in the open one. Open and future months show what they
/// would earn as things are. Months in which nothing is earned are left out.
///
/// `start_date` and `end_date` are days, `YYYY-MM-DD` in the tenant's zone, or instants; the months
/// that they are in are told whole. Without them all months are. An `admin` sees its own tenant, a
/// `super_admin` that of `X-Tenant-ID`.
#[utoipa::path(
    get,
    path = "/admin/billing/revenue-amortization",
    operation_id = "getRevenueAmortization",
    tag = "reports",
    params(
        ("start_date" = Option<String>, Query, description = "A day in the first month", example = "2026-01-01"),
        ("end_date" = Option<String>, Query, description = "A day in the last month", example = "2026-12-31"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose months; a `super_admin` must name it", example = "tnt_xyz789"),
    ),
    responses((status = 200, body = RevenueAmortizationBody, description = "The months"), Refusals),
    security(("bearer" = [])),
)]
async fn get_revenue_amortization(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let view = revenue::months(app.env(), admin.one_tenant()?, &query).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Get a tenant's statistics
///
/// Its monthly revenue, what it spent, its users, and how many of them stayed. With `app_id` those
/// of one app, as `GET /billing/statistics/{tenant_id}/apps/{app_id}`.
#[utoipa::path(
    get,
    path = "/billing/statistics/{tenant_id}",
    operation_id = "getStatistics",
    tag = "reports",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
    ),
    responses((status = 200, body = StatisticsBody, description = "The figures"), Refusals),
    security(("bearer" = [])),
)]
async fn get_statistics(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, &tenant, None, &query).await
}

/// Get an app's statistics
///
/// The same as `GET /billing/statistics/{tenant_id}?app_id=`: what was paid for the records of the
/// app, its users, and how many of them stayed.
#[utoipa::path(
    get,
    path = "/billing/statistics/{tenant_id}/apps/{app_id}",
    operation_id = "getStatisticsOfApp",
    tag = "reports",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
    ),
    responses((status = 200, body = StatisticsBody, description = "The figures"), Refusals),
    security(("bearer" = [])),
)]
async fn get_statistics_of_app(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, &tenant, Some(path.read("app_id", Parsed(AppId::parse))?), &query).await
}

/// Get a tenant's statistics (administrators)
///
/// As `GET /billing/statistics/{tenant_id}`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/statistics/{tenant_id}",
    operation_id = "getStatisticsAsAdmin",
    tag = "reports",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
    ),
    responses((status = 200, body = StatisticsBody, description = "The figures"), Refusals),
    security(("bearer" = [])),
)]
async fn get_statistics_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, &tenant, None, &query).await
}

/// Shows the figures of `of`, or of the app that the query names, or of the whole tenant.
async fn show(
    app: &App,
    tenant: &TenantId,
    of: Option<AppId>,
    query: &Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let named = fields.optional("app_id", Parsed(AppId::parse));
    fields.finish(())?;
    let view = statistics::figures(&app.env().db, tenant, of.or(named).as_ref()).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
