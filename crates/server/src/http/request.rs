//! What a request is known by: its id and its trace.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Where a request's id comes in and goes out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the W3C Trace Context comes in.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest id that is taken from a caller.
const ID_MAX: usize = 128;

/// Gives requests an id. Cloning is cheap.
#[derive(Clone)]
pub struct RequestIds(Arc<dyn Fn() -> u128 + Send + Sync>);

/// The id of a request: the caller's, if it is a sane one, else one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestIds {
    /// Ids from a source of random numbers.
    pub fn new(random: impl Fn() -> u128 + Send + Sync + 'static) -> Self {
        Self(Arc::new(random))
    }

    /// The id of a request with these headers.
    pub(super) fn of(&self, headers: &HeaderMap) -> RequestId {
        let is_sane = |id: &&HeaderValue| {
            let bytes = id.as_bytes();
            (1..=ID_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
        };
        match headers.get(REQUEST_ID).filter(is_sane) {
            Some(id) => RequestId(id.clone()),
            None => RequestId(fresh((self.0)())),
        }
    }
}

impl RequestId {
    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The header that gives it back.
    pub(super) fn header(self) -> HeaderValue {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The trace that a request belongs to: 32 hexadecimal digits of its `traceparent`.
pub(super) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths = [version.len(), trace.len(), parent.len(), flags.len()];
    let is_whole = lengths == [2, 32, 16, 2]
        && [version, trace, parent, flags].into_iter().all(is_hex)
        && version != "ff"
        && (version != "00" || parts.next().is_none());
    let names_something = |id: &str| id.bytes().any(|byte| byte != b'0');
    (is_whole && names_something(trace) && names_something(parent)).then_some(trace)
}

fn fresh(random: u128) -> HeaderValue {
    let mut text = *b"req_00000000000000000000000000000000";
    let written = hex::encode_to_slice(random.to_be_bytes(), &mut text[4..]);
    debug_assert!(written.is_ok(), "16 bytes are 32 digits");
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("req_0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_bytes(value).expect("it is a value"))])
    }

    #[test]
    fn a_sane_id_is_kept_and_anything_else_replaced() {
        let ids = RequestIds::new(|| 0xabc);
        let ours = "req_00000000000000000000000000000abc";

        assert_eq!(ids.of(&with(REQUEST_ID, b"their-1")).as_str(), "their-1");
        assert_eq!(ids.of(&HeaderMap::new()).as_str(), ours);
        for insane in [&b""[..], b"a b", b"\xc3\xa9", &[b'a'; ID_MAX + 1]] {
            assert_eq!(ids.of(&with(REQUEST_ID, insane)).as_str(), ours);
        }
    }

    #[test]
    fn a_trace_is_read_only_from_a_whole_traceparent() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let read = |text: &str| trace_id(&with(TRACEPARENT, text.as_bytes())).map(str::to_owned);

        for whole in [
            format!("00-{trace}-00f067aa0ba902b7-01"),
            format!("cc-{trace}-00f067aa0ba902b7-01-more"),
        ] {
            assert_eq!(read(&whole).as_deref(), Some(trace), "{whole}");
        }
        for broken in [
            String::new(),
            trace.to_owned(),
            format!("00-{trace}-00f067aa0ba902b7"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
        ] {
            assert_eq!(read(&broken), None, "{broken}");
        }
    }
}
