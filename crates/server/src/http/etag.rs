//! `ETag` and `If-Match`: a change that names the version it was made from is refused when that
//! version is no longer the one that is stored.
//!
//! The tag of a thing is a digest of how the API shows it, of the very bytes under `data`. So it
//! needs no column, an answer that is kept under an idempotency key has the same tag when it is
//! given again, and a decision finds the tag of what is stored by showing it:
//!
//! ```
//! use countinghouse::http::etag::{Etag, IfMatch};
//!
//! let stored = serde_json::json!({ "name": "Acme" });
//! let tag = Etag::of(&stored)?;
//! assert!(IfMatch::parse(&tag.to_string())?.allows(&stored).is_ok());
//! assert!(IfMatch::parse("\"another\"")?.allows(&stored).is_err());
//! # Ok::<(), countinghouse::http::problem::ApiError>(())
//! ```
//!
//! A handler takes an [`IfMatch`], hands it to its command, whose `decide` asks
//! [`IfMatch::allows`] under the tenant's lock, and wraps its answer in [`Tagged`].

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderValue,
        header::{ETAG, IF_MATCH},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    envelope::{self, Answer},
    problem::ApiError,
};

/// Bytes of a digest that a tag keeps.
const DIGEST: usize = 16;

/// The most tags that a request may name.
const TAGS_MAX: usize = 32;

/// The tag of a version of something, written in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(String);

/// What a request says in `If-Match`: nothing, any version, or one of some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfMatch(Wanted);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Wanted {
    #[default]
    Unsaid,
    Any,
    /// Tags with their quotes. A weak one is among them as it was sent, and is no tag of ours.
    OneOf(Vec<String>),
}

/// An answer with one thing under `data`, to be sent with the tag of it.
#[derive(Clone, Debug)]
pub struct Tagged(pub Answer);

impl Etag {
    /// The tag of what is shown under `data`.
    pub fn of(data: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::of_bytes(&serde_json::to_vec(data).map_err(ApiError::internal)?))
    }

    fn of_bytes(data: &[u8]) -> Self {
        Self(format!("\"{}\"", hex::encode(&Sha256::digest(data)[..DIGEST])))
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl IfMatch {
    /// Reads the value of the header.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self(Wanted::Any));
        }
        // A comma may stand inside a tag, but in none of ours; a torn one is refused.
        let tags: Vec<&str> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        if tags.is_empty() || tags.len() > TAGS_MAX || !tags.iter().all(|tag| is_tag(tag)) {
            let rule = format!("must be `*` or 1 to {TAGS_MAX} values of `ETag`, in their quotes");
            return Err(ApiError::invalid("If-Match", "malformed", rule));
        }
        Ok(Self(Wanted::OneOf(tags.into_iter().map(str::to_owned).collect())))
    }

    /// Refuses unless `data`, which is what is stored as the API shows it, is a version that the
    /// request would change.
    pub fn allows(&self, data: &impl Serialize) -> Result<(), ApiError> {
        let Wanted::OneOf(tags) = &self.0 else { return Ok(()) };
        let Etag(own) = Etag::of(data)?;
        if tags.contains(&own) { Ok(()) } else { Err(ApiError::PreconditionFailed) }
    }

    /// Refuses where there is nothing to change unless the request says nothing: `*` is any version,
    /// but there is none.
    pub fn allows_nothing(&self) -> Result<(), ApiError> {
        if self.0 == Wanted::Unsaid { Ok(()) } else { Err(ApiError::PreconditionFailed) }
    }
}

/// Whether a text is a tag: `"…"` or `W/"…"`.
fn is_tag(text: &str) -> bool {
    let strong = text.strip_prefix("W/").unwrap_or(text);
    let inside = strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.is_some_and(|inside| inside.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut all = String::new();
        for value in parts.headers.get_all(IF_MATCH) {
            let text = value.to_str().map_err(|_| {
                ApiError::invalid("If-Match", "malformed", "must be visible ASCII characters")
            })?;
            all.push_str(if all.is_empty() { "" } else { "," });
            all.push_str(text);
        }
        if parts.headers.contains_key(IF_MATCH) { Self::parse(&all) } else { Ok(Self::default()) }
    }
}

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        let tag = envelope::data_of(&self.0.body).map(Etag::of_bytes);
        let mut response = self.0.into_response();
        if let Some(value) = tag.and_then(|Etag(tag)| HeaderValue::try_from(tag).ok()) {
            response.headers_mut().insert(ETAG, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use countinghouse_core::calendar::Instant;
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("it is an instant")
    }

    #[test]
    fn an_answer_has_the_tag_of_its_data_whenever_it_is_given() {
        let thing = json!({ "name": "a,\"timestamp\":\"b", "n": 1 });
        let tag = Etag::of(&thing).expect("it can be shown").to_string();

        for now in ["2026-01-31T12:00:00Z", "2027-01-31T12:00:00Z"] {
            let body = envelope::data(&thing, at(now)).expect("it can be written");
            let response = Tagged(Answer::ok(body)).into_response();
            assert_eq!(response.headers()[ETAG], tag.as_str());
        }
    }

    #[test]
    fn an_answer_without_data_has_no_tag() {
        let done = envelope::done(at("2026-01-31T12:00:00Z"));

        let response = Tagged(Answer::ok(done)).into_response();

        assert!(!response.headers().contains_key(ETAG));
    }

    #[test]
    fn a_version_is_allowed_by_its_tag_by_any_and_by_silence() {
        let (stored, other) = (json!({ "n": 1 }), json!({ "n": 2 }));
        let tag = Etag::of(&stored).expect("it can be shown");
        let allowed = ["*".to_owned(), tag.to_string(), format!("\"x\", {tag} ,")];
        let refused = ["\"x\"".to_owned(), format!("W/{tag}")];

        for text in &allowed {
            let if_match = IfMatch::parse(text).expect("it is well-formed");
            assert!(if_match.allows(&stored).is_ok(), "{text}");
        }
        for text in &refused {
            let if_match = IfMatch::parse(text).expect("it is well-formed");
            let refusal = if_match.allows(&stored).expect_err("it is another version");
            assert!(matches!(refusal, ApiError::PreconditionFailed), "{text}");
        }
        assert!(IfMatch::default().allows(&other).is_ok());
        assert!(IfMatch::parse(&allowed[1]).expect("it is a tag").allows(&other).is_err());
    }

    #[test]
    fn where_there_is_nothing_only_silence_is_allowed() {
        for text in ["*", "\"x\""] {
            let if_match = IfMatch::parse(text).expect("it is well-formed");
            assert!(matches!(if_match.allows_nothing(), Err(ApiError::PreconditionFailed)));
        }
        assert!(IfMatch::default().allows_nothing().is_ok());
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for text in ["", " ", "abc", "\"", "\"a", "a\"", "\"a\" \"b\"", "\"a\",*", "w/\"a\"", ","] {
            let refused = IfMatch::parse(text).expect_err(text);
            assert_eq!(refused.violations()[0].field, "If-Match", "{text}");
        }
        assert!(IfMatch::parse(&vec!["\"a\""; TAGS_MAX + 1].join(",")).is_err());
    }

    #[tokio::test]
    async fn the_header_may_be_absent_or_sent_in_parts() {
        let read = |values: &'static [&'static str]| async move {
            let mut request = axum::http::Request::get("/");
            for value in values {
                request = request.header(IF_MATCH, *value);
            }
            let (mut parts, ()) = request.body(()).expect("it is a request").into_parts();
            IfMatch::from_request_parts(&mut parts, &()).await
        };

        assert_eq!(read(&[]).await.expect("it is absent"), IfMatch::default());
        let parts = read(&["\"a\"", "\"b\""]).await.expect("both are tags");
        assert_eq!(parts, IfMatch::parse("\"a\",\"b\"").expect("it is well-formed"));
        assert!(read(&["*", "\"b\""]).await.is_err());
    }
}
