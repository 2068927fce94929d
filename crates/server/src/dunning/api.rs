//! `/admin/billing/dunning-settings/{tenant_id}`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    settings::{self, ChangeSettings, RemoveSettings},
    view::{self, DunningSettingsBody, DunningSettingsChangeBody},
};
use crate::{
    app::App,
    http::{
        auth::TenantAdmin,
        body::Body,
        envelope::{self, Answer, Done},
        etag::{IfMatch, Tagged},
        idempotency::Idempotency,
        problem::ApiError,
        refusals::{BodyRefusals, MatchRefusals, Refusals},
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(
        get_dunning_settings,
        change_dunning_settings,
        remove_dunning_settings
    ))
}

/// Get a tenant's dunning settings
///
/// What happens when, while an invoice is not paid: when payment is asked for again, how long access
/// is kept, when the subscription is cancelled. All days are counted from the first failure: a
/// payment that failed, or the due date. Where nothing was set the numbers are 0 and `status` is
/// empty, and the defaults hold all the same: `[1,3,7,14]`, 7, 30. `ETag` is the version that it
/// shows.
#[utoipa::path(
    get,
    path = "/admin/billing/dunning-settings/{tenant_id}",
    operation_id = "getDunningSettings",
    tag = "dunning",
    params(("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789")),
    responses(
        (status = 200, body = DunningSettingsBody, description = "The settings", headers(("ETag" = String, description = "The version that is shown"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_dunning_settings(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
) -> Result<Tagged, ApiError> {
    let view = settings::current(&app.env().db, &tenant).await?;
    Ok(Tagged(Answer::ok(envelope::data(&view, app.env().now())?)))
}

/// Change a tenant's dunning settings
///
/// Members that are absent or null keep what holds, be it the default. Invoices that failed before
/// go on by the new settings: days that are over are left out of a new schedule, and a suspension or
/// cancellation that should have been by then comes at once. With `If-Match` the change is made only
/// to the version of that `ETag`: 412 otherwise.
#[utoipa::path(
    put,
    path = "/admin/billing/dunning-settings/{tenant_id}",
    operation_id = "changeDunningSettings",
    tag = "dunning",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to be changed, or `*`", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = DunningSettingsChangeBody,
    responses(
        (status = 200, body = DunningSettingsBody, description = "The settings after the change", headers(("ETag" = String, description = "The version that is shown"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn change_dunning_settings(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    condition: IfMatch,
    idempotency: Idempotency,
    body: Body,
) -> Result<Tagged, ApiError> {
    let change = view::read(&body, tenant.as_str())?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    let command = ChangeSettings { tenant, change, condition };
    Ok(Tagged(app.commands().run(command, key).await?))
}

/// Remove a tenant's dunning settings
///
/// The defaults hold again, for invoices that failed before too. Where nothing was set, that is done
/// already. With `If-Match` they are removed only in the version of that `ETag`: 412 otherwise.
#[utoipa::path(
    delete,
    path = "/admin/billing/dunning-settings/{tenant_id}",
    operation_id = "removeDunningSettings",
    tag = "dunning",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to be removed, or `*`", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "The settings are gone"), Refusals, BodyRefusals, MatchRefusals),
    security(("bearer" = [])),
)]
async fn remove_dunning_settings(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    condition: IfMatch,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    app.commands().run(RemoveSettings { tenant, condition }, key).await
}
