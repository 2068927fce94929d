//! `/admin/billing/usage-stats/{tenant_id}`

use axum::extract::State;
use countinghouse_core::metering::UsageId;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{Set, UsageStatsUpdateBody},
    correct::Correct,
    list,
    view::{UsageCorrectionList, UsageStatsDayBody},
};
use crate::{
    app::App,
    command,
    db::Purpose,
    http::{
        auth::TenantAdmin,
        body::Body,
        envelope::{self, Answer},
        fields::Parsed,
        idempotency::Idempotency,
        paging::PageParameters,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, Refusals},
    },
};

/// The routes of corrections.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(correct_usage_stats)).routes(routes!(list_corrections))
}

/// Set the usage of a day right
///
/// `usage_id` is a day of the tenant's calendar, `YYYY-MM-DD`, or a day and an app,
/// `YYYY-MM-DD:<app>`; without an app the figures are those that were reported of none. What is absent
/// stays. Every figure that changes leaves a trace.
///
/// Billing follows: the difference counts in the metering period of the day while it is not invoiced;
/// of the day on which a period begins all counts in that one. What was invoiced is 409: a credit note
/// corrects it. A level that is set, `storage_used` or `user_count`, holds for the days after as well,
/// until another was measured. A day to come is 400, a tenant that nobody ever named 404.
#[utoipa::path(
    put,
    path = "/admin/billing/usage-stats/{tenant_id}/{usage_id}",
    operation_id = "correctUsageStats",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("usage_id" = String, Path, description = "The day, and perhaps the app", pattern = r"^\d{4}-\d{2}-\d{2}(:[!-.0-~]+)?$", example = "2026-05-01:app_001"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = UsageStatsUpdateBody,
    responses((status = 200, body = UsageStatsDayBody, description = "The figures of that day and app now"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn correct_usage_stats(
    TenantAdmin { tenant, caller }: TenantAdmin,
    State(app): State<App>,
    idempotency: Idempotency,
    path: PathParameters,
    body: Body,
) -> Result<Answer, ApiError> {
    let usage = path.read("usage_id", Parsed(UsageId::parse))?;
    let set = Set::read(&body)?;
    let mut tx = app.env().db.snapshot(Purpose::Page).await?;
    // A write would make a tenant of any name.
    let is_at_home = caller.tenant.as_ref() == Some(&tenant);
    if !is_at_home && !command::is_known(&mut tx, tenant.as_str()).await? {
        return Err(ApiError::NotFound { kind: "tenant", id: tenant.to_string() });
    }
    tx.rollback().await?;
    let key = idempotency.key(Some(&tenant), &caller.scope(), &body);
    let caller = caller.user.clone();
    app.commands().run(Correct { tenant, usage, set, caller }, key).await
}

/// List what was set right of a tenant's usage
///
/// The figures that changed by `PUT /admin/billing/usage-stats/{tenant_id}/{usage_id}`, the newest
/// first: what each was and became, who set it, when and why. Extension.
#[utoipa::path(
    get,
    path = "/admin/billing/usage-stats/{tenant_id}/corrections",
    operation_id = "listUsageCorrections",
    tags = ["metering", "extension"],
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        PageParameters,
    ),
    responses((status = 200, body = UsageCorrectionList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_corrections(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = list::page(&app.env().db, &tenant, &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}
