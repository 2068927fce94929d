//! `/admin/billing/invoices`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ask::{self, OneOffBody};
use crate::{
    app::App,
    http::{
        auth::Admin,
        body::Body,
        envelope::Answer,
        idempotency::Idempotency,
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
    },
    invoicing::InvoiceBody,
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(write_invoice))
}

/// Write a one-off invoice
///
/// It bills the lines at the tenant's tax, takes the next number, and is paid from the credit balance
/// first; for the rest `payment.requested` goes out at once, and again by the tenant's dunning
/// settings. It is of no subscription: unpaid, it becomes `overdue` and suspends and cancels nothing;
/// after `auto_cancel_days` nobody asks for it any more, and it stays due. Its payment is told by its
/// number (`POST /internal/billing/records`). A line with a service is earned over its days, one
/// without on the day of the issue.
#[utoipa::path(
    post,
    path = "/admin/billing/invoices",
    operation_id = "writeInvoice",
    tags = ["invoicing", "extension"],
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Whose, for a `super_admin` who does not say it in the body", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = OneOffBody,
    responses((status = 201, body = InvoiceBody, description = "The invoice"), Refusals, BodyRefusals),
    security(("bearer" = [])),
)]
async fn write_invoice(
    admin: Admin,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let command = ask::read(&admin, &body)?;
    let key = idempotency.key(Some(&command.tenant), &admin.caller.scope(), &body);
    app.commands().run(command, key).await
}
