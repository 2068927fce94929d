//! The last step of every answer: an error gets its body, and its cause is logged.

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    causes::Causes,
    problem::{ApiError, FieldViolation, Raised},
};
use crate::env::Clock;

/// The media type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The name of the service, as the contract has it.
const SERVICE: &str = "billing-service";

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem<'a> {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:countinghouse:problem:invalid")]
    pub kind: String,
    /// The kind of problem in a few words, the same every time.
    #[schema(value_type = String, example = "Invalid request")]
    pub title: &'a str,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// What happened this time.
    #[schema(value_type = String, example = "page: must be at least 1")]
    pub detail: &'a str,
    /// The path of the request.
    #[schema(value_type = String, example = "/api/v1/billing/records/tnt_xyz789")]
    pub instance: &'a str,
    /// The number of the kind of problem.
    #[schema(example = 61_110_001)]
    pub code: u32,
    /// The same as `detail`.
    #[schema(value_type = String, example = "page: must be at least 1")]
    pub message: &'a str,
    /// Which fields to mend, all of them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldViolation>, required = false)]
    pub errors: &'a [FieldViolation],
    /// What to quote when asking for help.
    #[schema(value_type = String, example = "req_0f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e")]
    pub request_id: &'a str,
    /// When it happened, RFC 3339 in UTC.
    #[schema(example = "2026-05-12T10:00:00Z")]
    pub timestamp: String,
    /// Always `billing-service`.
    #[schema(value_type = String, example = "billing-service")]
    pub service: &'a str,
    /// The trace of the request, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<&'a str>,
    /// Seconds to wait before a repeat, with 429 and 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub retry_after: Option<u64>,
}

/// What an error's body needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion<'a> {
    pub(super) path: &'a str,
    pub(super) request_id: &'a str,
    pub(super) trace_id: Option<&'a str>,
    pub(super) clock: &'a Clock,
}

/// Gives an error its body. Everything else stays as it is.
pub(super) fn render(mut response: Response, occasion: Occasion<'_>) -> Response {
    if response.status().is_success() {
        return response;
    }
    if let Some(Raised(error)) = response.extensions_mut().remove() {
        log(&error);
        return write(response, &error, occasion);
    }
    match meant(&response) {
        Some(error) => write(response, &error, occasion),
        None => response,
    }
}

/// What the framework meant by a refusal that it wrote as plain text, or not at all.
fn meant(response: &Response) -> Option<ApiError> {
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind.is_some_and(|kind| !kind.starts_with(b"text/plain")) {
        return None;
    }
    match response.status() {
        StatusCode::NOT_FOUND => Some(ApiError::UnknownRoute),
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::MethodNotAllowed),
        StatusCode::PAYLOAD_TOO_LARGE => Some(ApiError::TooLarge),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(ApiError::UnsupportedMediaType),
        StatusCode::REQUEST_TIMEOUT => Some(ApiError::RequestTimeout),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Some(ApiError::invalid("request", "malformed", "can't be read"))
        }
        _ => None,
    }
}

/// Logs what the operator must know of. The request is known from the span.
fn log(error: &ApiError) {
    match error {
        ApiError::Internal(cause) => {
            tracing::error!(cause = %Causes(cause.as_ref()), "internal error");
        }
        ApiError::OutcomeUnknown => tracing::error!("{error}"),
        ApiError::Busy | ApiError::Unavailable(_) => tracing::warn!("{error}"),
        _ => tracing::debug!("{error}"),
    }
}

fn write(response: Response, error: &ApiError, occasion: Occasion<'_>) -> Response {
    let kind = error.kind();
    let detail = error.to_string();
    let problem = Problem {
        kind: format!("urn:countinghouse:problem:{}", kind.name),
        title: kind.title,
        status: kind.status.as_u16(),
        detail: &detail,
        instance: occasion.path,
        code: kind.code,
        message: &detail,
        errors: error.violations(),
        request_id: occasion.request_id,
        timestamp: occasion.clock.now().to_string(),
        service: SERVICE,
        trace_id: occasion.trace_id,
        retry_after: error.retry_after(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.status = kind.status;
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if kind.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(body))
}
