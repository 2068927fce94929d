//! What makes a token good: its signature against our keys, its times by our clock, its claims.

use countinghouse_core::id::{TenantId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, Header, decode_header};
use serde::{Deserialize, de::IgnoredAny};

use super::{Caller, jwks::KeySet};

/// How far, in seconds, the clock of whoever signed may be from ours.
const LEEWAY: i64 = 30;

/// What a token is judged by.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    /// The secret for HS256.
    pub secret: Option<&'a DecodingKey>,
    /// The public keys for everything else.
    pub keys: &'a KeySet,
    /// What `aud` must hold, if anything.
    pub audience: Option<&'a str>,
    /// What `iss` must be, if anything.
    pub issuer: Option<&'a str>,
}

/// A good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Good {
    /// Who holds it.
    pub caller: Caller,
    /// `exp`, in seconds since 1970.
    pub expires_at: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It isn't a signed JWT, or its header asks for what we don't do.
    Malformed,
    /// It is signed by a key that we don't know (yet).
    UnknownKey,
    /// The signature is not that of the key.
    Signature,
    /// A required claim is missing, or one has the wrong type.
    Claims,
    /// `exp` has passed.
    Expired,
    /// `nbf` is still to come.
    NotYet,
    /// It was made for someone else, or by someone else.
    Foreign,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    nbf: Option<i64>,
    sub: Option<String>,
    user_id: Option<String>,
    tenant_id: Option<String>,
    iss: Option<String>,
    aud: Option<OneOrMany>,
    role: Option<OneOrMany>,
    roles: Option<OneOrMany>,
    custom: Option<Custom>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Custom {
    Object { role: Option<OneOrMany> },
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
    Other(IgnoredAny),
}

impl Refused {
    /// What the caller is told; it tells nothing of our keys.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Malformed => "the token is not one that is accepted here",
            Self::UnknownKey | Self::Signature => "the token is not signed by a known key",
            Self::Claims => "the token lacks a claim: `exp`, and `sub` or `user_id`, are needed",
            Self::Expired => "the token has expired",
            Self::NotYet => "the token is not valid yet",
            Self::Foreign => "the token was issued by or for someone else",
        }
    }
}

impl Judge<'_> {
    /// Judges a token at an instant, in seconds since 1970.
    pub(super) fn judge(self, token: &str, now: i64) -> Result<Good, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        if names_its_own_key(&header) || header.crit.is_some() {
            return Err(Refused::Malformed);
        }
        self.check_signature(token, &header)?;
        let claims: Claims =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Refused::Claims)?;
        self.check_claims(&claims, now)?;
        let expires_at = claims.exp;
        Ok(Good { caller: claims.caller()?, expires_at })
    }

    fn check_signature(self, token: &str, header: &Header) -> Result<(), Refused> {
        let (message, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let is_of = |key: &DecodingKey| {
            let verified =
                jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, header.alg);
            verified.unwrap_or(false)
        };
        let (found, verified) = match header.alg {
            Algorithm::HS256 => (self.secret.is_some(), self.secret.is_some_and(is_of)),
            Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA => {
                let mut candidates =
                    self.keys.candidates(header.alg, header.kid.as_deref()).peekable();
                (candidates.peek().is_some(), candidates.any(is_of))
            }
            _ => return Err(Refused::Malformed),
        };
        match (found, verified) {
            (_, true) => Ok(()),
            (true, false) => Err(Refused::Signature),
            (false, false) => Err(Refused::UnknownKey),
        }
    }

    fn check_claims(self, claims: &Claims, now: i64) -> Result<(), Refused> {
        if now >= claims.exp.saturating_add(LEEWAY) {
            return Err(Refused::Expired);
        }
        if claims.nbf.is_some_and(|start| now < start.saturating_sub(LEEWAY)) {
            return Err(Refused::NotYet);
        }
        let is_for_us = |audience: &str| {
            claims.aud.iter().flat_map(OneOrMany::texts).any(|aud| aud == audience)
        };
        let is_foreign = self.audience.is_some_and(|audience| !is_for_us(audience))
            || self.issuer.is_some_and(|issuer| claims.iss.as_deref() != Some(issuer));
        if is_foreign { Err(Refused::Foreign) } else { Ok(()) }
    }
}

impl Claims {
    fn caller(self) -> Result<Caller, Refused> {
        let of_custom = match self.custom {
            Some(Custom::Object { role }) => role,
            Some(Custom::Other(_)) | None => None,
        };
        let sources = [self.role, self.roles, of_custom];
        let mut roles: Vec<_> =
            sources.into_iter().flatten().flat_map(OneOrMany::into_texts).collect();
        roles.sort_unstable();
        roles.dedup();

        let some = |text: &String| !text.is_empty();
        let user = self.sub.filter(some).or(self.user_id.filter(some)).ok_or(Refused::Claims)?;
        let tenant = self.tenant_id.filter(some).map(|tenant| TenantId::parse(&tenant));
        Ok(Caller {
            user: UserId::parse(&user).map_err(|_| Refused::Claims)?,
            tenant: tenant.transpose().map_err(|_| Refused::Claims)?,
            roles: roles.into(),
        })
    }
}

impl OneOrMany {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
            Self::Other(_) => &[],
        }
    }

    fn into_texts(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
            Self::Other(_) => Vec::new(),
        }
    }
}

/// Whether a header says where its key is to be found: a forger would say so too.
fn names_its_own_key(header: &Header) -> bool {
    header.jku.is_some() || header.x5u.is_some() || header.jwk.is_some()
}
