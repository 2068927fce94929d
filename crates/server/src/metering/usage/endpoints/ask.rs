//! Figures of endpoints as they are sent.

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::{Date, Month},
    id::{AppId, TenantId},
    metering::{Latency, REQUESTS_MAX},
};
use utoipa::ToSchema;

use super::calls::{Calls, Place};
use crate::http::{
    body::Body,
    fields::{Decimal, Fields, Name, Parsed, Whole},
    problem::ApiError,
};

/// The most figures that are sent at once.
const FIGURES_MAX: usize = 1_000;

/// The longest name of an endpoint, in letters.
const ENDPOINT_MAX: usize = 300;

/// Figures of endpoints.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct EndpointStatsImportAskBody {
    /// 1 to 1,000 figures; of one day, app and endpoint one only.
    #[schema(min_items = 1, max_items = 1_000)]
    records: Vec<EndpointStatsRecordBody>,
}

/// The calls of an endpoint on a day.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct EndpointStatsRecordBody {
    /// Whose they are; if it is there, it must be the tenant of `X-Tenant-ID`.
    #[schema(example = "tnt_xyz789", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    tenant_id: Option<String>,
    /// The app that they are of, if they are of one.
    #[schema(example = "app_001", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    app_id: Option<String>,
    /// The day, `YYYY-MM-DD` in the tenant's zone: today or one of the 366 days before.
    #[schema(example = "2026-05-10", format = Date)]
    date: String,
    /// The endpoint, at most 300 letters.
    #[schema(example = "GET /v1/users", min_length = 1, max_length = 300)]
    endpoint: String,
    /// How often it was called; 0 if absent, which takes earlier figures away.
    #[schema(example = 15_000, minimum = 0, maximum = 10_000_000_000_i64)]
    request_count: Option<i64>,
    /// How many of the calls failed; 0 if absent.
    #[schema(example = 50, minimum = 0, maximum = 10_000_000_000_i64)]
    error_count: Option<i64>,
    /// How long a call took on average, in milliseconds with at most 3 decimals, up to 600,000; 0 if
    /// absent.
    #[schema(value_type = Option<f64>, example = 12.5, minimum = 0, maximum = 600_000)]
    avg_latency_ms: Option<String>,
}

/// The calls of an endpoint on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) day: Date,
    pub(super) app: Option<AppId>,
    pub(super) endpoint: String,
    pub(super) requests: i64,
    pub(super) errors: i64,
    /// Of a call, on average.
    pub(super) latency: Latency,
}

impl Figure {
    /// Where it is counted of days.
    pub(super) fn day_place(&self) -> Place {
        self.place(self.day.to_string())
    }

    /// Where it is counted of months.
    pub(super) fn month_place(&self) -> Place {
        self.place(Month::of(self.day).to_string())
    }

    /// The calls that it tells of.
    pub(super) fn calls(&self) -> Calls {
        let micros = self.latency.of_all(self.requests).into();
        Calls { requests: self.requests, errors: self.errors, micros }
    }

    fn place(&self, time: String) -> Place {
        let app = self.app.as_ref().map_or("", AppId::as_str);
        [time, app.to_owned(), self.endpoint.clone()]
    }
}

/// Reads figures of a tenant.
pub(super) fn figures(tenant: &TenantId, body: &Body) -> Result<Vec<Figure>, ApiError> {
    let mut fields = body.fields()?;
    let mut figures: Vec<Figure> = Vec::new();
    let mut places = BTreeSet::new();
    for mut entry in fields.objects("records", 1..=FIGURES_MAX) {
        if let Some(figure) = figure(tenant, &mut entry) {
            let place = (figure.day, figure.app.clone(), figure.endpoint.clone());
            if !places.insert(place) {
                let rule = "is there twice, with the same date and app";
                entry.violate("endpoint", "repeated", rule);
            }
            figures.push(figure);
        }
        fields.absorb(entry);
    }
    fields.finish(())?;
    Ok(figures)
}

fn figure(tenant: &TenantId, fields: &mut Fields<'_>) -> Option<Figure> {
    let named = fields.optional("tenant_id", Parsed(TenantId::parse));
    if named.is_some_and(|named| named != *tenant) {
        fields.violate("tenant_id", "differs", "differs from `X-Tenant-ID`");
    }
    let day = fields.required("date", Parsed(Date::parse));
    let app = fields.optional("app_id", Parsed(AppId::parse));
    let endpoint = fields.required("endpoint", Name(ENDPOINT_MAX));
    let requests = fields.optional("request_count", Whole(0..=REQUESTS_MAX)).unwrap_or(0);
    let errors = fields.optional("error_count", Whole(0..=REQUESTS_MAX)).unwrap_or(0);
    if errors > requests && fields.violations().is_empty() {
        fields.violate("error_count", "out_of_range", "must not be above `request_count`");
    }
    let latency = fields.optional("avg_latency_ms", Decimal(Latency::parse));
    let latency = latency.unwrap_or(Latency::ZERO);
    Some(Figure { day: day?, app, endpoint: endpoint?, requests, errors, latency })
}
