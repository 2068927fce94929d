//! `/admin/billing/metered-usage/{tenant_id}`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{rows, view::MeteredBillingListBody};
use crate::{
    app::App,
    http::{
        auth::TenantAdmin,
        envelope::{self, Answer},
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
};

/// The route of metered usage.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_metered_usage))
}

/// List a tenant's metered usage
///
/// A row for each metering period, app and resource, the newest period first, all of them: what was
/// used, and what of it is billed. `open` rows grow until their period is invoiced. `start` and `end`
/// are days, `YYYY-MM-DD` in the tenant's zone, which belong to the time whole, or instants; with them
/// the rows are those whose period reaches into that time. Who has no subscription has no rows.
#[utoipa::path(
    get,
    path = "/admin/billing/metered-usage/{tenant_id}",
    operation_id = "listMeteredUsage",
    tag = "metering",
    params(
        ("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789"),
        ("app_id" = Option<String>, Query, description = "Only this app", example = "app_001"),
        ("start" = Option<String>, Query, description = "The first day, or an instant", example = "2026-04-01"),
        ("end" = Option<String>, Query, description = "The last day, or an instant", example = "2026-04-30"),
    ),
    responses((status = 200, body = MeteredBillingListBody, description = "The rows"), Refusals),
    security(("bearer" = [])),
)]
async fn list_metered_usage(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let rows = rows(&app.env().db, &tenant, &query).await?;
    Ok(Answer::ok(envelope::data(&rows, app.env().now())?))
}
