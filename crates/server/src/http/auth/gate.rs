//! The door: from the headers of a request to who sent it.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header::AUTHORIZATION, request::Parts};
use countinghouse_core::id::TenantId;

use super::{
    super::{
        problem::ApiError,
        rate::{CallerKey, RateLimit},
    },
    Caller, Keys,
    verdicts::{self, Verdicts},
};
use crate::env::Clock;

/// Where other services send their key.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Where a caller names a tenant that the path does not.
pub const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");

/// Finds out who calls, and whether they call too often. Cloning is cheap.
///
/// Extractors take it from the state by `FromRef`.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    keys: Arc<Keys>,
    verdicts: Verdicts,
    rate: Option<RateLimit>,
    clock: Clock,
}

impl Gate {
    /// A door with these keys. Tokens expire by this clock.
    pub fn new(keys: Arc<Keys>, rate: Option<RateLimit>, clock: Clock) -> Self {
        Self(Arc::new(Inner { keys, verdicts: Verdicts::new(), rate, clock }))
    }

    /// The person whose token the request carries.
    pub(super) async fn person(&self, parts: &Parts) -> Result<Arc<Caller>, ApiError> {
        match self.verify(&parts.headers).await {
            Ok(caller) => {
                self.limit(CallerKey::person(&caller))?;
                Ok(caller)
            }
            Err(refused) => {
                self.limit(CallerKey::peer(parts))?;
                Err(refused)
            }
        }
    }

    /// Lets a service in that sends one of the API keys.
    pub(super) fn service(&self, parts: &Parts) -> Result<(), ApiError> {
        let known = match one(&parts.headers, &API_KEY) {
            _ if !self.0.keys.knows_api_keys() => {
                Err(ApiError::Unauthorized("no API key is configured here"))
            }
            Sent::Once(key) => {
                self.0.keys.api_key(key).ok_or(ApiError::Unauthorized("the API key is not known"))
            }
            Sent::Never => Err(ApiError::Unauthorized("an API key is needed in X-API-Key")),
            Sent::Often => Err(ApiError::Unauthorized("X-API-Key must be sent once")),
        };
        match known {
            Ok(key) => self.limit(CallerKey::service(&key)),
            Err(refused) => {
                self.limit(CallerKey::peer(parts))?;
                Err(refused)
            }
        }
    }

    /// Lets anyone in who does not call too often.
    pub(super) fn anyone(&self, parts: &Parts) -> Result<(), ApiError> {
        self.limit(CallerKey::peer(parts))
    }

    async fn verify(&self, headers: &HeaderMap) -> Result<Arc<Caller>, ApiError> {
        let Inner { keys, verdicts, clock, .. } = &*self.0;
        if !keys.knows_tokens() {
            return Err(ApiError::Unauthorized("no key for tokens is configured here"));
        }
        let token = bearer(headers)?;
        let now = clock.now().as_second();
        let hash = verdicts::hash(token);
        let generation = keys.generation();
        if let Some(caller) = verdicts.get(&hash, generation, now) {
            return Ok(caller);
        }
        let verdict = keys.judge(token, now).await;
        let good = verdict.map_err(|refused| ApiError::Unauthorized(refused.told()))?;
        Ok(verdicts.keep(hash, generation, good, now))
    }

    fn limit(&self, caller: CallerKey<'_>) -> Result<(), ApiError> {
        self.0.rate.as_ref().map_or(Ok(()), |rate| rate.check(caller))
    }
}

/// The tenant that `X-Tenant-ID` names. An empty one is refused: where none would mean every tenant,
/// a client that lost its tenant must not act on all of them.
pub(super) fn tenant_header(headers: &HeaderMap) -> Result<Option<TenantId>, ApiError> {
    let refused = |rule: &str| ApiError::invalid("X-Tenant-ID", "malformed", rule);
    match one(headers, &TENANT) {
        Sent::Never => Ok(None),
        Sent::Once(text) => {
            let text = std::str::from_utf8(text).unwrap_or_default();
            TenantId::parse(text).map(Some).map_err(|error| refused(&error.to_string()))
        }
        Sent::Often => Err(refused("must be sent once")),
    }
}

/// Whether `X-Tenant-ID` is absent, empty, or this tenant.
pub(super) fn header_agrees(headers: &HeaderMap, tenant: &TenantId) -> bool {
    let mut values = headers.get_all(&TENANT).iter();
    values.all(|value| value.is_empty() || value.as_bytes() == tenant.as_str().as_bytes())
}

/// How often a header was sent.
enum Sent<'a> {
    Never,
    Once(&'a [u8]),
    Often,
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Sent<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Sent::Never,
        (Some(value), None) => Sent::Once(value.as_bytes()),
        (Some(_), Some(_)) => Sent::Often,
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let value = match one(headers, &AUTHORIZATION) {
        Sent::Once(value) => std::str::from_utf8(value).unwrap_or_default(),
        Sent::Never => return Err(ApiError::Unauthorized("a bearer token is needed")),
        Sent::Often => return Err(ApiError::Unauthorized("Authorization must be sent once")),
    };
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or(ApiError::Unauthorized("Authorization must be `Bearer` and a token"))
}
