//! `/admin/billing/plans`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    super::{
        api::show_page,
        pricing::{PlanPricing, PlanPricingBody, PlanPricingList},
        service::{self, LISTED},
    },
    ask::{self, CreatePlanBody, PlanGatesBody, UpdatePlanBody},
    service::{ArchivePlan, Change, ChangePlan, CreatePlan},
};
use crate::{
    app::App,
    http::{
        auth::PlatformAdmin,
        body::Body,
        envelope::{self, Answer, Done},
        etag::{IfMatch, Tagged},
        fields::Name,
        idempotency::Idempotency,
        paging::PageParameters,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, MatchRefusals, Refusals},
    },
};

/// The routes of this capability.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_plans_as_admin, create_plan))
        .routes(routes!(get_plan_as_admin, update_plan, archive_plan))
        .routes(routes!(set_plan_gates))
}

/// List the plans (administrators)
///
/// Those that take new subscribers and those that are inactive, newest first; archived ones are in
/// no list. Plans are the platform's, so only a `super_admin` may.
#[utoipa::path(
    get,
    path = "/admin/billing/plans",
    operation_id = "listPlansAsAdmin",
    tag = "catalog",
    params(PageParameters),
    responses((status = 200, body = PlanPricingList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_plans_as_admin(
    _: PlatformAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let mut fields = query.fields()?;
    let paging = service::read_paging(&mut fields);
    fields.finish(())?;
    show_page(&app, LISTED, paging).await
}

/// Make a plan
///
/// It takes subscribers at once. A quota or a number of days that is absent is unlimited, gates are
/// closed, the currency is CNY. A name is taken for ever, by archived plans too: 409.
#[utoipa::path(
    post,
    path = "/admin/billing/plans",
    operation_id = "createPlan",
    tag = "catalog",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days")),
    request_body = CreatePlanBody,
    responses(
        (status = 201, body = PlanPricingBody, description = "The new plan", headers(("ETag" = String, description = "The version of the plan"))),
        Refusals, BodyRefusals,
    ),
    security(("bearer" = [])),
)]
async fn create_plan(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Tagged, ApiError> {
    let plan = ask::new_plan(&body)?;
    let key = idempotency.key(None, &caller.scope(), &body);
    app.commands().run(CreatePlan(plan), key).await.map(Tagged)
}

/// Get a plan (administrators)
///
/// By its name or its `plan_…` id, archived ones too. `ETag` names its version, for `If-Match`.
#[utoipa::path(
    get,
    path = "/admin/billing/plans/{plan_id}",
    operation_id = "getPlanAsAdmin",
    tags = ["catalog", "extension"],
    params(("plan_id" = String, Path, description = "The plan, by name or `plan_…` id", example = "pro")),
    responses(
        (status = 200, body = PlanPricingBody, description = "The plan", headers(("ETag" = String, description = "The version of the plan"))),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_plan_as_admin(
    _: PlatformAdmin,
    State(app): State<App>,
    path: PathParameters,
) -> Result<Tagged, ApiError> {
    let listing = service::get(&app.env().db, &plan(&path)?).await?;
    let body = envelope::data(&PlanPricing::from(&listing), app.env().now())?;
    Ok(Tagged(Answer::ok(body)))
}

/// Change a plan
///
/// What is absent stays. New prices are for future periods: a subscription keeps the price that it
/// was billed at until its next one. Quotas and gates are in force for every subscriber at once.
/// `status` brings an archived plan back. With `If-Match`, only the version that it names is changed.
#[utoipa::path(
    put,
    path = "/admin/billing/plans/{plan_id}",
    operation_id = "updatePlan",
    tag = "catalog",
    params(
        ("plan_id" = String, Path, description = "The plan, by name or `plan_…` id", example = "pro"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to change; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = UpdatePlanBody,
    responses(
        (status = 200, body = PlanPricingBody, description = "The plan as it is now", headers(("ETag" = String, description = "The version of the plan"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn update_plan(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
    body: Body,
) -> Result<Tagged, ApiError> {
    let plan = plan(&path)?;
    let change = ask::change(&body, &service::get(&app.env().db, &plan).await?)?;
    let key = idempotency.key(None, &caller.scope(), &body);
    let command = ChangePlan { plan, if_match, change: Change::Terms(Box::new(change)) };
    app.commands().run(command, key).await.map(Tagged)
}

/// Archive a plan
///
/// It leaves every list and takes no new subscriber; its subscribers go on. Archiving it again is
/// the same success. Its name stays taken; `PUT` with a `status` brings it back.
#[utoipa::path(
    delete,
    path = "/admin/billing/plans/{plan_id}",
    operation_id = "archivePlan",
    tag = "catalog",
    params(
        ("plan_id" = String, Path, description = "The plan, by name or `plan_…` id", example = "pro"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to archive; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = Done, description = "It is archived"), Refusals, BodyRefusals, MatchRefusals),
    security(("bearer" = [])),
)]
async fn archive_plan(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
) -> Result<Answer, ApiError> {
    let plan = plan(&path)?;
    let key = idempotency.key(None, &caller.scope(), &Body::default());
    app.commands().run(ArchivePlan { plan, if_match }, key).await
}

/// Open and close gates of a plan
///
/// Gates that are not named stay. `mfa` and `sso` are `mfa_enabled` and `sso_enabled` of the plan. It
/// is in force for every subscriber at once, but for tenants with an override. A plan has at most
/// 200 gates: 409 beyond. With `If-Match`, only the version that it names is changed.
#[utoipa::path(
    patch,
    path = "/admin/billing/plans/{plan_id}/feature-gates",
    operation_id = "setPlanFeatureGates",
    tag = "catalog",
    params(
        ("plan_id" = String, Path, description = "The plan, by name or `plan_…` id", example = "pro"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version to change; any if absent", pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = PlanGatesBody,
    responses(
        (status = 200, body = PlanPricingBody, description = "The plan as it is now", headers(("ETag" = String, description = "The version of the plan"))),
        Refusals, BodyRefusals, MatchRefusals,
    ),
    security(("bearer" = [])),
)]
async fn set_plan_gates(
    PlatformAdmin { caller }: PlatformAdmin,
    State(app): State<App>,
    (idempotency, if_match): (Idempotency, IfMatch),
    path: PathParameters,
    body: Body,
) -> Result<Tagged, ApiError> {
    let plan = plan(&path)?;
    let gates = ask::gates(&body, &service::get(&app.env().db, &plan).await?)?;
    let key = idempotency.key(None, &caller.scope(), &body);
    let command = ChangePlan { plan, if_match, change: Change::Gates(gates) };
    app.commands().run(command, key).await.map(Tagged)
}

/// The plan that the path calls.
fn plan(path: &PathParameters) -> Result<String, ApiError> {
    path.read("plan_id", Name(service::NAME_OR_ID_MAX))
}
