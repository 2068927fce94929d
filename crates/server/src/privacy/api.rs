//! `/internal/billing/export-user-data`

use axum::extract::State;
use countinghouse_core::id::UserId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    service,
    view::{ExportAsk, ExportBody},
};
use crate::{
    app::App,
    http::{
        auth::InternalCaller,
        body::Body,
        fields::Parsed,
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
        stream::Parts,
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_user_data))
}

/// Export a user's data
///
/// Everything that is stored about a user in one tenant: that of `X-Tenant-ID`, or else the one
/// tenant whose latest subscription the user administers; if there are several, that is 400, and
/// none of them is named. The subscription's administrator gets the tenant's whole billing data,
/// another user the alerts that they made, with a `note`. Who is unknown gets empty arrays and a
/// `note`.
///
/// The answer is one consistent snapshot, streamed however large it is; lists are newest first. If
/// something fails half-way the connection breaks, and what arrived until then is not valid JSON.
/// An `Idempotency-Key` is ignored: nothing is changed.
#[utoipa::path(
    post,
    path = "/internal/billing/export-user-data",
    operation_id = "exportUserData",
    tag = "privacy",
    params(("X-Tenant-ID" = Option<String>, Header, description = "In which tenant", example = "tnt_xyz789")),
    request_body = ExportAsk,
    responses((status = 200, body = ExportBody, description = "The user's data"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn export_user_data(
    caller: InternalCaller,
    State(app): State<App>,
    body: Body,
) -> Result<Parts, ApiError> {
    let mut fields = body.fields()?;
    let user = fields.required("user_id", Parsed(UserId::parse));
    let (user,) = fields.finish((user,))?;
    Ok(service::export(app.env(), user, caller.tenant_header).await?.start())
}
