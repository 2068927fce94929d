//! The header `Idempotency-Key`: what a command is known by when it is sent again.
//!
//! Here the key is only read and digested. Keeping the answer under it is the command runner's.

use aws_lc_rs::hmac;
use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderName, HeaderValue, Method, Uri, request::Parts},
};
use countinghouse_core::id::TenantId;
use sha2::{Digest, Sha256};

use super::{auth::CallerScope, bases::without_base, body::Body, problem::ApiError};

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most characters of a key.
pub const KEY_MAX: usize = 255;

/// The `Idempotency-Key` of a request, if it has one, and the request's line.
#[derive(Clone, Debug)]
pub struct Idempotency(Option<Request>);

#[derive(Clone, Debug)]
struct Request {
    key: HeaderValue,
    method: Method,
    uri: Uri,
}

/// What an answer is kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// SHA-256 over the tenant (or the platform), the caller and the key they chose.
    pub digest: [u8; 32],
    /// SHA-256 over method, path without base, query and body, or what hides it: the same key with
    /// another fingerprint is refused.
    pub fingerprint: [u8; 32],
}

impl Idempotency {
    /// What the answer is to be kept under; nothing if the request has no key. Operations of the
    /// platform have no tenant.
    pub fn key(&self, tenant: Option<&TenantId>, caller: &CallerScope, body: &Body) -> Option<Key> {
        let Request { key, method, uri } = self.0.as_ref()?;
        let (kind, user) = match caller {
            CallerScope::User(user) => ("user", user.as_str()),
            CallerScope::Internal => ("internal", ""),
        };
        let (scope, tenant) = match tenant {
            Some(tenant) => ("tenant", tenant.as_str()),
            None => ("platform", ""),
        };
        let parts = [scope, tenant, kind, user].map(str::as_bytes);
        let path = without_base(uri.path()).as_bytes();
        let query = uri.query().unwrap_or_default().as_bytes();
        Some(Key {
            digest: digest(parts.into_iter().chain([key.as_bytes()])),
            fingerprint: digest([method.as_str().as_bytes(), path, query, body.bytes()]),
        })
    }
}

impl Key {
    /// The same key where the request may hold a secret: its fingerprint under another key, so that
    /// nobody who reads the database can try out short secrets. Without that key it stays as it is.
    #[must_use]
    pub fn hidden_by(self, key: Option<[u8; 32]>) -> Self {
        let Some(key) = key else { return self };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(hmac::sign(&key, &self.fingerprint).as_ref());
        Self { fingerprint, ..self }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(key) = values.next() else { return Ok(Self(None)) };
        let is_visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        if values.next().is_some() || !is_visible || !(1..=KEY_MAX).contains(&key.len()) {
            let rule = format!("must be sent once, with 1 to {KEY_MAX} visible ASCII characters");
            return Err(ApiError::invalid("Idempotency-Key", "malformed", rule));
        }
        let original = parts.extensions.get::<OriginalUri>();
        let uri = original.map_or(&parts.uri, |OriginalUri(uri)| uri).clone();
        Ok(Self(Some(Request { key: key.clone(), method: parts.method.clone(), uri })))
    }
}

/// The SHA-256 of parts, each preceded by its length, so that no two lists of parts are one text.
fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use countinghouse_core::id::UserId;

    use super::*;

    fn tenant(text: &str) -> TenantId {
        TenantId::parse(text).expect("it is an id")
    }

    fn user(text: &str) -> CallerScope {
        CallerScope::User(UserId::parse(text).expect("it is an id"))
    }

    async fn read(header: Option<&[u8]>, uri: &str) -> Result<Idempotency, ApiError> {
        let mut request = axum::http::Request::post(uri);
        if let Some(header) = header {
            request = request.header(IDEMPOTENCY_KEY, header);
        }
        let (mut parts, ()) = request.body(()).expect("it is a request").into_parts();
        Idempotency::from_request_parts(&mut parts, &()).await
    }

    async fn key(
        header: &str,
        uri: &str,
        tenant_id: &str,
        caller: &CallerScope,
        body: &str,
    ) -> Key {
        let read = read(Some(header.as_bytes()), uri).await.expect("the key is good");
        let body = Body::from(Bytes::copy_from_slice(body.as_bytes()));
        read.key(Some(&tenant(tenant_id)), caller, &body).expect("there is a key")
    }

    #[tokio::test]
    async fn the_same_request_under_another_base_is_the_same() {
        let caller = user("usr_1");

        let first = key("k", "/api/v1/billing/alerts?a=1", "tnt_1", &caller, "{}").await;
        let again =
            key("k", "/bff/billing/api/v1/billing/alerts?a=1", "tnt_1", &caller, "{}").await;

        assert_eq!(first, again);
    }

    #[tokio::test]
    async fn another_request_differs_by_its_fingerprint_only() {
        let caller = user("usr_1");
        let first = key("k", "/api/v1/a?b=1", "tnt_1", &caller, "{}").await;

        for (uri, body) in [("/api/v1/a?b=2", "{}"), ("/api/v1/ab?=1", "{}"), ("/api/v1/a?b=1", "")]
        {
            let other = key("k", uri, "tnt_1", &caller, body).await;
            assert_eq!(other.digest, first.digest, "{uri}");
            assert_ne!(other.fingerprint, first.fingerprint, "{uri}");
        }
    }

    #[tokio::test]
    async fn a_hidden_fingerprint_can_be_made_with_its_key_only() {
        let caller = user("usr_1");
        let plain = key("k", "/api/v1/a", "tnt_1", &caller, "{\"pin\":1}").await;
        let other = key("k", "/api/v1/a", "tnt_1", &caller, "{\"pin\":2}").await;

        let hidden = plain.hidden_by(Some([7; 32]));

        assert_eq!(hidden, plain.hidden_by(Some([7; 32])));
        assert_eq!(hidden.digest, plain.digest);
        let others = [plain, plain.hidden_by(Some([8; 32])), other.hidden_by(Some([7; 32]))];
        assert!(others.iter().all(|it| it.fingerprint != hidden.fingerprint));
        assert_eq!(plain.hidden_by(None), plain);
    }

    #[tokio::test]
    async fn keys_of_other_callers_and_tenants_are_other_keys() {
        let first = key("k", "/api/v1/a", "tnt_1", &user("usr_1"), "").await;

        let others = [
            key("k2", "/api/v1/a", "tnt_1", &user("usr_1"), "").await,
            key("k", "/api/v1/a", "tnt_2", &user("usr_1"), "").await,
            key("k", "/api/v1/a", "tnt_1", &user("usr_2"), "").await,
            key("k", "/api/v1/a", "tnt_1", &user("internal"), "").await,
            key("k", "/api/v1/a", "tnt_1", &CallerScope::Internal, "").await,
        ];

        for (index, other) in others.iter().enumerate() {
            assert_eq!(other.fingerprint, first.fingerprint);
            assert_ne!(other.digest, first.digest);
            assert!(others[..index].iter().all(|earlier| earlier.digest != other.digest));
        }
    }

    #[tokio::test]
    async fn a_key_is_1_to_255_visible_characters() {
        let longest = [b'k'; KEY_MAX];

        assert!(read(Some(&longest), "/").await.is_ok());
        assert!(read(None, "/").await.is_ok_and(|read| read.0.is_none()));
        for bad in [&b""[..], &[b'k'; KEY_MAX + 1], b"a b", b"\xc3\xa9", b"a\tb"] {
            let refused = read(Some(bad), "/").await.expect_err("it is bad");
            assert_eq!(refused.violations()[0].field, "Idempotency-Key");
        }
    }
}
