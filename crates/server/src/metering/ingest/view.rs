//! How the API tells what became of reports.

use countinghouse_core::{
    calendar::Instant,
    metering::{Count, Event},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::EventRow;
use crate::{
    db::Error,
    http::{shapes::envelope, text::Timestamp},
};

/// What became of a report.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Reported {
    /// Of one event.
    One(ReportView),
    /// Of a batch.
    Batch(BatchView),
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportView {
    /// The resource.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// The app; absent if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// That it counts.
    #[schema(example = true)]
    accepted: bool,
    /// Whether it had been counted before.
    #[schema(example = false)]
    duplicate: bool,
    /// What was used of the resource in that app (or in none) in the metering period of the event, it
    /// included; of a level, how much there is. Absent for a duplicate, and for a tenant without a
    /// subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12_000)]
    period_total: Option<i64>,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BatchView {
    /// How many events count now.
    #[schema(example = 1)]
    accepted: u64,
    /// How many had been counted before.
    #[schema(example = 0)]
    duplicates: u64,
    /// How many can't be counted.
    #[schema(example = 0)]
    rejected: u64,
    /// Each of them, in the order in which they were sent.
    results: Vec<EventResult>,
}

/// What became of an event of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventResult {
    /// What its sender calls it; absent if that can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "evt_8f1c")]
    event_id: Option<String>,
    /// `accepted`, `duplicate` or `rejected`.
    #[schema(value_type = String, example = "accepted")]
    status: &'static str,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "amount: must be from 1 to 1000000000000000")]
    error: Option<String>,
}

/// An event as it was counted; of one that is packed away, that it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct UsageEventView {
    /// What its sender calls it.
    #[schema(example = "evt_8f1c")]
    event_id: String,
    /// The resource; absent, like all else that it said, once the event is packed away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "api_calls")]
    resource_type: Option<String>,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1000)]
    amount: Option<i64>,
    /// The app; absent if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// When it occurred, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-12T10:00:00Z")]
    occurred_at: Option<Timestamp>,
    /// When it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-12T10:00:01Z")]
    received_at: Option<Timestamp>,
    /// The day that it counts in, in the tenant's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-05-12")]
    day: Option<String>,
    /// The start of the metering period that it counts in; absent without a subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-05-01T00:00:00Z")]
    period_start: Option<Timestamp>,
    /// Whether it is packed away: it counts as ever, but what it said is not kept any more.
    #[schema(example = false)]
    packed: bool,
    /// `counted` or `taken_back`.
    #[schema(value_type = String, example = "counted")]
    status: &'static str,
}

envelope! {
    /// What became of one event, in its envelope.
    MeteringReportBody { data: ReportView }
}

envelope! {
    /// What became of a batch, in its envelope.
    MeteringBatchBody { data: BatchView }
}

envelope! {
    /// An event in its envelope.
    UsageEventBody { data: UsageEventView }
}

impl ReportView {
    pub(super) fn new(event: &Event, count: &Count) -> Self {
        let (duplicate, period_total) = match count {
            Count::New(total) => (false, *total),
            Count::Duplicate => (true, None),
        };
        Self {
            resource_type: event.resource.to_string(),
            app_id: event.app.as_ref().map(ToString::to_string),
            accepted: true,
            duplicate,
            period_total,
        }
    }
}

impl BatchView {
    /// Adds what became of an event.
    pub(super) fn add(&mut self, result: EventResult) {
        match result.status {
            ACCEPTED => self.accepted += 1,
            DUPLICATE => self.duplicates += 1,
            _ => self.rejected += 1,
        }
        self.results.push(result);
    }
}

const ACCEPTED: &str = "accepted";
const DUPLICATE: &str = "duplicate";
const REJECTED: &str = "rejected";

impl EventResult {
    pub(super) fn accepted(event_id: Option<String>) -> Self {
        Self { event_id, status: ACCEPTED, error: None }
    }

    pub(super) fn duplicate(event_id: Option<String>) -> Self {
        Self { event_id, status: DUPLICATE, error: None }
    }

    pub(super) fn rejected(event_id: Option<String>, why: String) -> Self {
        Self { event_id, status: REJECTED, error: Some(why) }
    }
}

impl UsageEventView {
    /// Shows an event that its sender calls `id`.
    pub(super) fn new(id: &str, row: EventRow, is_taken_back: bool) -> Result<Self, Error> {
        let shown = |at: Instant| Timestamp(at);
        Ok(Self {
            event_id: id.to_owned(),
            occurred_at: Some(shown(row.occurred_at.instant()?)),
            received_at: Some(shown(row.received_at.instant()?)),
            period_start: row.period_start.map(|at| at.instant().map(shown)).transpose()?,
            app_id: Some(row.app_id).filter(|app| !app.is_empty()),
            resource_type: Some(row.resource_type),
            amount: Some(row.amount),
            day: Some(row.day),
            packed: false,
            status: status(is_taken_back),
        })
    }

    /// Shows one that is packed away.
    pub(super) fn packed(id: &str, is_taken_back: bool) -> Self {
        let (event_id, status) = (id.to_owned(), status(is_taken_back));
        Self { event_id, packed: true, status, ..Self::default() }
    }
}

const fn status(is_taken_back: bool) -> &'static str {
    if is_taken_back { "taken_back" } else { "counted" }
}
