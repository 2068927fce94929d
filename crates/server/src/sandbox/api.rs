//! `/internal/billing/test-clock/{tenant_id}`

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    clock::{self, Remove},
    due,
    view::{self, ClockBody, ClockView, MoveBody, MovedBody},
};
use crate::{
    app::App,
    env::TenantClocks,
    http::{
        auth::InternalCaller,
        body::Body,
        envelope::{self, Answer, Done},
        idempotency::Idempotency,
        path::Path as PathParameters,
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_test_clock, move_test_clock, remove_test_clock))
}

/// The service is a sandbox. Where it is none, there is nothing at the path.
#[derive(Clone, Copy, Debug)]
struct InSandbox;

impl FromRequestParts<App> for InSandbox {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match app.env().tenant_clocks {
            TenantClocks::Followed => Ok(Self),
            TenantClocks::Ignored => Err(ApiError::UnknownRoute),
        }
    }
}

/// Get a tenant's test clock
///
/// What the clock shows that the tenant lives by; 404 if it lives by the service's. Only in a
/// sandbox; otherwise there is nothing at this path. Extension.
#[utoipa::path(
    get,
    path = "/internal/billing/test-clock/{tenant_id}",
    operation_id = "getTestClock",
    tags = ["sandbox", "extension"],
    params(("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789")),
    responses((status = 200, body = ClockBody, description = "The clock"), Refusals),
    security(("api_key" = [])),
)]
async fn get_test_clock(
    _: InSandbox,
    _: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let tenant = path.tenant()?;
    let shown = clock::shown(&app.env().db, &tenant).await?;
    let none = || ApiError::NotFound { kind: "test clock of tenant", id: tenant.to_string() };
    let view = ClockView::new(shown.ok_or_else(none)?);
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Move a tenant's test clock
///
/// From now on the tenant lives by this clock, which stands still until it is moved again. Moving it
/// runs all that falls due on the way, in order, each at its own instant and committed with it; where
/// that is cut off, the clock stays at what was done last, and a repeat goes on from there. The first
/// setting may name any instant, past or future, but none before the tenant's newest row: 409.
/// Backwards is 409; the same instant again runs nothing. Only in a sandbox; otherwise there is
/// nothing at this path. Extension.
#[utoipa::path(
    put,
    path = "/internal/billing/test-clock/{tenant_id}",
    operation_id = "moveTestClock",
    tags = ["sandbox", "extension"],
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = MoveBody,
    responses((status = 200, body = MovedBody, description = "The clock, and what moving it ran"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn move_test_clock(
    _: InSandbox,
    caller: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = path.tenant()?;
    let to = view::read(&body, tenant.as_str())?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    clock::move_clock((&app.env().db, app.commands()), due::ALL, &tenant, to, key).await
}

/// Remove a tenant's test clock
///
/// The tenant lives by the service's clock again; a tenant that does already is left alone. 409
/// while the test clock is ahead of real time. Only in a sandbox; otherwise there is nothing at this
/// path. Extension.
#[utoipa::path(
    delete,
    path = "/internal/billing/test-clock/{tenant_id}",
    operation_id = "removeTestClock",
    tags = ["sandbox", "extension"],
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "The clock is gone"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn remove_test_clock(
    _: InSandbox,
    caller: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = path.tenant()?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    let real_now = app.env().now();
    app.commands().run(Remove { tenant, real_now }, key).await
}
