//! The body of a request: JSON, within the limit, kept as bytes.

use axum::{
    body::HttpBody,
    extract::{FromRef, FromRequest, Request},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::{fields::Fields, json::Object, problem::ApiError};

/// The bytes of a body. Nothing is known of them yet but that they are few enough and declared to
/// be JSON.
#[derive(Clone, Debug, Default)]
pub struct Body(Bytes);

/// A body that may also be lines of JSON.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The body.
    pub body: Body,
    /// Whether each of its lines is JSON: `application/x-ndjson`.
    pub has_lines: bool,
}

/// The media type of lines of JSON.
const LINES: &str = "application/x-ndjson";

/// How many bytes a body may have. It is taken from the state, or from an extension of the route
/// that takes larger ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

impl Body {
    /// The body's members. An empty body is refused.
    pub fn fields(&self) -> Result<Fields<'_>, ApiError> {
        let object = Object::parse(&self.0);
        object
            .map(Fields::of_body)
            .map_err(|fault| ApiError::invalid("body", "malformed", format!("the body {fault}")))
    }

    /// The body's members, none if there is no body.
    pub fn fields_if_any(&self) -> Result<Fields<'_>, ApiError> {
        if self.0.is_empty() { Ok(Fields::of_body(Object::default())) } else { self.fields() }
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl<S> FromRequest<S> for Body
where
    BodyLimit: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_fit = is_json(request.headers());
        read(request, state, is_fit).await
    }
}

impl<S> FromRequest<S> for Feed
where
    BodyLimit: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let has_lines = essence(request.headers()).as_deref() == Some(LINES);
        let is_fit = has_lines || is_json(request.headers());
        let body = read(request, state, is_fit).await?;
        Ok(Self { body, has_lines })
    }
}

/// Reads a body, if its media type is fit for the operation or there is none.
async fn read<S>(request: Request, state: &S, is_fit: bool) -> Result<Body, ApiError>
where
    BodyLimit: FromRef<S>,
{
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Body::default());
    }
    let route_limit = parts.extensions.get::<BodyLimit>().copied();
    let BodyLimit(limit) = route_limit.unwrap_or_else(|| BodyLimit::from_ref(state));
    if declared_length(&parts.headers).is_some_and(|length| length > limit) {
        return Err(ApiError::TooLarge);
    }
    if !is_fit && declared_length(&parts.headers).is_some_and(|length| length > 0) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let bytes = collect(body, limit).await?;
    if !is_fit && !bytes.is_empty() {
        return Err(ApiError::UnsupportedMediaType);
    }
    Ok(Body(bytes))
}

/// The whole body, unless it passes the limit.
async fn collect(body: axum::body::Body, limit: usize) -> Result<Bytes, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| ApiError::invalid("body", "incomplete", "the body broke off"))?;
        if first.len() + whole.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge);
        }
        if whole.is_empty() && first.is_empty() {
            first = chunk;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is declared as `application/json` or `application/…+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let essence = essence(headers);
    let kind = essence.as_deref().and_then(|it| it.strip_prefix("application/"));
    kind.is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

/// The media type that is declared, without its parameters.
fn essence(headers: &HeaderMap) -> Option<String> {
    let declared = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}
