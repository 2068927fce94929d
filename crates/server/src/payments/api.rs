//! `/internal/billing/records`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{service::RecordPayment, view::RecordPaymentBody};
use crate::{
    app::App,
    http::{
        auth::InternalCaller,
        body::Body,
        envelope::Answer,
        idempotency::Idempotency,
        problem::ApiError,
        refusals::{BodyRefusals, Refusals},
    },
    invoicing::RecordBody,
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(record_payment))
}

/// Record a payment
///
/// Whoever collects payments says here how it went. With `invoice_number` it is about that
/// invoice: `amount` must be what is due on it (total − credit applied − notes); `paid` settles
/// it, `failed` marks it, `pending` changes nothing, and a repeat is the same success; subscription
/// and period may be left out, as they must be for a one-off invoice of a tenant without. Without a
/// number it is about the one open invoice of the subscription with the same period and amount due,
/// if there is exactly one; otherwise it makes an invoice of its own, whose total is `amount`, the
/// tenant's tax taken out of it. Without number and `Idempotency-Key`, every call is a call of its
/// own.
#[utoipa::path(
    post,
    path = "/internal/billing/records",
    operation_id = "recordPayment",
    tag = "payments",
    params(
        ("X-Tenant-ID" = String, Header, description = "Whose payment", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = RecordPaymentBody,
    responses((status = 201, body = RecordBody, description = "The record"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn record_payment(
    caller: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = caller.tenant()?;
    let payment = RecordPayment::read(tenant, &body)?;
    let key = idempotency.key(Some(tenant), &caller.scope(), &body);
    app.commands().run(payment, key).await
}
