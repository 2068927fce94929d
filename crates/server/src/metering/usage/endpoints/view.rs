//! How the API shows the calls of endpoints.

use countinghouse_core::metering::Latency;
use serde::Serialize;
use utoipa::ToSchema;

use super::calls::{Calls, Place};
use crate::http::{
    number::{LatencyNumber, Number},
    shapes::envelope,
    text::TenantText,
};

/// The endpoints that are called most.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EndpointUsageListView {
    /// Whose they are.
    #[schema(value_type = String, example = "tnt_xyz789")]
    pub(super) tenant_id: TenantText,
    /// The app, if they are those of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    pub(super) app_id: Option<String>,
    /// Of how many days.
    #[schema(example = 7)]
    pub(super) days: i64,
    /// The endpoints, the one that was called most first.
    pub(super) endpoints: Vec<EndpointUsageView>,
}

/// The calls of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EndpointUsageView {
    /// The endpoint.
    #[schema(example = "GET /v1/users")]
    endpoint: String,
    /// How often it was called.
    #[schema(example = 15_000)]
    request_count: i64,
    /// How many of the calls failed.
    #[schema(example = 50)]
    error_count: i64,
    /// How long a call took on average, in milliseconds.
    #[schema(example = 12.5)]
    avg_latency_ms: LatencyNumber,
}

/// The calls of an endpoint on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointDayView {
    /// The day in the tenant's zone.
    #[schema(example = "2026-05-10")]
    date: String,
    /// The app, if they are of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "app_001")]
    app_id: Option<String>,
    /// The endpoint.
    #[schema(example = "GET /v1/users")]
    endpoint: String,
    /// How often it was called.
    #[schema(example = 15_000)]
    request_count: i64,
    /// How many of the calls failed.
    #[schema(example = 50)]
    error_count: i64,
    /// How long a call took on average, in milliseconds.
    #[schema(example = 12.5)]
    avg_latency_ms: LatencyNumber,
}

/// What became of figures that were sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EndpointStatsImportView {
    /// How many are new.
    #[schema(example = 1)]
    pub(super) imported: usize,
    /// How many took the place of earlier ones.
    #[schema(example = 0)]
    pub(super) updated: usize,
}

envelope! {
    /// The endpoints that are called most, in their envelope.
    EndpointUsageListBody { data: EndpointUsageListView }
}

envelope! {
    /// What became of figures that were sent, in its envelope.
    EndpointStatsImportBody { data: EndpointStatsImportView }
}

impl EndpointUsageView {
    /// An endpoint, and how often it was called.
    pub(super) fn of((endpoint, it): (String, Calls)) -> Self {
        Self {
            avg_latency_ms: Number(Latency::average(it.micros, it.requests.into())),
            endpoint,
            request_count: it.requests,
            error_count: it.errors,
        }
    }
}

impl EndpointDayView {
    /// The calls of a day, of an app or of none.
    pub(super) fn of([date, app, endpoint]: Place, calls: Calls) -> Self {
        let app_id = Some(app).filter(|app| !app.is_empty());
        let of_day = EndpointUsageView::of((endpoint, calls));
        let EndpointUsageView { endpoint, request_count, error_count, avg_latency_ms } = of_day;
        Self { date, app_id, endpoint, request_count, error_count, avg_latency_ms }
    }
}
