//! Errors as a client sees them: `application/problem+json`, per RFC 9457.
//!
//! A handler returns an [`ApiError`], which knows its status, its code and its words. What belongs
//! to the request (its path, its id, its trace, the time) is added by [`render`](super::render),
//! the outermost layer, which writes the body and logs the inner cause.

use std::{borrow::Cow, fmt, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How many seconds a client is asked to wait when the service is busy.
const RETRY_SOON: u64 = 1;

/// How many seconds a client is asked to wait when something that the service needs is away.
const RETRY_LATER: u64 = 5;

/// The only error that a handler returns. The text of each is what the client reads.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The path, query or body broke rules: one entry for each field, all of them at once.
    #[error("{}", Violations(.0))]
    Invalid(Vec<FieldViolation>),
    /// There is no credential, or it is expired or bad. The text is shown.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The caller is known, but of the wrong tenant or role. The text is shown.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such thing, or not in this tenant.
    #[error("there is no {kind} `{id}`")]
    NotFound {
        /// What was looked for, such as `subscription`.
        kind: &'static str,
        /// What it was looked for by.
        id: String,
    },
    /// The tenant has no usage at all.
    #[error("there is no usage of tenant `{0}`")]
    NoUsage(String),
    /// The request is fine, but the state of things forbids it. The text is shown.
    #[error("{0}")]
    Conflict(String),
    /// The same idempotency key came with another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// `If-Match` does not match what is stored.
    #[error("what is stored is no longer the version named by If-Match")]
    PreconditionFailed,
    /// The caller sends faster than it may.
    #[error("too many requests; wait {retry_after} s")]
    TooManyRequests {
        /// Whole seconds to wait, at least 1.
        retry_after: u64,
    },
    /// Too much is waiting. Nothing was done.
    #[error("too much is waiting; nothing was done, and the same request may succeed in a moment")]
    Busy,
    /// The database is away, or a setting that this needs is not there. Nothing was done. The text
    /// is shown.
    #[error("{0}")]
    Unavailable(&'static str),
    /// The connection broke while the change was being saved.
    #[error(
        "the change may have been saved or not; only a repeat under the same Idempotency-Key is safe"
    )]
    OutcomeUnknown,
    /// The body is larger than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The body is not declared to be JSON.
    #[error("the body must be sent as `Content-Type: application/json`")]
    UnsupportedMediaType,
    /// The path is known, but not with this method. The router adds `Allow`.
    #[error("this path does not take this method")]
    MethodNotAllowed,
    /// The request took longer than the limit.
    #[error("the request took too long")]
    RequestTimeout,
    /// There is nothing at this path.
    #[error("there is nothing at this path")]
    UnknownRoute,
    /// The fault is ours. The cause is logged, and the client learns nothing but the request id.
    #[error("an internal error; its cause is logged under the request id")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One rule that one field broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldViolation {
    /// The field, as a path: `page_size`, `lines[2].quantity`; `body` for the body as a whole.
    #[schema(value_type = String, example = "page")]
    pub field: Cow<'static, str>,
    /// The rule in one word, such as `required` or `out_of_range`.
    #[schema(value_type = String, example = "out_of_range")]
    pub code: Cow<'static, str>,
    /// The rule, for people.
    #[schema(example = "must be at least 1")]
    pub description: String,
}

/// What a kind of error always says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The HTTP status.
    pub status: StatusCode,
    /// The number that the contract gives it.
    pub code: u32,
    /// The last part of its `type`.
    pub name: &'static str,
    /// Its `title`.
    pub title: &'static str,
}

/// The [`ApiError`] behind a response, left among its extensions for the layer that renders it.
#[derive(Clone, Debug)]
pub struct Raised(pub Arc<ApiError>);

impl FieldViolation {
    /// A broken rule.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: impl Into<Cow<'static, str>>,
        description: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), code: code.into(), description: description.into() }
    }
}

impl ApiError {
    /// One broken rule of one field.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        code: impl Into<Cow<'static, str>>,
        description: impl Into<String>,
    ) -> Self {
        Self::Invalid(vec![FieldViolation::new(field, code, description)])
    }

    /// A fault of ours.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// Its status, code and title.
    #[rustfmt::skip]
    pub fn kind(&self) -> Kind {
        let (status, code, name, title) = match self {
            Self::Invalid(_) => (400, 61_110_001, "invalid", "Invalid request"),
            Self::Unauthorized(_) => (401, 61_110_002, "unauthorized", "Unauthorized"),
            Self::Forbidden(_) => (403, 61_110_003, "forbidden", "Forbidden"),
            Self::NotFound { .. } => (404, 61_110_004, "not-found", "Not found"),
            Self::UnknownRoute => (404, 61_110_004, "unknown-route", "Unknown path"),
            Self::NoUsage(_) => (404, 61_110_025, "no-usage", "No usage"),
            Self::Conflict(_) => (409, 61_110_005, "conflict", "Conflict"),
            Self::KeyReused => (422, 61_110_006, "key-reused", "Idempotency key reused"),
            Self::TooManyRequests { .. } => (429, 61_110_007, "too-many-requests", "Too many requests"),
            Self::Busy => (503, 61_110_008, "busy", "Busy"),
            Self::Unavailable(_) => (503, 61_110_008, "unavailable", "Unavailable"),
            Self::OutcomeUnknown => (503, 61_110_008, "outcome-unknown", "Outcome unknown"),
            Self::TooLarge => (413, 61_110_009, "too-large", "Body too large"),
            Self::UnsupportedMediaType => (415, 61_110_009, "not-json", "Not JSON"),
            Self::MethodNotAllowed => (405, 61_110_010, "method-not-allowed", "Method not allowed"),
            Self::RequestTimeout => (408, 61_110_010, "timeout", "Request took too long"),
            Self::PreconditionFailed => (412, 61_110_011, "precondition-failed", "Precondition failed"),
            Self::Internal(_) => (500, 61_110_000, "internal", "Internal error"),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Kind { status, code, name, title }
    }

    /// Whole seconds after which a repeat may succeed; given with 429 and 503.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } => Some(*retry_after),
            Self::Busy | Self::OutcomeUnknown => Some(RETRY_SOON),
            Self::Unavailable(_) => Some(RETRY_LATER),
            _ => None,
        }
    }

    /// The broken rules, if that is what it is.
    pub fn violations(&self) -> &[FieldViolation] {
        match self {
            Self::Invalid(violations) => violations,
            _ => &[],
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.kind().status;
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Raised(Arc::new(self)));
        response
    }
}

/// The broken rules as one sentence: the rule itself where there is one, else the fields.
struct Violations<'a>(&'a [FieldViolation]);

impl fmt::Display for Violations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("the request is invalid"),
            [one] => write!(f, "{}: {}", one.field, one.description),
            [first, rest @ ..] => {
                write!(f, "{} fields are invalid: {}", self.0.len(), first.field)?;
                rest.iter().try_for_each(|violation| write!(f, ", {}", violation.field))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_rule_is_told_and_several_are_named() {
        let one = vec![FieldViolation::new("page", "out_of_range", "must be at least 1")];
        let two = [one.clone(), vec![FieldViolation::new("search", "too_long", "is too long")]];

        let told = ApiError::Invalid(one).to_string();
        let named = ApiError::Invalid(two.concat()).to_string();

        assert_eq!(told, "page: must be at least 1");
        assert_eq!(named, "2 fields are invalid: page, search");
    }

    #[test]
    fn a_wait_is_told_with_429_and_503_and_with_nothing_else() {
        let waits = [
            (ApiError::TooManyRequests { retry_after: 7 }, Some("7")),
            (ApiError::Busy, Some("1")),
            (ApiError::OutcomeUnknown, Some("1")),
            (ApiError::Unavailable("the database is away"), Some("5")),
            (ApiError::Conflict("no".to_owned()), None),
            (ApiError::internal("broken"), None),
        ];

        for (error, wait) in waits {
            let response = error.into_response();
            let header = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(header, wait, "{:?}", response.extensions().get::<Raised>());
        }
    }

    #[test]
    fn an_inner_cause_is_not_in_the_text() {
        let error = ApiError::internal("password=hunter2");

        let text = error.to_string();

        assert!(!text.contains("hunter2"), "{text}");
    }
}
