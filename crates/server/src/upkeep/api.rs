//! `/internal/billing/renewals/process`

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::service;
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
    subscriptions::RenewalRunBody,
};

/// The routes of this capability.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(process_renewals))
}

/// Process what is due
///
/// Ends every period that is over, in order of due date: the next one begins and is invoiced at what
/// the plan costs now, the credit balance first; or the subscription ends `expired` or `cancelled`.
/// A trial that is over becomes the first paid period. After a downtime each missed period is made,
/// once, with invoices of now; steps of dunning that were missed are taken between, so who would have
/// been suspended by then is not renewed. It runs by itself too; calling it again, or twice at once, bills
/// nothing twice. One that fails is listed with its error, stops nobody else, and is tried by the
/// next run. With `X-Tenant-ID` only that tenant's, by its own clock if it has one; without, every
/// tenant's but of those who have one. With an `Idempotency-Key` the report is kept at the end of
/// the run; a run that is cut off has done what it did, and a repeat does the rest.
#[utoipa::path(
    post,
    path = "/internal/billing/renewals/process",
    operation_id = "processRenewals",
    tag = "subscriptions",
    params(
        ("X-Tenant-ID" = Option<String>, Header, description = "Only this tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same report, for 30 days"),
    ),
    responses((status = 200, body = RenewalRunBody, description = "What was done"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn process_renewals(
    caller: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let key = idempotency.key(caller.tenant_header.as_ref(), &caller.scope(), &body);
    service::process(app.env(), app.commands(), caller.tenant_header, key).await
}
