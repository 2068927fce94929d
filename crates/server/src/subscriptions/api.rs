//! `/billing/subscribe`, `/billing/subscription`

use axum::extract::State;
use countinghouse_core::id::TenantId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    service::{self, Subscribe},
    upcoming,
    view::{SubscribeAsk, SubscribeBody, SubscriptionBody},
};
use crate::{
    app::App,
    http::{
        auth::{InternalCaller, TenantAdmin, TenantReader, TokenTenant},
        body::Body,
        envelope::{self, Answer},
        fields::Parsed,
        idempotency::Idempotency,
        path::Path as PathParameters,
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(subscribe))
        .routes(routes!(get_subscription))
        .routes(routes!(get_own_subscription))
        .routes(routes!(get_subscription_as_admin))
        .routes(routes!(get_subscription_as_service))
        .merge(super::change::routes())
        .merge(upcoming::api::routes())
}

/// Subscribe
///
/// Starts the tenant's subscription; the caller becomes its `admin_user_id`. Without a trial the
/// first period is invoiced at once: the credit balance pays first, the rest is due. With
/// `trial_days` nothing is invoiced until the trial ends. One live subscription a tenant: 409
/// otherwise. Send an `Idempotency-Key` to be able to repeat safely.
#[utoipa::path(
    post,
    path = "/billing/subscribe",
    operation_id = "subscribe",
    tag = "subscriptions",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days")),
    request_body = SubscribeBody,
    responses((status = 201, body = SubscriptionBody, description = "The new subscription"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn subscribe(
    TokenTenant { tenant, caller }: TokenTenant,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let SubscribeAsk { plan, cycle, auto_renew, trial_days } = SubscribeAsk::read(&body)?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    let caller = caller.user.clone();
    let command = Subscribe { tenant, caller, plan, cycle, auto_renew, trial_days };
    app.commands().run(command, key).await
}

/// Get a tenant's subscription
///
/// The tenant's latest subscription, whatever became of it: one that ended is `cancelled` or
/// `expired`, and grants nothing more than `free` does. 404 if the tenant never had one.
#[utoipa::path(
    get,
    path = "/billing/subscription/{tenant_id}",
    operation_id = "getSubscription",
    tag = "subscriptions",
    params(("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789")),
    responses((status = 200, body = SubscriptionBody, description = "The subscription"), Refusals),
    security(("bearer" = [])),
)]
async fn get_subscription(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
) -> Result<Answer, ApiError> {
    show(&app, &tenant).await
}

/// Get the caller's subscription (SDK alias)
///
/// The same as `GET /billing/subscription/{tenant_id}`, for the token's tenant.
#[utoipa::path(
    get,
    path = "/billing/subscription",
    operation_id = "getOwnSubscription",
    tag = "subscriptions",
    responses((status = 200, body = SubscriptionBody, description = "The subscription"), Refusals),
    security(("bearer" = [])),
)]
async fn get_own_subscription(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
) -> Result<Answer, ApiError> {
    show(&app, &tenant).await
}

/// Get a tenant's subscription (administrators)
///
/// As `GET /billing/subscription/{tenant_id}`, for an `admin` of the tenant or a `super_admin`.
#[utoipa::path(
    get,
    path = "/admin/billing/subscription/{tenant_id}",
    operation_id = "getSubscriptionAsAdmin",
    tag = "subscriptions",
    params(("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789")),
    responses((status = 200, body = SubscriptionBody, description = "The subscription"), Refusals),
    security(("bearer" = [])),
)]
async fn get_subscription_as_admin(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
) -> Result<Answer, ApiError> {
    show(&app, &tenant).await
}

/// Get a tenant's subscription (services)
///
/// As `GET /billing/subscription/{tenant_id}`, for services with an API key.
#[utoipa::path(
    get,
    path = "/internal/billing/subscription/{tenant_id}",
    operation_id = "getSubscriptionAsService",
    tag = "subscriptions",
    params(("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789")),
    responses((status = 200, body = SubscriptionBody, description = "The subscription"), Refusals),
    security(("api_key" = [])),
)]
async fn get_subscription_as_service(
    _: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    show(&app, &path.read("tenant_id", Parsed(TenantId::parse))?).await
}

async fn show(app: &App, tenant: &TenantId) -> Result<Answer, ApiError> {
    let found = service::shown(&app.env().db, tenant).await?;
    let none = || ApiError::NotFound { kind: "subscription of tenant", id: tenant.to_string() };
    Ok(Answer::ok(envelope::data(&found.ok_or_else(none)?, app.env().now())?))
}
