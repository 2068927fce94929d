//! How many requests there were and how long they took, by route, method and status.
//!
//! The labels of a request are looked up once and their counters kept, so counting allocates
//! nothing. Other rooms count through the `metrics` macros, once the recorder is installed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::bases::without_base;

/// Requests answered, by `route`, `method` and `status`.
pub const REQUESTS: &str = "http_requests_total";

/// Seconds from a request's head to its answer's head, by `route` and `method`.
pub const DURATION: &str = "http_request_duration_seconds";

/// How often [`Metrics::keep_tidy`] must run, so that waiting observations don't pile up.
const UPKEEP: Duration = Duration::from_secs(5);

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// What is counted about requests, and the page that shows all metrics. Cloning is cheap.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    routes: RwLock<HashMap<Box<str>, Vec<Series>>>,
}

/// The counters of one route, method and status.
struct Series {
    method: &'static str,
    status: StatusCode,
    requests: Counter,
    duration: Histogram,
}

/// The metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The buckets of a histogram are wrong.
    #[error(transparent)]
    Buckets(#[from] metrics_exporter_prometheus::BuildError),
}

impl Metrics {
    /// Metrics of their own, not installed anywhere.
    pub fn new() -> Result<Self, MetricsError> {
        let buckets =
            [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
        let recorder = PrometheusBuilder::new().set_buckets(&buckets)?.build_recorder();
        recorder.describe_counter(REQUESTS.into(), None, "Requests answered.".into());
        let seconds = Some(metrics::Unit::Seconds);
        recorder.describe_histogram(DURATION.into(), seconds, "Seconds until the answer.".into());
        let handle = recorder.handle();
        let recorder = Arc::new(recorder);
        Ok(Self(Arc::new(Inner { recorder, handle, routes: RwLock::default() })))
    }

    /// Makes the `metrics` macros of the whole process count here. False if they already count
    /// somewhere.
    pub fn install(&self) -> bool {
        metrics::set_global_recorder(Arc::clone(&self.0.recorder)).is_ok()
    }

    /// The page of `/metrics`, in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.0.handle.render()
    }

    /// Keeps memory bounded while nobody looks at the page, for ever.
    pub async fn keep_tidy(&self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.handle.run_upkeep();
        }
    }

    /// Counts a request. The route is a template, so that there are as many series as routes.
    pub(super) fn count(
        &self,
        route: Option<&str>,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let route = route.map_or("unknown", without_base);
        let method = label(method);
        let is_it = |series: &&Series| series.method == method && series.status == status;
        let routes = self.0.routes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = routes.get(route).and_then(|all| all.iter().find(is_it)) {
            series.count(took);
            return;
        }
        drop(routes);
        let mut routes = self.0.routes.write().unwrap_or_else(PoisonError::into_inner);
        let all = routes.entry(route.into()).or_default();
        if let Some(series) = all.iter().find(is_it) {
            series.count(took);
            return;
        }
        let series = self.register(route, method, status);
        series.count(took);
        all.push(series);
    }

    fn register(&self, route: &str, method: &'static str, status: StatusCode) -> Series {
        let labels = vec![Label::new("route", route.to_owned()), Label::new("method", method)];
        let mut with_status = labels.clone();
        with_status.push(Label::new("status", status.as_str().to_owned()));
        let recorder = &self.0.recorder;
        Series {
            method,
            status,
            requests: recorder.register_counter(&Key::from_parts(REQUESTS, with_status), &METADATA),
            duration: recorder.register_histogram(&Key::from_parts(DURATION, labels), &METADATA),
        }
    }
}

impl Series {
    fn count(&self, took: Duration) {
        self.requests.increment(1);
        self.duration.record(took);
    }
}

/// The method, if it is one of those that are served.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_template_method_and_status() {
        let metrics = Metrics::new().expect("they are set up");
        let took = Duration::from_millis(3);
        let route = Some("/api/v1/billing/plans");

        metrics.count(route, &Method::GET, StatusCode::OK, took);
        metrics.count(Some("/billing/api/v1/billing/plans"), &Method::GET, StatusCode::OK, took);
        metrics.count(route, &Method::GET, StatusCode::SERVICE_UNAVAILABLE, took);
        metrics.count(None, &Method::from_bytes(b"BREW").unwrap(), StatusCode::NOT_FOUND, took);

        let page = metrics.render();
        let ok = r#"http_requests_total{route="/billing/plans",method="GET",status="200"} 2"#;
        let away = r#"http_requests_total{route="/billing/plans",method="GET",status="503"} 1"#;
        let unknown = r#"http_requests_total{route="unknown",method="other",status="404"} 1"#;
        let took = r#"http_request_duration_seconds_bucket{route="/billing/plans",method="GET",le="0.005"} 3"#;
        for line in [ok, away, unknown, took] {
            assert!(page.contains(line), "{line} is missing in\n{page}");
        }
    }
}
