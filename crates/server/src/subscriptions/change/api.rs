//! What administrators change of a subscription, and what a change would come to.

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    lifecycle::{Cancel, ChangeTrial, EndNow},
    rollback::Rollback,
    view::{
        self, CalculateAskBody, ChangeAskBody, ExtendAskBody, PlanChangeBody, ProrationBody,
        ProrationView, TrialBody, UpdateAskBody,
    },
};
use crate::{
    app::App,
    http::{
        auth::{Admin, TenantAdmin, TenantReader, TokenTenant},
        body::Body,
        envelope::{self, Answer, Done},
        fields::Word,
        idempotency::Idempotency,
        paging::PageParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, Refusals},
    },
    subscriptions::{
        list,
        view::{SubscriptionBody, SubscriptionList},
    },
};

/// The routes of this capability.
pub(in crate::subscriptions) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(calculate_proration))
        .routes(routes!(change_plan))
        .routes(routes!(rollback_plan))
        .routes(routes!(extend_trial))
        .routes(routes!(cancel_trial))
        .routes(routes!(update_subscription, cancel_subscription))
        .routes(routes!(cancel_own_subscription))
        .routes(routes!(list_subscriptions))
}

/// Calculate what a change of plan comes to
///
/// The very lines that `change-plan` would bill now: what is left of each line billed for the period
/// is given back at the tax it was billed with, and the new price is asked for the days that are
/// left, today among them; another cycle starts a period of its own, at its whole price. `quote`
/// sent with the change within 15 minutes makes it come to exactly this, or be refused. Nothing is
/// stored.
#[utoipa::path(
    post,
    path = "/billing/prorations/calculate/{tenant_id}",
    operation_id = "calculateProration",
    tag = "subscriptions",
    params(("tenant_id" = String, Path, description = "The tenant; it must be the token's", example = "tnt_xyz789")),
    request_body = CalculateAskBody,
    responses((status = 200, body = ProrationBody, description = "What the change would come to"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn calculate_proration(
    TenantReader { tenant, .. }: TenantReader,
    State(app): State<App>,
    body: Body,
) -> Result<Answer, ApiError> {
    let change = view::read_calculation(&body, &tenant)?;
    let changed = app.commands().preview(&change).await?;
    let view = ProrationView::offer(&tenant, &changed);
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Change the plan of a subscription
///
/// At once: what comes to more than nothing is an invoice with every line, for which the credit
/// balance pays first. What comes to less is given back by credit notes on the invoices of the
/// subscription, newest first: they lower what is still due, and what had been paid becomes credit.
/// With `quote`, it comes to exactly what was calculated, or is refused. With `effective:
/// period_end` it waits for the end of the period, and no money moves until then. In a trial no
/// money moves. The plan and cycle that it has already are 409.
#[utoipa::path(
    post,
    path = "/admin/billing/subscription/{tenant_id}/change-plan",
    operation_id = "changePlan",
    tag = "subscriptions",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ChangeAskBody,
    responses((status = 200, body = PlanChangeBody, description = "The change that was made"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn change_plan(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let change = view::read_change(&body, &tenant)?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    app.commands().run(change, key).await
}

/// Undo the latest change of plan
///
/// Plan, price and dates return. An invoice of the change that is still due is voided, and the
/// credit that paid a part of it returns; a paid one becomes credit; what the change had given back
/// is taken back. Only the latest change of the running period can be undone, and once: 409
/// otherwise, and where the credit to take back has been spent.
#[utoipa::path(
    post,
    path = "/admin/billing/subscription/{tenant_id}/rollback-plan",
    operation_id = "rollbackPlan",
    tag = "subscriptions",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = SubscriptionBody, description = "The subscription as it was"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn rollback_plan(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let key = idempotency.key(Some(&tenant), &caller.scope(), &Body::default());
    app.commands().run(Rollback { tenant }, key).await
}

/// Make a trial longer
///
/// By 1 to 90 days from its end. 409 outside a trial.
#[utoipa::path(
    post,
    path = "/admin/billing/subscription/{tenant_id}/extend-trial",
    operation_id = "extendTrial",
    tag = "subscriptions",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ExtendAskBody,
    responses((status = 200, body = TrialBody, description = "The trial"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn extend_trial(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let extend_days = Some(view::read_extension(&body, &tenant)?);
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    app.commands().run(ChangeTrial { tenant, extend_days }, key).await
}

/// End a trial
///
/// The paid period begins now and sets the anchor, and its invoice is issued. 409 outside a trial.
#[utoipa::path(
    post,
    path = "/admin/billing/subscription/{tenant_id}/cancel-trial",
    operation_id = "cancelTrial",
    tag = "subscriptions",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = TrialBody, description = "The trial that ended"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn cancel_trial(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let key = idempotency.key(Some(&tenant), &caller.scope(), &Body::default());
    app.commands().run(ChangeTrial { tenant, extend_days: None }, key).await
}

/// Update a subscription
///
/// `plan` or `billing_cycle` changes the plan at once, as `change-plan` does. `auto_renew: true`
/// also takes a cancellation back while the period runs. Absent members stay; with `auto_renew`, the
/// plan and cycle that it has already may be named.
#[utoipa::path(
    put,
    path = "/admin/billing/subscription/{tenant_id}",
    operation_id = "updateSubscription",
    tag = "subscriptions",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = UpdateAskBody,
    responses((status = 200, body = SubscriptionBody, description = "The subscription after it"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn update_subscription(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let update = view::read_update(&body, &tenant)?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    app.commands().run(update, key).await
}

/// Cancel a subscription
///
/// It serves to the end of its period and is `cancelled` then; `auto_renew: true` takes that back
/// before. With `at=now` it ends at once, and what is left of the period is given back: first off
/// what is due, what had been paid as credit (extension). Again is the same success until it ends.
#[utoipa::path(
    delete,
    path = "/admin/billing/subscription/{tenant_id}",
    operation_id = "cancelSubscription",
    tag = "subscriptions",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("at" = Option<String>, Query, description = "`period_end` unless it says `now` (extension)", example = "period_end", pattern = "^(now|period_end)?$"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is cancelled"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn cancel_subscription(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    query: Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let now = fields.optional("at", Word(&[("now", true), ("period_end", false)]));
    fields.finish(())?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &Body::default());
    if now.unwrap_or(false) {
        return app.commands().run(EndNow { tenant }, key).await;
    }
    app.commands().run(Cancel { tenant, only_admin: None }, key).await
}

/// Cancel the caller's subscription (SDK alias)
///
/// At the end of its period. Only its `admin_user_id` may, or a role `admin`.
#[utoipa::path(
    post,
    path = "/billing/subscription/cancel",
    operation_id = "cancelOwnSubscription",
    tag = "subscriptions",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days")),
    responses((status = 200, body = Done, description = "It is cancelled"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn cancel_own_subscription(
    TokenTenant { tenant, caller }: TokenTenant,
    State(app): State<App>,
    idempotency: Idempotency,
) -> Result<Answer, ApiError> {
    let only_admin = (!caller.is_admin()).then(|| caller.user.clone());
    let key = idempotency.key(Some(&tenant), &caller.scope(), &Body::default());
    app.commands().run(Cancel { tenant, only_admin }, key).await
}

/// List subscriptions
///
/// Newest first, those that ended too: an `admin` sees its own tenant's, a `super_admin` all, or
/// those of `X-Tenant-ID`. The total is exact to 10,000, and then said to be a lower bound; rows
/// beyond are had by `cursor`.
#[utoipa::path(
    get,
    path = "/admin/billing/subscriptions",
    operation_id = "listSubscriptions",
    tag = "subscriptions",
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Only this tenant's", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = SubscriptionList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_subscriptions(
    Admin { tenant, .. }: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(&app.env().db, tenant.as_ref(), &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}
