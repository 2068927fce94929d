//! `/internal/billing/quota/check`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    QuotaCheckBody,
    ask::{Ask, QuotaCheckAskBody},
    check,
};
use crate::{
    app::App,
    http::{
        auth::InternalCaller,
        body::Body,
        envelope::{self, Answer},
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
    },
};

/// The route of checks.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check_quota))
}

/// Check a quota of a tenant
///
/// Whether so much more may be used: `allowed` is that the plan has no limit, or that what is used and
/// what is asked for are within it. It is advice, nothing is reserved. What is used is that of all of
/// the tenant's apps: calls and bandwidth of the metering month that runs, messages of today, storage
/// and users as they are now. Without a live subscription the plan is `free`.
///
/// To an app that is suspended or deleted nothing is allowed. `login_attempts`, `failed_logins`,
/// `mfa_verifications` and what only the app has a price for have no limit; another resource is 400.
#[utoipa::path(
    post,
    path = "/internal/billing/quota/check",
    operation_id = "checkQuota",
    tag = "metering",
    params(("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789")),
    request_body = QuotaCheckAskBody,
    responses((status = 200, body = QuotaCheckBody, description = "Whether it may be used, and why"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn check_quota(
    service: InternalCaller,
    State(app): State<App>,
    body: Body,
) -> Result<Answer, ApiError> {
    let ask = Ask::read(service.tenant()?, &body)?;
    let view = check(app.env(), ask).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
