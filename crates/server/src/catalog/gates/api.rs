//! `/billing/feature-gates` and what administrators and services have besides.

use axum::extract::State;
use countinghouse_core::id::GateKey;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{self, GateCheckBody, GateOverrideBody},
    service::{self, DeleteOverride, SetOverride},
    view::{GateCheck, GateCheckResult, GateListBody, OverrideListBody},
};
use crate::{
    app::App,
    http::{
        auth::{Admin, InternalCaller, TokenTenant},
        body::Body,
        envelope::{self, Answer},
        fields::Parsed,
        idempotency::Idempotency,
        path::Path as PathParameters,
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
    },
};

/// The routes of gates.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_gates))
        .routes(routes!(list_gates_as_admin))
        .routes(routes!(list_overrides, set_override))
        .routes(routes!(delete_override))
        .routes(routes!(check_gate))
}

/// List the caller's feature gates
///
/// The gates that the tenant's plan names, and those that were set for the tenant; `enabled` is what
/// holds for it: the override, else what the plan grants. Without a live subscription the plan is
/// `free`. A gate that is not listed is closed.
#[utoipa::path(
    get,
    path = "/billing/feature-gates",
    operation_id = "listFeatureGates",
    tag = "catalog",
    responses((status = 200, body = GateListBody, description = "The gates, by their keys"), Refusals),
    security(("bearer" = [])),
)]
async fn list_gates(
    TokenTenant { tenant, .. }: TokenTenant,
    State(app): State<App>,
) -> Result<Answer, ApiError> {
    let gates = service::of_tenant(&app.env().db, &tenant).await?;
    Ok(Answer::ok(envelope::members(&gates, app.env().now())?))
}

/// List feature gates (administrators)
///
/// An `admin` sees the gates of their tenant, a `super_admin` those of the tenant that `X-Tenant-ID`
/// names. Without it, a `super_admin` sees every gate that a plan names; it is enabled if a plan that
/// takes new subscribers grants it.
#[utoipa::path(
    get,
    path = "/admin/billing/feature-gates",
    operation_id = "listFeatureGatesAsAdmin",
    tag = "catalog",
    params(("X-Tenant-ID" = Option<String>, Header, description = "The tenant, for a `super_admin`", example = "tnt_xyz789")),
    responses((status = 200, body = GateListBody, description = "The gates, by their keys"), Refusals),
    security(("bearer" = [])),
)]
async fn list_gates_as_admin(admin: Admin, State(app): State<App>) -> Result<Answer, ApiError> {
    let db = &app.env().db;
    let gates = match &admin.tenant {
        Some(tenant) => service::of_tenant(db, tenant).await?,
        None => service::of_platform(db).await?,
    };
    Ok(Answer::ok(envelope::members(&gates, app.env().now())?))
}

/// List overrides of feature gates
///
/// An `admin` sees those of their tenant, a `super_admin` those of the tenant that `X-Tenant-ID`
/// names; without it the 1,000 of all tenants that were set last, the latest first.
#[utoipa::path(
    get,
    path = "/admin/billing/feature-gates/overrides",
    operation_id = "listFeatureGateOverrides",
    tag = "catalog",
    params(("X-Tenant-ID" = Option<String>, Header, description = "The tenant, for a `super_admin`", example = "tnt_xyz789")),
    responses((status = 200, body = OverrideListBody, description = "The overrides"), Refusals),
    security(("bearer" = [])),
)]
async fn list_overrides(admin: Admin, State(app): State<App>) -> Result<Answer, ApiError> {
    let overrides = service::overrides(&app.env().db, admin.tenant.as_ref()).await?;
    Ok(Answer::ok(envelope::members(&overrides, app.env().now())?))
}

/// Open or close a feature gate for a tenant
///
/// Whatever its plan grants, and at once. The gate need not be one that a plan names. A
/// `super_admin` names the tenant by `X-Tenant-ID`. A tenant has at most 200 overrides: 409 beyond.
#[utoipa::path(
    put,
    path = "/admin/billing/feature-gates/overrides",
    operation_id = "setFeatureGateOverride",
    tag = "catalog",
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "The tenant, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = GateOverrideBody,
    responses((status = 200, body = OverrideListBody, description = "The tenant's overrides now"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn set_override(
    admin: Admin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = admin.one_tenant()?.clone();
    let (gate, enabled) = ask::set(&body)?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &body);
    let caller = admin.caller.user.clone();
    app.commands().run(SetOverride { tenant, caller, gate, enabled }, key).await
}

/// Leave a feature gate to the tenant's plan again
///
/// If there is no such override, that is a success too. A `super_admin` names the tenant by
/// `X-Tenant-ID`.
#[utoipa::path(
    delete,
    path = "/admin/billing/feature-gates/overrides/{gate_key}",
    operation_id = "deleteFeatureGateOverride",
    tag = "catalog",
    params(
        ("gate_key" = String, Path, description = "The key of the gate", example = "sso"),
        ("X-Tenant-ID" = Option<String>, Header, description = "The tenant, for a `super_admin`", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = OverrideListBody, description = "The tenant's overrides now"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn delete_override(
    admin: Admin,
    State(app): State<App>,
    idempotency: Idempotency,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let tenant = admin.one_tenant()?.clone();
    let gate = path.read("gate_key", Parsed(GateKey::parse))?;
    let key = idempotency.key(Some(&tenant), &admin.caller.scope(), &Body::default());
    app.commands().run(DeleteOverride { tenant, gate }, key).await
}

/// Check a feature gate for a tenant
///
/// `effective` is the override of the tenant that `X-Tenant-ID` names, else what its plan grants,
/// else no. Without a live subscription the plan is `free`. The answer is what holds now, whichever
/// process is asked.
#[utoipa::path(
    post,
    path = "/internal/billing/feature-gates/check",
    operation_id = "checkFeatureGate",
    tag = "catalog",
    params(("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789")),
    request_body = GateCheckBody,
    responses((status = 200, body = GateCheckResult, description = "Whether the tenant may pass, and why"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn check_gate(
    service: InternalCaller,
    State(app): State<App>,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = service.tenant()?;
    let gate = ask::check(&body)?;
    let verdict = service::check(&app.env().db, tenant, &gate).await?;
    Ok(Answer::ok(envelope::members(&GateCheck::new(&gate, verdict), app.env().now())?))
}
