//! The bodies of successful answers: `code` 0, `message` "success", what was asked for, `timestamp`.
//!
//! They are written straight to bytes, because a command keeps the bytes of its answer under the
//! caller's idempotency key and gives the same ones again.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use countinghouse_core::calendar::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::{paging::PageInfo, problem::ApiError};

/// Marks an answer that was kept under an idempotency key and is given again.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Room for a body that is one thing.
const ONE_CAPACITY: usize = 512;

/// Room for a body that is a page.
const PAGE_CAPACITY: usize = 16 * 1024;

/// How every body begins.
pub(super) const OPENING: &[u8] = br#"{"code":0,"message":"success""#;

/// What comes before the instant at the end of every body.
pub(super) const CLOSING: &str = ",\"timestamp\":";

/// A status and the bytes of a JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; empty for 204.
    pub body: Bytes,
    /// Whether it was kept under an idempotency key and is given again.
    pub replayed: bool,
}

/// What an action without a result answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// Always 0.
    #[schema(example = 0)]
    pub code: i64,
    /// Always `success`.
    #[schema(example = "success")]
    pub message: String,
    /// When it was done, RFC 3339 in UTC.
    #[schema(example = "2026-05-12T10:00:00Z")]
    pub timestamp: String,
}

/// `{code, message, data, timestamp}`.
pub fn data(data: &impl Serialize, now: Instant) -> Result<Bytes, ApiError> {
    let mut body = open(ONE_CAPACITY);
    member(&mut body, "data", data)?;
    Ok(close(body, now))
}

/// The bytes under `data` of a body that [`data`] made.
pub(super) fn data_of(body: &[u8]) -> Option<&[u8]> {
    let rest = body.strip_prefix(OPENING)?.strip_prefix(b",\"data\":")?;
    // What closes it ends the body; the same letters may stand in a text before.
    let end = rest.windows(CLOSING.len()).rposition(|part| part == CLOSING.as_bytes())?;
    Some(&rest[..end])
}

/// `{code, message, items, pagination, total, timestamp}`.
pub fn list(items: &impl Serialize, page: &PageInfo, now: Instant) -> Result<Bytes, ApiError> {
    let mut body = open(PAGE_CAPACITY);
    member(&mut body, "items", items)?;
    member(&mut body, "pagination", page)?;
    member(&mut body, "total", &page.total)?;
    Ok(close(body, now))
}

/// `{code, message, timestamp}`.
pub fn done(now: Instant) -> Bytes {
    close(open(ONE_CAPACITY), now)
}

/// `{code, message, …, timestamp}` with the members of an object at the top.
pub fn members(object: &impl Serialize, now: Instant) -> Result<Bytes, ApiError> {
    let mut body = open(ONE_CAPACITY);
    let start = body.len();
    serde_json::to_writer(&mut body, object).map_err(ApiError::internal)?;
    if body[start] != b'{' || body.pop() != Some(b'}') {
        return Err(ApiError::internal("only an object has members"));
    }
    if body.len() == start + 1 {
        body.truncate(start);
    } else {
        body[start] = b',';
    }
    Ok(close(body, now))
}

impl Answer {
    /// 200.
    pub fn ok(body: Bytes) -> Self {
        Self { status: StatusCode::OK, body, replayed: false }
    }

    /// 201.
    pub fn created(body: Bytes) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::ok(Bytes::new()) }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if self.status != StatusCode::NO_CONTENT {
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
        }
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

fn open(capacity: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(capacity);
    body.extend_from_slice(OPENING);
    body
}

fn member(body: &mut Vec<u8>, name: &str, value: &impl Serialize) -> Result<(), ApiError> {
    body.extend_from_slice(b",\"");
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b"\":");
    serde_json::to_writer(body, value).map_err(ApiError::internal)
}

fn close(mut body: Vec<u8>, now: Instant) -> Bytes {
    body.extend_from_slice(format!("{CLOSING}\"{now}\"}}").as_bytes());
    body.into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::paging::Paging, *};
    use crate::http::{fields::Fields, query::Parameters};

    fn now() -> Instant {
        Instant::parse("2026-04-01T00:00:00Z").expect("it is an instant")
    }

    fn read(body: &Bytes) -> Value {
        serde_json::from_slice(body).expect("it is JSON")
    }

    #[test]
    fn one_thing_is_under_data() {
        let body = data(&json!({ "a": 1 }), now()).expect("it can be written");

        let text =
            r#"{"code":0,"message":"success","data":{"a":1},"timestamp":"2026-04-01T00:00:00Z"}"#;
        assert_eq!(body, text);
    }

    #[test]
    fn a_list_carries_its_page_and_its_total() {
        let parameters = Parameters::parse("page_size=2").expect("it is a query");
        let paging = Paging::read(&mut Fields::of_query(parameters), &["list"]);

        let body = list(&[3, 2], &paging.info(3, &["list"]), now()).expect("it can be written");

        let mut body = read(&body);
        let cursor = body["pagination"]["next_cursor"].take();
        assert!(cursor.is_string(), "{cursor}");
        assert_eq!(
            body,
            json!({
                "code": 0,
                "message": "success",
                "items": [3, 2],
                "pagination": {
                    "page": 1,
                    "page_size": 2,
                    "total": 3,
                    "total_pages": 2,
                    "has_next": true,
                    "has_prev": false,
                    "next_cursor": null,
                    "total_is_exact": true,
                },
                "total": 3,
                "timestamp": "2026-04-01T00:00:00Z",
            })
        );
    }

    #[test]
    fn members_stand_at_the_top_and_may_be_none() {
        let some = members(&json!({ "effective": true }), now()).expect("it can be written");
        let none = members(&json!({}), now()).expect("it can be written");

        let stamp = "2026-04-01T00:00:00Z";
        assert_eq!(
            read(&some),
            json!({ "code": 0, "message": "success", "effective": true, "timestamp": stamp })
        );
        assert_eq!(none, done(now()));
        assert!(members(&json!([1]), now()).is_err());
        assert!(members(&json!("{}"), now()).is_err());
    }

    #[test]
    fn a_replayed_answer_says_so_and_no_content_has_no_type() {
        let replayed = Answer { replayed: true, ..Answer::created(done(now())) }.into_response();
        let nothing = Answer::no_content().into_response();

        assert_eq!(replayed.status(), StatusCode::CREATED);
        assert_eq!(replayed.headers()[REPLAYED], "true");
        assert!(!nothing.headers().contains_key(CONTENT_TYPE));
    }
}
