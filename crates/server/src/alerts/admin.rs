//! `/admin/billing/alerts`: an `admin` acts in its own tenant, a `super_admin` in that of
//! `X-Tenant-ID`, or finds an alert over all of them.

use axum::extract::State;
use countinghouse_core::id::{TenantId, UsageAlertId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api,
    ask::{self, ChangeAlertBody, CreateAlertBody, not_found},
    list, store,
    view::{UsageAlertBody, UsageAlertList},
};
use crate::{
    app::App,
    http::{
        auth::Admin,
        body::Body,
        envelope::{self, Answer},
        etag::{IfMatch, Tagged},
        idempotency::Idempotency,
        paging::PageParameters,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, MatchRefusals, Refusals},
    },
};

/// The routes of administrators.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_alerts_as_admin, create_alert_as_admin))
        .routes(routes!(change_alert_as_admin, remove_alert_as_admin))
}

/// List usage alerts, for administrators
///
/// Newest first: an `admin` sees its own tenant's, a `super_admin` all, or those of the tenant of
/// `X-Tenant-ID`. `total` is exact up to 10,000; past that many only `cursor` leads.
#[utoipa::path(
    get,
    path = "/admin/billing/alerts",
    operation_id = "listAlertsAsAdmin",
    tag = "alerts",
    params(
        ("app_id" = Option<String>, Query, description = "Those that watch this app only", example = "app_001"),
        ("resource_type" = Option<String>, Query, description = "Those that watch this resource", pattern = "^[a-z][a-z0-9_.-]{0,63}$", example = "api_calls"),
        ("status" = Option<String>, Query, description = "`active`, `silenced` or `triggered`", pattern = "^(active|silenced|triggered)$", example = "active"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = UsageAlertList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_alerts_as_admin(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(app.env(), admin.tenant.as_ref(), &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Make a usage alert, as an administrator
///
/// As people of the tenant make theirs. A `super_admin` names the tenant by `X-Tenant-ID`.
#[utoipa::path(
    post,
    path = "/admin/billing/alerts",
    operation_id = "createAlertAsAdmin",
    tag = "alerts",
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = CreateAlertBody,
    responses(
        (status = 201, body = UsageAlertBody, description = "The new alert", headers(("ETag" = String, description = "The version of the alert"))),
        Refusals, BodyRefusals,
    ),
    security(("bearer" = [])),
)]
async fn create_alert_as_admin(
    admin: Admin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Tagged, ApiError> {
    api::create(&app, admin.one_tenant()?, &admin.caller, &idempotency, &body).await
}

/// Change a usage alert, as an administrator
///
/// As people of the tenant change theirs. An alert of another tenant is 404 for an `admin`.
#[utoipa::path(
    put,
    path = "/admin/billing/alerts/{alert_id}",
    operation_id = "changeAlertAsAdmin",
    tag = "alerts",
    params(
        ("alert_id" = String, Path, description = "The alert", example = "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to change; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ChangeAlertBody,
    responses(
        (status = 200, body = UsageAlertBody, description = "The alert as it is now", headers(("ETag" = String, description = "The version of the alert"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn change_alert_as_admin(
    admin: Admin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
    body: Body,
) -> Result<Tagged, ApiError> {
    let whose = find(&admin, &app, &path).await?;
    api::change(&app, whose, &admin.caller, (&idempotency, if_match), &body).await
}

/// Remove a usage alert, as an administrator
///
/// With `If-Match`, only the version that it names is removed: 412 otherwise. An alert of another
/// tenant is 404 for an `admin`.
#[utoipa::path(
    delete,
    path = "/admin/billing/alerts/{alert_id}",
    operation_id = "removeAlertAsAdmin",
    tag = "alerts",
    params(
        ("alert_id" = String, Path, description = "The alert", example = "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`", example = "tnt_xyz789"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to remove; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 204, description = "It is gone"), Refusals, BodyRefusals, MatchRefusals),
    security(("bearer" = [])),
)]
async fn remove_alert_as_admin(
    admin: Admin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let whose = find(&admin, &app, &path).await?;
    api::remove(&app, whose, &admin.caller, (&idempotency, if_match)).await
}

/// The alert that a path names. Within a tenant it is not looked for yet.
async fn find(
    admin: &Admin,
    app: &App,
    path: &PathParameters,
) -> Result<(TenantId, UsageAlertId), ApiError> {
    let id = ask::id(path)?;
    if let Some(tenant) = &admin.tenant {
        return Ok((tenant.clone(), id));
    }
    let found = store::tenant_of(&app.env().db, id).await?;
    Ok((found.ok_or_else(|| not_found(id.to_string()))?, id))
}
