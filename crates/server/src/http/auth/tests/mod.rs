//! Tokens, API keys and permissions, through a router.

mod key_set;
mod permission;
mod token;

use axum::{
    Router,
    http::{Method, Request, request::Builder},
    response::{IntoResponse, Response},
    routing::get,
};
use countinghouse_core::id::{AppId, TenantId};
use serde_json::{Value, json};

use super::{
    super::{
        envelope::Answer,
        fields::{Parsed, Text},
        path::Path,
        problem::ApiError,
        testing::{Got, SECRET, Signer, TestState, claims_with, edged},
    },
    Admin, Anyone, AuthSettings, InternalCaller, PlatformAdmin, TenantAdmin, TenantReader,
    TokenTenant,
};

/// A route for each permission, telling what was found.
fn router(state: TestState) -> Router {
    fn tell(value: &Value) -> Response {
        Answer::ok(value.to_string().into()).into_response()
    }
    let reader = get(async |TenantReader { tenant, caller }: TenantReader| {
        tell(&json!({ "tenant": tenant.as_str(), "user": caller.user.as_str() }))
    });
    let own = get(async |TokenTenant { tenant, caller }: TokenTenant| {
        tell(&json!({ "tenant": tenant.as_str(), "roles": &caller.roles[..] }))
    });
    let tenant_admin = get(async |TenantAdmin { tenant, .. }: TenantAdmin| {
        tell(&json!({ "tenant": tenant.as_str() }))
    });
    let admin = get(async |Admin { tenant, .. }: Admin| {
        tell(&json!({ "tenant": tenant.as_ref().map(TenantId::as_str) }))
    });
    let platform = get(async |PlatformAdmin { caller }: PlatformAdmin| {
        tell(&json!({ "user": caller.user.as_str() }))
    });
    let service = get(async |service: InternalCaller| {
        let tenant = service.tenant()?.as_str().to_owned();
        Ok::<_, ApiError>(tell(&json!({ "tenant": tenant })))
    });
    let app = get(async |_: Anyone, path: Path| {
        let mut fields = path.fields();
        fields.optional("tenant_id", Parsed(TenantId::parse));
        fields.optional("app_id", Parsed(AppId::parse));
        fields.finish(())?;
        Ok::<_, ApiError>(tell(&json!({ "app": path.read("app_id", Text(128))? })))
    });
    let router = Router::new()
        .route("/tenants/{tenant_id}/apps/{app_id}", app)
        .route("/tenants/{tenant_id}", reader)
        .route("/own", own)
        .route("/admin/{id}", tenant_admin)
        .route("/admin", admin)
        .route("/platform", platform)
        .route("/internal", service)
        .with_state(state);
    edged(router)
}

async fn router_of(settings: &AuthSettings) -> Router {
    router(TestState::new(settings).await)
}

fn ask(path: &str) -> Builder {
    Request::builder().method(Method::GET).uri(path)
}

fn as_holder(path: &str, token: &str) -> Builder {
    ask(path).header("authorization", format!("Bearer {token}"))
}

fn signed(more: &Value) -> String {
    Signer::hs256(SECRET.as_bytes()).sign(&claims_with(more))
}

fn code(got: &Got) -> (u16, i64) {
    (got.status.as_u16(), got.body["code"].as_i64().unwrap_or(-1))
}

const UNAUTHORIZED: (u16, i64) = (401, 61_110_002);
const FORBIDDEN: (u16, i64) = (403, 61_110_003);
const INVALID: (u16, i64) = (400, 61_110_001);
