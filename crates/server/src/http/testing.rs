//! What the tests of this room share: keys to sign with, a clock that stands still, a small router.

use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use axum::{
    Router,
    body::Body,
    extract::FromRef,
    http::{HeaderMap, Request, StatusCode, request::Builder},
};
use countinghouse_core::calendar::Instant;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    auth::{AuthSettings, Gate, Keys},
    body::BodyLimit,
    edge::Edge,
    metrics::Metrics,
    rate::RateLimit,
    request::RequestIds,
};
use crate::env::Clock;

/// When the tests happen: 2027-01-15T08:00:00Z.
pub(super) const NOW: i64 = 1_800_000_000;

/// The HS256 secret of the tests.
pub(super) const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

/// The API key of the tests.
pub(super) const API_KEY: &str = "an-api-key-of-sixteen-or-more";

pub(super) static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("rsa-1"));
pub(super) static EC: LazyLock<Signer> = LazyLock::new(|| Signer::ec("ec-1"));
pub(super) static ED: LazyLock<Signer> = LazyLock::new(|| Signer::ed("ed-1"));

/// Whoever issues tokens.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) header: Header,
    pub(super) key: EncodingKey,
}

/// The state of the small router.
#[derive(Clone)]
pub(super) struct TestState {
    gate: Gate,
    limit: BodyLimit,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl FromRef<TestState> for Gate {
    fn from_ref(state: &TestState) -> Self {
        state.gate.clone()
    }
}

impl FromRef<TestState> for BodyLimit {
    fn from_ref(state: &TestState) -> Self {
        state.limit
    }
}

impl TestState {
    /// A state whose gate has these keys, without a rate limit.
    pub(super) async fn new(settings: &AuthSettings) -> Self {
        Self::limited(settings, None, fixed_clock()).await
    }

    /// A state with a rate limit and a clock.
    pub(super) async fn limited(
        settings: &AuthSettings,
        rate: Option<RateLimit>,
        clock: Clock,
    ) -> Self {
        let keys = Keys::open(settings).await.expect("the keys are good");
        Self { gate: Gate::new(Arc::new(keys), rate, clock), limit: BodyLimit(1024) }
    }
}

impl Signer {
    /// Signs with the secret.
    pub(super) fn hs256(secret: &[u8]) -> Self {
        let key = EncodingKey::from_secret(secret);
        Self { header: Header::new(Algorithm::HS256), key }
    }

    fn rsa(kid: &str) -> Self {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key is made");
        let pkcs8 = pair.as_der().expect("it has an encoding");
        // The PKCS #1 key is the last octet string of the PKCS #8 wrapping, after 26 bytes.
        let key = EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]);
        Self { header: Header::new(Algorithm::RS256), key }.named(kid)
    }

    /// A fresh P-256 key.
    pub(super) fn ec(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = pair.expect("a key is made").to_pkcs8v1().expect("it has an encoding");
        let key = EncodingKey::from_ec_der(pkcs8.as_ref());
        Self { header: Header::new(Algorithm::ES256), key }.named(kid)
    }

    fn ed(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key is made");
        let pkcs8 = pair.to_pkcs8v1().expect("it has an encoding");
        let key = EncodingKey::from_ed_der(pkcs8.as_ref());
        Self { header: Header::new(Algorithm::EdDSA), key }.named(kid)
    }

    fn named(mut self, kid: &str) -> Self {
        self.header.kid = Some(kid.to_owned());
        self
    }

    /// A token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header, claims, &self.key).expect("it can be signed")
    }

    /// The public half, as a member of a set.
    pub(super) fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.header.alg).expect("it has a public half");
        let mut jwk = serde_json::to_value(jwk).expect("it is JSON");
        jwk["kid"] = json!(self.header.kid);
        jwk
    }
}

/// The claims of a plain member of `tnt_1`.
pub(super) fn claims() -> Value {
    json!({ "sub": "usr_1", "tenant_id": "tnt_1", "exp": NOW + 600 })
}

/// Those claims and these.
pub(super) fn claims_with(more: &Value) -> Value {
    let mut all = claims();
    let more = more.as_object().expect("claims are an object");
    let map = all.as_object_mut().expect("claims are an object");
    map.extend(more.clone());
    map.retain(|_, value| !value.is_null());
    all
}

/// Settings with the secret and the API key of the tests.
pub(super) fn settings() -> AuthSettings {
    AuthSettings {
        hs256_secret: Some(SECRET.into()),
        api_keys: vec!["another-key-of-sixteen".into(), API_KEY.into()],
        ..AuthSettings::default()
    }
}

/// A clock that stands at [`NOW`].
pub(super) fn fixed_clock() -> Clock {
    Clock::Manual(standing_at(NOW))
}

/// What a clock that a test moves shows at first.
pub(super) fn standing_at(second: i64) -> Arc<Mutex<Instant>> {
    Arc::new(Mutex::new(Instant::from_second(second).expect("it is in range")))
}

/// The layers around a router, with a timeout of 50 ms.
pub(super) fn edged(router: Router) -> Router {
    let ids = RequestIds::new(|| 0xfeed);
    let metrics = Metrics::new().expect("they are set up");
    let timeout = std::time::Duration::from_millis(50);
    Edge::new(fixed_clock(), ids, metrics, timeout).wrap(router, &[])
}

/// Sends a request without a body.
pub(super) async fn send(router: &Router, request: Builder) -> Got {
    send_body(router, request, Body::empty()).await
}

/// Sends a request.
pub(super) async fn send_body(router: &Router, request: Builder, body: impl Into<Body>) -> Got {
    let request: Request<Body> = request.body(body.into()).expect("it is a request");
    let response = router.clone().oneshot(request).await.expect("a router never fails");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the body is whole");
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Got { status: parts.status, headers: parts.headers, body }
}
