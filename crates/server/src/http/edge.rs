//! The outermost layer: what happens to every request, in one step.
//!
//! It names the request, bounds its time, catches a panic, turns errors into problems, counts and
//! logs. One layer and not seven, since each costs every request a boxed future.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{
        HeaderName, HeaderValue, Method,
        header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, RETRY_AFTER},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;

use super::{
    auth::{API_KEY, TENANT},
    envelope::REPLAYED,
    idempotency::IDEMPOTENCY_KEY,
    metrics::Metrics,
    problem::ApiError,
    query::decode_escapes,
    render::{Occasion, render},
    request::{REQUEST_ID, RequestIds, trace_id},
};
use crate::env::{Clock, Stopwatch};

/// How long a browser may remember what another origin is allowed.
const PREFLIGHT_KEPT: Duration = Duration::from_hours(1);

/// What the outermost layer needs.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    clock: Clock,
    ids: RequestIds,
    metrics: Metrics,
    timeout: Duration,
}

impl Edge {
    /// A layer that lets requests take so long until their answer begins. A body that is streamed
    /// afterwards is not bounded.
    pub fn new(clock: Clock, ids: RequestIds, metrics: Metrics, timeout: Duration) -> Self {
        Self(Arc::new(Inner { clock, ids, metrics, timeout }))
    }

    /// Puts the layer around a router, and CORS around that if other origins are let in. No layer
    /// may come after.
    pub fn wrap(self, router: Router, origins: &[HeaderValue]) -> Router {
        let router = router.layer(from_fn_with_state(self, serve));
        if origins.is_empty() { router } else { router.layer(cors(origins)) }
    }

    /// The answer, whatever happens to the handler.
    async fn outcome(&self, request: Request, next: Next) -> Response {
        if decode_escapes(request.uri().path()).is_none() {
            let rule = "must be percent-encoded UTF-8 without the character U+0000";
            return ApiError::invalid("path", "malformed", rule).into_response();
        }
        let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(self.0.timeout, handled).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => ApiError::internal(said(panic.as_ref())).into_response(),
            Err(_elapsed) => ApiError::RequestTimeout.into_response(),
        }
    }
}

async fn serve(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let started = Stopwatch::start();
    let id = edge.0.ids.of(request.headers());
    let trace = trace_id(request.headers()).map(str::to_owned);
    let method = request.method().clone();
    let uri = request.uri().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", %id, %method, path = uri.path(), trace);

    let response = edge.outcome(request, next).instrument(span.clone()).await;

    let occasion = Occasion {
        path: uri.path(),
        request_id: id.as_str(),
        trace_id: trace.as_deref(),
        clock: &edge.0.clock,
    };
    let mut response = span.in_scope(|| render(response, occasion));
    let took = started.elapsed();
    let status = response.status();
    edge.0.metrics.count(route.as_ref().map(MatchedPath::as_str), &method, status, took);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), ?took, "answered"));
    response.headers_mut().insert(REQUEST_ID, id.header());
    response
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a word"))
}

fn cors(origins: &[HeaderValue]) -> CorsLayer {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let sent: [HeaderName; 8] = [
        AUTHORIZATION,
        CONTENT_TYPE,
        IF_MATCH,
        IDEMPOTENCY_KEY,
        TENANT,
        API_KEY,
        REQUEST_ID,
        HeaderName::from_static("traceparent"),
    ];
    let shown = [ALLOW, ETAG, RETRY_AFTER, REPLAYED, REQUEST_ID];
    let origins = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().cloned())
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(methods)
        .allow_headers(sent)
        .expose_headers(shown)
        .max_age(PREFLIGHT_KEPT)
}

#[cfg(test)]
mod tests;
