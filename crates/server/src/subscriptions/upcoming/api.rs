//! `/admin/billing/subscription/{tenant_id}/next-invoice`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{service, view::NextInvoiceBody};
use crate::{
    app::App,
    http::{
        auth::TenantAdmin,
        envelope::{self, Answer},
        problem::ApiError,
        refusals::Refusals,
        render::Problem,
    },
};

/// The routes of this capability.
pub(in crate::subscriptions) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_next_invoice))
}

/// Preview the next invoice
///
/// The invoice that the renewal of the tenant's subscription would issue now: what plan and terms are
/// now, and the credit that there is now. It has no number and nothing is stored. After a trial it is
/// that of the first paid period. 404 without a live subscription; 409 where nothing will be renewed:
/// the subscription ends with its period, or is suspended. Extension.
#[utoipa::path(
    get,
    path = "/admin/billing/subscription/{tenant_id}/next-invoice",
    operation_id = "getNextInvoice",
    tags = ["subscriptions", "extension"],
    params(("tenant_id" = String, Path, description = "The tenant", example = "tnt_xyz789")),
    responses(
        (status = 200, body = NextInvoiceBody, description = "The invoice to come"),
        (status = 409, body = Problem, description = "Nothing will be renewed", content_type = "application/problem+json"),
        Refusals,
    ),
    security(("bearer" = [])),
)]
async fn get_next_invoice(
    TenantAdmin { tenant, .. }: TenantAdmin,
    State(app): State<App>,
) -> Result<Answer, ApiError> {
    let view = service::next_invoice(app.env(), &tenant).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}
