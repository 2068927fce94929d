//! `/admin/billing/invoices`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::page;
use crate::{
    app::App,
    http::{
        auth::Admin,
        envelope::{self, Answer},
        paging::PageParameters,
        problem::ApiError,
        query::Query,
        refusals::Refusals,
    },
    invoicing::InvoiceList,
};

/// The routes of this capability.
pub(in crate::invoicing) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_invoices_as_admin))
}

/// List invoices (administrators)
///
/// Newest first, each with its lines; every filter must fit. An `admin` sees those of their own
/// tenant, a `super_admin` those of the tenant that `tenant_id` or `X-Tenant-ID` names, or of all.
/// Dates are those of the issue, both included, in the tenant's zone, over all tenants in UTC. `total`
/// is exact up to 10,000; where there are more it is 10,000 and `total_is_exact` is false, and past
/// row 10,000 only `cursor` leads.
#[utoipa::path(
    get,
    path = "/admin/billing/invoices",
    operation_id = "listInvoicesAsAdmin",
    tags = ["invoicing", "extension"],
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin`; all if absent", example = "tnt_xyz789"),
        ("tenant_id" = Option<String>, Query, description = "Whose; an `admin`'s own if absent", example = "tnt_xyz789"),
        ("status" = Option<String>, Query, description = "`issued`, `paid`, `overdue`, `void` or `refunded`", example = "overdue"),
        ("date_from" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`", example = "2026-04-01"),
        ("date_to" = Option<String>, Query, description = "The last day, `YYYY-MM-DD`", example = "2026-04-30"),
        PageParameters,
    ),
    responses((status = 200, body = InvoiceList, description = "A page of the list"), Refusals),
    security(("bearer" = [])),
)]
async fn list_invoices_as_admin(
    admin: Admin,
    State(app): State<App>,
    query: Query,
) -> Result<Answer, ApiError> {
    let (items, info) = page(&app.env().db, &admin, &query).await?;
    Ok(Answer::ok(envelope::list(&items, &info, app.env().now())?))
}
