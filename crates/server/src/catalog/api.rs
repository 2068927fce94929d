//! `/billing/plans`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    service,
    view::{PublicPlans, PublicPlansBody},
};
use crate::{
    app::App,
    http::{
        auth::Anyone,
        envelope::{self, Answer},
        problem::ApiError,
        refusals::Refusals,
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_plans)).routes(routes!(list_public_plans))
}

/// List the plans that take new subscribers
///
/// Anybody may see them. Prices are per period, without tax unless the tenant's profile says that
/// they contain it. A quota of −1 is unlimited, 0 is none.
#[utoipa::path(
    get,
    path = "/billing/plans",
    operation_id = "listPlans",
    tag = "catalog",
    responses((status = 200, body = PublicPlansBody, description = "The plans, in the order in which they were made"), Refusals),
)]
async fn list_plans(_: Anyone, State(app): State<App>) -> Result<Answer, ApiError> {
    let plans = service::list(&app.env().db).await?;
    Ok(Answer::ok(envelope::data(&PublicPlans::from(plans), app.env().now())?))
}

/// List the plans that take new subscribers (SDK alias)
///
/// The same as `GET /billing/plans`, under the path that the platform's SDKs call.
#[utoipa::path(
    get,
    path = "/public/plans",
    operation_id = "listPublicPlans",
    tag = "catalog",
    responses((status = 200, body = PublicPlansBody, description = "The plans, in the order in which they were made"), Refusals),
)]
async fn list_public_plans(anyone: Anyone, app: State<App>) -> Result<Answer, ApiError> {
    list_plans(anyone, app).await
}
