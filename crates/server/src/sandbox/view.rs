//! How the API shows a tenant's clock, and what it takes to move it.

use countinghouse_core::calendar::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::due::Due;
use crate::http::{
    body::Body, fields::Parsed, problem::ApiError, shapes::envelope, text::Timestamp,
};

/// What a tenant's clock shows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClockView {
    /// RFC 3339 in UTC. It stands still until it is moved.
    #[schema(value_type = String, example = "2026-05-12T10:00:00Z")]
    now: Timestamp,
}

/// Where a tenant's clock was moved, and what that ran.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MovedView {
    /// What it shows, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-05-12T10:00:00Z")]
    now: Timestamp,
    /// What fell due on the way, in the order in which it was done.
    ran: Vec<RanView>,
}

/// Something that was done because it fell due.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RanView {
    /// What the clock showed then, RFC 3339 in UTC.
    #[schema(value_type = String, example = "2026-05-01T00:00:00Z")]
    at: Timestamp,
    /// What kind of thing it was: `revenue.recognised`, `notice`, `trial_end`, `renewal`, `expiry`, or
    /// a step such as `dunning.retry`.
    #[schema(value_type = String, example = "renewal")]
    kind: &'static str,
    /// What it was about: a subscription, an invoice, or a month.
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    id: String,
}

envelope! {
    /// A clock in its envelope.
    ClockBody { data: ClockView }
}

envelope! {
    /// A clock that was moved, in its envelope.
    MovedBody { data: MovedView }
}

/// Where to move the clock.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct MoveBody {
    /// RFC 3339, cut to the second.
    #[schema(example = "2026-05-12T10:00:00Z", format = DateTime)]
    now: String,
}

impl ClockView {
    pub(super) fn new(now: Instant) -> Self {
        Self { now: Timestamp(now) }
    }
}

impl MovedView {
    pub(super) fn new(now: Instant, ran: Vec<RanView>) -> Self {
        Self { now: Timestamp(now), ran }
    }
}

impl RanView {
    pub(super) fn new(at: Instant, due: &Due) -> Self {
        Self { at: Timestamp(at), kind: due.kind, id: due.id.clone() }
    }
}

/// Reads where the clock of `tenant` is to be moved.
pub(super) fn read(body: &Body, tenant: &str) -> Result<Instant, ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("tenant_id", tenant);
    let now = fields.required("now", Parsed(Instant::parse));
    let (now,) = fields.finish((now,))?;
    Ok(now)
}
