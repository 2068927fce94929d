//! `/admin/billing/payment-gateways`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{self, ChangeGatewayBody, CreateGatewayBody, not_found},
    list,
    seal::SealingKey,
    service::{ChangeGateway, CreateGateway, RemoveGateway},
    store,
    view::{GatewayBody, GatewayList, GatewayView},
};
use crate::{
    app::App,
    config::Purpose as KeyPurpose,
    db::Purpose,
    http::{
        auth::PlatformAdmin,
        body::Body,
        envelope::{self, Answer, Done},
        etag::{IfMatch, Tagged},
        idempotency::{Idempotency, Key},
        paging::PageParameters,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, MatchRefusals, Refusals},
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_gateways, create_gateway)).routes(routes!(
        get_gateway,
        change_gateway,
        remove_gateway
    ))
}

/// List the payment gateways
///
/// Newest first. `name_or_code` is split on white space; each word must occur in the name or the code,
/// in whatever case. Gateways are the platform's, so only a `super_admin` may. No secret is shown:
/// `********` stands in its place.
#[utoipa::path(
    get,
    path = "/admin/billing/payment-gateways",
    operation_id = "listPaymentGateways",
    tag = "gateways",
    params(
        ("name_or_code" = Option<String>, Query, description = "Words, at most 10 and 200 letters", example = "ali"),
        PageParameters,
    ),
    responses((status = 200, body = GatewayList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_gateways(
    _: PlatformAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(&app.env().db, &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}

/// Make a payment gateway
///
/// `config` is a JSON object, as text. The values of members whose names say so are secrets, wherever
/// they stand: names with a word such as `key`, `secret`, `token`, `password`, `private`, `credential`,
/// `cert`, unless they are of a public key or end with a word such as `id` or `url`. So are private keys
/// and addresses with a password, whatever they are called. They are sealed before they are stored (503
/// without the setting `secret_key`) and never shown again. A code is taken once: 409.
#[utoipa::path(
    post,
    path = "/admin/billing/payment-gateways",
    operation_id = "createPaymentGateway",
    tag = "gateways",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days")),
    request_body = CreateGatewayBody,
    responses(
        (status = 201, body = GatewayBody, description = "The new gateway", headers(("ETag" = String, description = "The version of the gateway"))),
        Refusals, BodyRefusals,
    ),
    security(("bearer" = [])),
)]
async fn create_gateway(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Tagged, ApiError> {
    let new = ask::new(&body)?;
    let key = hidden(idempotency.key(None, &caller.scope(), &body), &app);
    let command = CreateGateway { new, key: sealing_key(&app) };
    app.commands().run(command, key).await.map(Tagged)
}

/// Get a payment gateway
///
/// `ETag` names its version, for `If-Match`.
#[utoipa::path(
    get,
    path = "/admin/billing/payment-gateways/{gateway_id}",
    operation_id = "getPaymentGateway",
    tag = "gateways",
    params(("gateway_id" = String, Path, description = "The gateway", example = "pg_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")),
    responses(
        (status = 200, body = GatewayBody, description = "The gateway", headers(("ETag" = String, description = "The version of the gateway"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_gateway(
    _: PlatformAdmin,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Tagged, ApiError> {
    let id = ask::id(&path)?;
    let found = store::find(&mut app.env().db.snapshot(Purpose::Page).await?, id).await?;
    let (gateway, config) = found.ok_or_else(|| not_found(id.to_string()))?;
    let view = GatewayView::new(&gateway, &config);
    Ok(Tagged(Answer::ok(envelope::data(&view, app.env().now())?)))
}

/// Change a payment gateway
///
/// What is absent stays; `code` stays for good. `config` is the whole configuration: a secret that is
/// sent as `********` stays as it is stored at that place (400 where none is), one that is left out is
/// gone. In an array the element around it must look as it did, and like no other one, unless the whole
/// array does: otherwise send the secret again (400). With `If-Match`, only the version that it names is changed: 412 otherwise.
#[utoipa::path(
    put,
    path = "/admin/billing/payment-gateways/{gateway_id}",
    operation_id = "changePaymentGateway",
    tag = "gateways",
    params(
        ("gateway_id" = String, Path, description = "The gateway", example = "pg_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to change; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ChangeGatewayBody,
    responses(
        (status = 200, body = GatewayBody, description = "The gateway as it is now", headers(("ETag" = String, description = "The version of the gateway"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn change_gateway(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
    body: Body,
) -> Result<Tagged, ApiError> {
    let id = ask::id(&path)?;
    let (change, config) = ask::change(&body)?;
    let key = hidden(idempotency.key(None, &caller.scope(), &body), &app);
    let command = ChangeGateway { id, if_match, change, config, key: sealing_key(&app) };
    app.commands().run(command, key).await.map(Tagged)
}

/// Remove a payment gateway
///
/// Its secrets go with it, and its code is free again. With `If-Match`, only the version that it names
/// is removed: 412 otherwise.
#[utoipa::path(
    delete,
    path = "/admin/billing/payment-gateways/{gateway_id}",
    operation_id = "removePaymentGateway",
    tag = "gateways",
    params(
        ("gateway_id" = String, Path, description = "The gateway", example = "pg_01KB3V6Z0ECX7Y9R2T4W6Q8S0A"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to remove; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is gone"), Refusals, BodyRefusals, MatchRefusals),
    security(("bearer" = [])),
)]
async fn remove_gateway(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let id = ask::id(&path)?;
    let key = idempotency.key(None, &caller.scope(), &Body::default());
    app.commands().run(RemoveGateway { id, if_match }, key).await
}

/// What secrets are sealed by, if the setting is there.
fn sealing_key(app: &App) -> Option<SealingKey> {
    app.outside().key(KeyPurpose::GatewaySecrets).map(SealingKey)
}

/// The key of a request that may hold secrets.
fn hidden(key: Option<Key>, app: &App) -> Option<Key> {
    key.map(|key| key.hidden_by(app.outside().key(KeyPurpose::Fingerprints)))
}
