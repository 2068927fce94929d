//! `/admin/billing/subscription/{tenant_id}/apps` and what services tell of apps

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{self, AppEventBody, AppPricesBody},
    list,
    service::{self, ClearPrices, SetPrices, TellEvent},
    view::{SubscriptionAppBody, SubscriptionAppList},
};
use crate::{
    app::App,
    http::{
        auth::{InternalCaller, TenantAdmin},
        body::Body,
        envelope::{self, Answer, Done},
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
        .routes(routes!(list_apps))
        .routes(routes!(get_prices, set_prices, clear_prices))
        .routes(routes!(tell_event))
}

/// List a tenant's apps
///
/// Newest first, each with its prices as they were set last. An app is there from the first time that a
/// price, a report of usage or an event of its billing names it. `total` is exact up to 10,000; where
/// there are more it is 10,000 and `total_is_exact` is false, and past row 10,000 only `cursor` leads.
#[utoipa::path(
    get,
    path = "/admin/billing/subscription/{tenant_id}/apps",
    operation_id = "listSubscriptionApps",
    tag = "apps",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = SubscriptionAppList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_apps(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(&app.env().db, &tenant, &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Get the prices of an app
///
/// As they were set last; none if none were, or they were taken away. 404 if nobody ever named the app.
/// `ETag` names the version, for `If-Match`.
#[utoipa::path(
    get,
    path = "/admin/billing/subscription/{tenant_id}/apps/{app_id}/pricing",
    operation_id = "getAppPricing",
    tag = "apps",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
    ),
    responses(
        (status = 200, body = SubscriptionAppBody, description = "The app with its prices", headers(("ETag" = String, description = "The version that is shown"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_prices(
    _: TenantAdmin,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Tagged, ApiError> {
    let named = ask::named(&path)?;
    let found = service::shown(&app.env().db, &named).await?;
    let view = found.ok_or_else(|| named.not_found())?;
    Ok(Tagged(Answer::ok(envelope::data(&view, app.env().now())?)))
}

/// Set the prices of an app
///
/// All of them: a resource that is not named has no price from the next metering period on. A period is
/// billed by the prices that are in force when it starts; only the first price that the app ever gets
/// for a resource acts in the period that is running then. What is used beyond `included_units` costs
/// `overage_unit_price` a unit, else `unit_price`, and nothing without either. Prices are in the
/// currency of the tenant, and what they come to is rounded once, in the line of an invoice. An app that
/// nobody named before is made; one that is deleted is priced like any other, since what it used may not
/// be billed yet. Prices that it has already are a success that changes nothing. With `If-Match`, only
/// the version that it names is changed: 412 otherwise.
#[utoipa::path(
    post,
    path = "/admin/billing/subscription/{tenant_id}/apps/{app_id}/pricing",
    operation_id = "setAppPricing",
    tag = "apps",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to change; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = AppPricesBody,
    responses(
        (status = 200, body = SubscriptionAppBody, description = "The app with its prices", headers(("ETag" = String, description = "The version that is shown"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn set_prices(
    TenantAdmin { caller, .. }: TenantAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
    body: Body,
) -> Result<Tagged, ApiError> {
    let named = ask::named(&path)?;
    let prices = ask::prices(&body, &named)?;
    let key = idempotency.key(Some(&named.tenant), &caller.scope(), &body);
    app.commands().run(SetPrices { named, if_match, prices }, key).await.map(Tagged)
}

/// Take the prices of an app away
///
/// From the next metering period on; the one that is running is billed by the prices that it started
/// with. An app without prices is left alone. 404 if nobody ever named it. With `If-Match`, only the
/// version that it names is changed: 412 otherwise.
#[utoipa::path(
    delete,
    path = "/admin/billing/subscription/{tenant_id}/apps/{app_id}/pricing",
    operation_id = "deleteAppPricing",
    tag = "apps",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to change; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "The app has no prices"), Refusals, BodyRefusals, MatchRefusals),
    security(("bearer" = [])),
)]
async fn clear_prices(
    TenantAdmin { caller, .. }: TenantAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let named = ask::named(&path)?;
    let key = idempotency.key(Some(&named.tenant), &caller.scope(), &Body::default());
    app.commands().run(ClearPrices { named, if_match }, key).await
}

/// Tell what happened to an app
///
/// `suspend`: quota checks refuse whatever the app asks for. `resume`: they don't any more. `delete`:
/// what it used up to now is billed, and nothing that it uses from now on is counted; that is for good,
/// so a deleted app is not suspended or resumed: 409. What an app is already it stays, with success. An
/// app that nobody named before is made, and is what the action makes of it.
#[utoipa::path(
    post,
    path = "/internal/billing/apps/{tenant_id}/{app_id}/billing-event",
    operation_id = "tellAppBillingEvent",
    tag = "apps",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = String, Path, description = "The app", example = "app_001"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = AppEventBody,
    responses((status = 200, body = Done, description = "The app is what the action makes of it"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn tell_event(
    caller: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    path: PathParameters,
    body: Body,
) -> Result<Answer, ApiError> {
    let named = ask::named(&path)?;
    let event = ask::event(&body, &named)?;
    let key = idempotency.key(Some(&named.tenant), &caller.scope(), &body);
    app.commands().run(TellEvent { named, event }, key).await
}
