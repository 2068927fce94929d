//! `/internal/billing/metering`

use axum::{Extension, extract::State};
use countinghouse_core::{id::TenantId, metering::EventKey};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ask::{self, BatchBody, ReportBody},
    report::{Form, Report, Sent},
    take_back::{self, EventName, TakeBack},
    view::{MeteringBatchBody, MeteringReportBody, UsageEventBody},
};
use crate::{
    app::App,
    http::{
        auth::InternalCaller,
        body::{Body, BodyLimit, Feed},
        envelope::{self, Answer},
        fields::Name,
        idempotency::Idempotency,
        path::Path as PathParameters,
        problem::ApiError,
        query::Query,
        refusals::{BodyRefusals, Refusals},
    },
};

/// How many bytes a batch may have.
const BATCH_BYTES_MAX: usize = 16 << 20;

/// The routes of this capability.
pub(in super::super) fn routes() -> OpenApiRouter<App> {
    let batch = OpenApiRouter::new().routes(routes!(report_batch));
    OpenApiRouter::new()
        .routes(routes!(report_usage))
        .routes(routes!(get_usage_event, take_usage_event_back))
        .merge(batch.layer(Extension(BodyLimit(BATCH_BYTES_MAX))))
}

/// Report usage
///
/// One event of the tenant of `X-Tenant-ID`. With an `event_id` it counts once, for ever: a repeat is a
/// success with `duplicate: true` that changes nothing, and the same id with another resource, amount,
/// app or time is 409. What adds up counts in the day and the metering period in which it occurred; of a
/// level (`storage`, `users`) the last by `occurred_at` counts. What comes after its period was invoiced
/// counts in its day, and is billed on the next invoice, which names the period.
///
/// A `CloudEvent` 1.0 will do too: `id` and `source` together say which event it is, `time` when it
/// occurred, and `data` has `resource_type` (the event's `type` if absent), `amount` (1 if absent) and
/// `app_id`.
#[utoipa::path(
    post,
    path = "/internal/billing/metering/report",
    operation_id = "reportUsage",
    tag = "metering",
    params(
        ("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = ReportBody,
    responses((status = 200, body = MeteringReportBody, description = "It counts"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn report_usage(
    service: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    body: Body,
) -> Result<Answer, ApiError> {
    let tenant = service.tenant()?.clone();
    let sent = vec![ask::one(&body, app.env())?];
    let key = idempotency.key(Some(&tenant), &service.scope(), &body);
    app.reports().run(report(&app, tenant, sent, Form::One), key).await
}

/// Report usage in a batch
///
/// Up to 10,000 events of the tenant of `X-Tenant-ID`, each with its `event_id`, and a result for each,
/// in their order. Good ones count though others are rejected; one that had been counted is a
/// `duplicate`; the same id with other content is rejected. Sending a batch again is safe.
///
/// Besides `{"events": […]}` there may be lines of JSON (`application/x-ndjson`), an event a line, and
/// `CloudEvents` 1.0 in JSON, one or an array of them, as `POST /internal/billing/metering/report` takes
/// them.
#[utoipa::path(
    post,
    path = "/internal/billing/metering/batch",
    operation_id = "reportUsageBatch",
    tag = "extension",
    params(
        ("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    request_body = BatchBody,
    responses((status = 200, body = MeteringBatchBody, description = "What became of each"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn report_batch(
    service: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    feed: Feed,
) -> Result<Answer, ApiError> {
    let tenant = service.tenant()?.clone();
    let sent = ask::batch(&feed)?;
    let key = idempotency.key(Some(&tenant), &service.scope(), &feed.body);
    app.reports().run(report(&app, tenant, sent, Form::Batch), key).await
}

fn report(app: &App, tenant: TenantId, sent: Vec<Sent>, form: Form) -> Report {
    Report { env: app.env().clone(), tenant, sent, form }
}

/// Get a usage event
///
/// As it was counted for the tenant of `X-Tenant-ID`, by the id that its sender gave it; of a
/// `CloudEvent` with its `source`. Of one that is so old that it was packed away, only that it was
/// counted, or taken back.
#[utoipa::path(
    get,
    path = "/internal/billing/metering/events/{event_id}",
    operation_id = "getUsageEvent",
    tag = "extension",
    params(
        ("event_id" = String, Path, description = "What its sender calls it", example = "evt_8f1c"),
        ("source" = Option<String>, Query, description = "The `source` of a `CloudEvent`", example = "/gateways/eu-1"),
        ("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789"),
    ),
    responses((status = 200, body = UsageEventBody, description = "The event"), Refusals),
    security(("api_key" = [])),
)]
async fn get_usage_event(
    service: InternalCaller,
    State(app): State<App>,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    let tenant = service.tenant()?;
    let name = name(&path, &query)?;
    let view = take_back::find(&app.env().db, tenant, &name).await?;
    Ok(Answer::ok(envelope::data(&view, app.env().now())?))
}

/// Take a usage event back
///
/// As if it had never been reported: its negative is added, once; its id stays taken. Only while the
/// metering period that it counts in, or the next invoice that it waits for, is open: 409 otherwise.
/// Without a subscription that is the calendar month in which it was reported. What is packed away can't
/// be taken back. Doing so again is a success.
#[utoipa::path(
    delete,
    path = "/internal/billing/metering/events/{event_id}",
    operation_id = "takeUsageEventBack",
    tag = "extension",
    params(
        ("event_id" = String, Path, description = "What its sender calls it", example = "evt_8f1c"),
        ("source" = Option<String>, Query, description = "The `source` of a `CloudEvent`", example = "/gateways/eu-1"),
        ("X-Tenant-ID" = String, Header, description = "The tenant", example = "tnt_xyz789"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key is the same change, for 30 days"),
    ),
    responses((status = 200, body = UsageEventBody, description = "It counts no more"), Refusals, BodyRefusals),
    security(("api_key" = [])),
)]
async fn take_usage_event_back(
    service: InternalCaller,
    State(app): State<App>,
    idempotency: Idempotency,
    path: PathParameters,
    query: Query,
) -> Result<Answer, ApiError> {
    let tenant = service.tenant()?.clone();
    let name = name(&path, &query)?;
    let key = idempotency.key(Some(&tenant), &service.scope(), &Body::default());
    app.commands().run(TakeBack { tenant, name }, key).await
}

/// Which event a request means.
fn name(path: &PathParameters, query: &Query) -> Result<EventName, ApiError> {
    let mut of_path = path.fields();
    let id = of_path.required("event_id", Name(countinghouse_core::metering::EVENT_ID_MAX));
    let mut fields = query.fields()?;
    let source = fields.optional("source", Name(ask::SOURCE_MAX));
    fields.absorb(of_path);
    let (id,) = fields.finish((id,))?;
    let key = match &source {
        Some(source) => EventKey::of_source(source, &id),
        None => EventKey::of_id(&id),
    };
    Ok(EventName { id, key })
}
