//! `/billing/alerts`, and what the administrators' operations (`admin`) share with it.

use axum::extract::State;
use countinghouse_core::id::{TenantId, UsageAlertId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    admin,
    ask::{self, ChangeAlertBody, CreateAlertBody, not_found},
    list,
    service::{ChangeAlert, CreateAlert, RemoveAlert},
    store,
    view::{UsageAlertBody, UsageAlertList, UsageAlertView},
};
use crate::{
    app::App,
    command,
    db::Purpose,
    http::{
        auth::{Caller, TokenTenant},
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

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_alerts, create_alert))
        .routes(routes!(get_alert, change_alert, remove_alert))
        .merge(admin::routes())
}

/// List usage alerts
///
/// The tenant's, newest first. `triggered` are those that fired in the period that runs; in the next
/// one they are `active` again.
#[utoipa::path(
    get,
    path = "/billing/alerts",
    operation_id = "listAlerts",
    tag = "alerts",
    params(
        ("app_id" = Option<String>, Query, description = "Those that watch this app only", example = "app_001"),
        ("resource_type" = Option<String>, Query, description = "Those that watch this resource", pattern = "^[a-z][a-z0-9_.-]{0,63}$", example = "api_calls"),
        ("status" = Option<String>, Query, description = "`active`, `silenced` or `triggered`", pattern = "^(active|silenced|triggered)$", example = "active"),
        PageParameters,
    ),
    responses((status = 200, body = UsageAlertList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_alerts(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(app.env(), Some(&tenant), &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Make a usage alert
///
/// It fires when so much of the resource's limit is used, once a period: of what is limited a day
/// (`sms`, `email`) once a day, of everything else once a metering month. With `app_id` it watches
/// that app's use, else that of all apps together. A resource without a limit never fires. Any person
/// of the tenant may make alerts. A tenant has at most 1,000: 409 beyond.
#[utoipa::path(
    post,
    path = "/billing/alerts",
    operation_id = "createAlert",
    tag = "alerts",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days")),
    request_body = CreateAlertBody,
    responses(
        (status = 201, body = UsageAlertBody, description = "The new alert", headers(("ETag" = String, description = "The version of the alert"))),
        Refusals, BodyRefusals,
    ),
    security(("bearer" = [])),
)]
async fn create_alert(
    TokenTenant { tenant, caller }: TokenTenant,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Tagged, ApiError> {
    create(&app, &tenant, &caller, &idempotency, &body).await
}

/// Get a usage alert
///
/// `ETag` names its version, for `If-Match`.
#[utoipa::path(
    get,
    path = "/billing/alerts/{alert_id}",
    operation_id = "getAlert",
    tag = "alerts",
    params(("alert_id" = String, Path, description = "The alert", example = "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")),
    responses(
        (status = 200, body = UsageAlertBody, description = "The alert", headers(("ETag" = String, description = "The version of the alert"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_alert(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Tagged, ApiError> {
    let id = ask::id(&path)?;
    let mut tx = app.env().db.snapshot(Purpose::Page).await?;
    let found = store::find(&mut tx, tenant.as_str(), id).await?;
    let alert = found.ok_or_else(|| not_found(id.to_string()))?;
    let now = command::now_of(&mut tx, app.env(), tenant.as_str()).await?;
    let view = UsageAlertView::new(&tenant, &alert, now);
    Ok(Tagged(Answer::ok(envelope::data(&view, app.env().now())?)))
}

/// Change a usage alert
///
/// What is absent stays; the app stays for good. A silenced alert never fires. `active` sets a
/// triggered one back, but it does not fire again at the same threshold in the same period; at another
/// one, or for another resource, it does. With `If-Match`, only the version that it names is changed:
/// 412 otherwise.
#[utoipa::path(
    put,
    path = "/billing/alerts/{alert_id}",
    operation_id = "changeAlert",
    tag = "alerts",
    params(
        ("alert_id" = String, Path, description = "The alert", example = "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
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
async fn change_alert(
    TokenTenant { tenant, caller }: TokenTenant,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
    body: Body,
) -> Result<Tagged, ApiError> {
    let whose = (tenant, ask::id(&path)?);
    change(&app, whose, &caller, (&idempotency, if_match), &body).await
}

/// Remove a usage alert
///
/// With `If-Match`, only the version that it names is removed: 412 otherwise.
#[utoipa::path(
    delete,
    path = "/billing/alerts/{alert_id}",
    operation_id = "removeAlert",
    tag = "alerts",
    params(
        ("alert_id" = String, Path, description = "The alert", example = "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to remove; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 204, description = "It is gone"), Refusals, BodyRefusals, MatchRefusals),
    security(("bearer" = [])),
)]
async fn remove_alert(
    TokenTenant { tenant, caller }: TokenTenant,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let whose = (tenant, ask::id(&path)?);
    remove(&app, whose, &caller, (&idempotency, if_match)).await
}

/// Makes an alert of a tenant.
pub(super) async fn create(
    app: &App,
    tenant: &TenantId,
    caller: &Caller,
    idempotency: &Idempotency,
    body: &Body,
) -> Result<Tagged, ApiError> {
    let new = ask::new(body)?;
    let key = idempotency.key(Some(tenant), &caller.scope(), body);
    let command = CreateAlert { tenant: tenant.clone(), by: caller.user.clone(), new };
    app.commands().run(command, key).await.map(Tagged)
}

/// Changes an alert of a tenant.
pub(super) async fn change(
    app: &App,
    (tenant, id): (TenantId, UsageAlertId),
    caller: &Caller,
    (idempotency, if_match): (&Idempotency, IfMatch),
    body: &Body,
) -> Result<Tagged, ApiError> {
    let change = ask::change(body)?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), body);
    let command = ChangeAlert { tenant, id, if_match, change };
    app.commands().run(command, key).await.map(Tagged)
}

/// Removes an alert of a tenant.
pub(super) async fn remove(
    app: &App,
    (tenant, id): (TenantId, UsageAlertId),
    caller: &Caller,
    (idempotency, if_match): (&Idempotency, IfMatch),
) -> Result<Answer, ApiError> {
    let key = idempotency.key(Some(&tenant), &caller.scope(), &Body::default());
    app.commands().run(RemoveAlert { tenant, id, if_match }, key).await
}
