//! Answers that are files.

use axum::{
    body::Body,
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;

/// A file to be saved, not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its media type.
    pub kind: &'static str,
    /// What it is called: visible ASCII characters without quotes.
    pub name: String,
    /// What it holds.
    pub bytes: Bytes,
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CONTENT_DISPOSITION, attachment(&self.name));
        response
    }
}

/// That a body is to be saved under a name of visible ASCII characters without quotes.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let named = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    named.unwrap_or(HeaderValue::from_static("attachment"))
}
