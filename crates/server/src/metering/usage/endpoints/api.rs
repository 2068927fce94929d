//! `/billing/usage/{tenant_id}/endpoints`, `/internal/billing/endpoint-stats/import`

use axum::extract::State;
use countinghouse_core::id::TenantId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    super::ask,
    ask::{EndpointStatsImportAskBody, figures},
    import::Import,
    top::top,
    view::{EndpointStatsImportBody, EndpointUsageListBody},
};
use crate::{
    app::App,
    http::{
        auth::{InternalCaller, TenantAdmin, TenantReader},
        body::Body,
        envelope::{self, Answer},
        fields::Whole,
        idempotency::Idempotency,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, Refusals},
    },
};

/// Of how many days the calls are shown if nobody says.
const DAYS: i64 = 7;

/// How many endpoints are shown if nobody says, and at most.
const COUNT: i64 = 20;
const COUNT_MAX: i64 = 100;

/// The routes of endpoints.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_endpoint_usage))
        .routes(routes!(get_endpoint_usage_as_admin))
        .routes(routes!(import_endpoint_stats))
}

/// Get the endpoints that are called most
///
/// Of the last `days` of the tenant's calendar, today too, by the number of calls; of those called as
/// often the first by name. `avg_latency_ms` is weighted by calls. The figures are those of
/// `POST /internal/billing/endpoint-stats/import`.
#[utoipa::path(
    get,
    path = "/billing/usage/{tenant_id}/endpoints",
    operation_id = "getEndpointUsage",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("limit" = Option<i64>, Query, description = "How many endpoints, 1 to 100; 20 if absent", minimum = 1, maximum = 100, example = 20),
        ("days" = Option<i64>, Query, description = "How many days, 1 to 366; 7 if absent", minimum = 1, maximum = 366, example = 7),
    ),
    responses((status = 200, body = EndpointUsageListBody, description = "The endpoints"), Refusals),
    security(("bearer" = [])),
)]
async fn get_endpoint_usage(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, &query).await
}

/// Get the endpoints that are called most (administrators)
///
/// As `GET /billing/usage/{tenant_id}/endpoints`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/usage/{tenant_id}/endpoints",
    operation_id = "getEndpointUsageAsAdmin",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("limit" = Option<i64>, Query, description = "How many endpoints, 1 to 100; 20 if absent", minimum = 1, maximum = 100, example = 20),
        ("days" = Option<i64>, Query, description = "How many days, 1 to 366; 7 if absent", minimum = 1, maximum = 366, example = 7),
    ),
    responses((status = 200, body = EndpointUsageListBody, description = "The endpoints"), Refusals),
    security(("bearer" = [])),
)]
async fn get_endpoint_usage_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    show(&app, tenant, &query).await
}

async fn show(app: &App, tenant: TenantId, query: &Query) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let whose = ask::whose(tenant, None, &mut fields);
    let count = fields.optional("limit", Whole(1..=COUNT_MAX)).unwrap_or(COUNT);
    let days = ask::days(&mut fields, DAYS);
    fields.finish(())?;
    let view = top(app.env(), &whose, (days, count)).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Import the calls of endpoints
///
/// As a gateway counted them: a figure for each day, app and endpoint, which takes the place of the one
/// that was sent before, so that it counts once however often it is sent. A figure without calls takes
/// that one away. All are taken or none: `errors` tells of every one that breaks a rule. `imported` are
/// new, `updated` were there.
#[utoipa::path(
    post,
    path = "/internal/billing/endpoint-stats/import",
    operation_id = "importEndpointStats",
    tag = "metering",
    params(
        ("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = EndpointStatsImportAskBody,
    responses((status = 200, body = EndpointStatsImportBody, description = "How many are new, and how many were there"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn import_endpoint_stats(
    service: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = service.tenant()?.clone();
    let figures = figures(&tenant, &body)?;
    let key = idempotency.key(Some(&tenant), &service.scope(), &body);
    app.commands().run(Import { tenant, figures }, key).await
}
