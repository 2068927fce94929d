//! `/billing/plans`, `/internal/billing/plans`

use axum::extract::State;
use countinghouse_core::catalog::PlanStatus;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    admin, gates,
    pricing::{PlanPricing, PlanPricingList, PlanQuotas, PlanQuotasBody},
    service::{self, ACTIVE, LISTED, NAME_OR_ID_MAX},
    view::{PublicPlans, PublicPlansBody},
};
use crate::{
    app::App,
    http::{
        auth::{Anyone, InternalCaller},
        envelope::{self, Answer},
        fields::{Flag, Name},
        paging::{PageParameters, Paging},
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_plans))
        .routes(routes!(list_public_plans))
        .routes(routes!(list_plans_as_service))
        .routes(routes!(list_all_plans_as_service))
        .routes(routes!(get_plan_quotas))
        .merge(admin::api::routes())
        .merge(gates::api::routes())
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

/// List the plans that take new subscribers (services)
///
/// With all that administrators see of them, newest first.
#[utoipa::path(
    get,
    path = "/internal/billing/plans",
    operation_id = "listPlansAsService",
    tag = "catalog",
    params(PageParameters),
    responses((status = 200, body = PlanPricingList, description = "A page of the list"), Refusals),
    security(("api_key" = [])),
)]
async fn list_plans_as_service(
    _: InternalCaller,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let paging = service::read_paging(&mut fields);
    fields.finish(())?;
    show_page(&app, ACTIVE, paging).await
}

/// List the plans, inactive ones too if asked for (services)
///
/// Newest first. Archived plans are in no list.
#[utoipa::path(
    get,
    path = "/internal/billing/plans/admin",
    operation_id = "listAllPlansAsService",
    tag = "catalog",
    params(
        ("include_inactive" = Option<String>, Query, description = "`true` lists inactive plans too; `false` if absent", pattern = "^(true|false)$", example = "true"),
        PageParameters,
    ),
    responses((status = 200, body = PlanPricingList, description = "A page of the list"), Refusals),
    security(("api_key" = [])),
)]
async fn list_all_plans_as_service(
    _: InternalCaller,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let paging = service::read_paging(&mut fields);
    let include_inactive = fields.optional("include_inactive", Flag).unwrap_or(false);
    fields.finish(())?;
    show_page(&app, if include_inactive { LISTED } else { ACTIVE }, paging).await
}

/// Shows a page of the plans with one of these statuses.
pub(super) async fn show_page(
    app: &App,
    statuses: &[PlanStatus],
    paging: Paging,
) -> Result<Answer, ApiError> {
    let (plans, page) = service::page(&app.env().db, statuses, paging).await?;
    let plans: Vec<PlanPricing> = plans.iter().map(PlanPricing::from).collect();
    Ok(Answer::ok(envelope::list(&plans, &page, app.env().now())?))
}

/// Get the quotas of a plan
///
/// By its name or its `plan_…` id, whether it takes new subscribers or not. Storage and bandwidth are
/// in bytes; −1 is unlimited, 0 is none.
#[utoipa::path(
    get,
    path = "/internal/billing/plans/{plan}/quotas",
    operation_id = "getPlanQuotas",
    tag = "catalog",
    params(("plan" = String, Path, description = "The plan, by name or `plan_…` id", example = "pro")),
    responses((status = 200, body = PlanQuotasBody, description = "The quotas"), Refusals),
    security(("api_key" = [])),
)]
async fn get_plan_quotas(
    _: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let plan = path.read("plan", Name(NAME_OR_ID_MAX))?;
    let plan = service::of_request(&app.env().db, &plan).await?;
    Ok(Answer::ok(envelope::data(&PlanQuotas::from(plan), app.env().now())?))
}
