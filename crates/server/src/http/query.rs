//! The query of a request: `name=value` pairs, percent-decoded, nothing malformed let through.

use std::{borrow::Cow, convert::Infallible};

use axum::{
    extract::FromRequestParts,
    http::{Uri, request::Parts},
};
use percent_encoding::percent_decode;

use super::{fields::Fields, json::Repeated, problem::ApiError};

/// The query as it came.
#[derive(Clone, Debug)]
pub struct Query(Uri);

/// The decoded parameters of a query, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Query {
    /// The parameters. Refused are a `%` without two hexadecimal digits, invalid UTF-8 and U+0000.
    pub fn fields(&self) -> Result<Fields<'_>, ApiError> {
        Parameters::parse(self.0.query().unwrap_or_default()).map(Fields::of_query)
    }
}

impl From<Uri> for Query {
    fn from(uri: Uri) -> Self {
        Self(uri)
    }
}

impl<'a> Parameters<'a> {
    /// Decodes a query, given without its `?`.
    pub fn parse(query: &'a str) -> Result<Self, ApiError> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        decoded.collect::<Option<_>>().map(Self).ok_or_else(|| {
            let rule = "the query must be percent-encoded UTF-8 without the character U+0000";
            ApiError::invalid("query", "malformed", rule)
        })
    }

    /// Takes over the parameters of a path, which are decoded already.
    pub(super) fn of_path(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self(parameters.map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of that name. An empty one is none.
    pub fn get(&self, name: &str) -> Result<Option<Cow<'a, str>>, Repeated> {
        let mut values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        let first = values.next();
        match values.next() {
            Some(_) => Err(Repeated),
            None => Ok(first.map(|(_, value)| value.clone())),
        }
    }

    /// Whether a parameter of that name was sent, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.clone()))
    }
}

/// Decodes one name or value of a query, where `+` is a space.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+' | 0)) {
        return Some(Cow::Borrowed(text));
    }
    decode_escapes(&text.replace('+', " ")).map(|decoded| Cow::Owned(decoded.into_owned()))
}

/// Percent-decodes strictly: `None` for a broken escape, invalid UTF-8 or U+0000.
pub(super) fn decode_escapes(text: &str) -> Option<Cow<'_, str>> {
    let escapes_are_whole = text
        .as_bytes()
        .split(|&byte| byte == b'%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit));
    if !escapes_are_whole {
        return None;
    }
    let decoded = percent_decode(text.as_bytes()).decode_utf8().ok()?;
    (!decoded.contains('\0')).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
        let parameters = Parameters::parse(query).expect("the query is well-formed");
        parameters.get(name).expect("it is given once")
    }

    #[test]
    fn values_are_decoded_and_empty_ones_are_absent() {
        assert_eq!(value("search=caf%C3%A9+au%20lait", "search").as_deref(), Some("café au lait"));
        assert_eq!(value("page=", "page"), None);
        assert_eq!(value("page", "page"), None);
        assert_eq!(value("page=&page=2", "page").as_deref(), Some("2"));
        assert_eq!(value("a%5Bb=c%3Dd=e", "a[b").as_deref(), Some("c=d=e"));
        assert_eq!(value("", "page"), None);
    }

    #[test]
    fn a_malformed_query_is_refused() {
        for query in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%00", "%00=a", "a=b%2", "b&%ff"] {
            assert!(Parameters::parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_parameter_given_twice_is_noticed() {
        let parameters = Parameters::parse("page=1&page=2").expect("the query is well-formed");

        assert_eq!(parameters.get("page"), Err(Repeated));
    }
}
