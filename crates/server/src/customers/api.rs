//! `/admin/billing/tenants/{tenant_id}/profile`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    profile::{self, ChangeProfile},
    view::{self, ProfileBody, ProfileChangeBody},
};
use crate::{
    app::App,
    http::{
        auth::TenantAdmin,
        body::Body,
        envelope::{self, Answer},
        etag::{IfMatch, Tagged},
        idempotency::Idempotency,
        problem::ApiError,
        refusals::{BodyRefusals, MatchRefusals, Refusals},
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_tenant_profile, change_tenant_profile))
}

/// Get a tenant's profile
///
/// Who the tenant is on invoices, how it is taxed, its calendar's zone, its currency. What was never
/// set is the default: rate 0, prices without tax, UTC, CNY, `en`, 14 days. `ETag` is the version
/// that it shows. Extension.
#[utoipa::path(
    get,
    path = "/admin/billing/tenants/{tenant_id}/profile",
    operation_id = "getTenantProfile",
    tags = ["tenants", "extension"],
    params(("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789")),
    responses(
        (status = 200, body = ProfileBody, description = "The profile", headers(("ETag" = String, description = "The version that is shown"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_tenant_profile(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
) -> Result<Tagged, ApiError> {
    let view = profile::current(&app.env().db, &tenant).await?;
    Ok(Tagged(Answer::ok(envelope::data(&view, app.env().now())?)))
}

/// Change a tenant's profile
///
/// Members that are absent or null keep what is there; an empty text clears one that may be absent.
/// It acts on what is issued from now on: seller and buyer are copied onto every invoice when it is
/// issued. A change of zone acts from the next period. The currency is tied by the first posting or
/// subscription: then another one is 409. With `If-Match` the change is made only to the version of
/// that `ETag`: 412 otherwise. Extension.
#[utoipa::path(
    put,
    path = "/admin/billing/tenants/{tenant_id}/profile",
    operation_id = "changeTenantProfile",
    tags = ["tenants", "extension"],
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to be changed, or `*`", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ProfileChangeBody,
    responses(
        (status = 200, body = ProfileBody, description = "The profile after the change", headers(("ETag" = String, description = "The version that is shown"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn change_tenant_profile(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    condition: IfMatch,
    idempotency: Idempotency,
    body: Body,
) -> Result<Tagged, ApiError> {
    let change = view::read(&body, tenant.as_str())?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    let command = ChangeProfile { tenant, change, condition };
    Ok(Tagged(app.commands().run(command, key).await?))
}
