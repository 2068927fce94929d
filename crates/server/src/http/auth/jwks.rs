//! Sets of public keys, as RFC 7517 writes them.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;

/// The most keys of a set that are looked at.
const KEYS_MAX: usize = 100;

/// The public keys that tokens may be signed against. Never a shared secret: a set is public.
#[derive(Clone, Default)]
pub(super) struct KeySet(Vec<PublicKey>);

#[derive(Clone)]
struct PublicKey {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why a text is no set of keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// It is not JSON with an array `keys`.
    #[error("not a JSON Web Key Set: {0}")]
    NotASet(#[from] serde_json::Error),
    /// None of its keys can verify RS256, ES256 or `EdDSA`.
    #[error("the set has no RSA, P-256 or Ed25519 key for signatures")]
    NoneUsable,
}

impl KeySet {
    /// Reads a set. Keys for other algorithms or uses are left out.
    pub(super) fn parse(text: &[u8]) -> Result<Self, NoKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }

        let set: Set = serde_json::from_slice(text)?;
        let keys: Vec<_> = set.keys.into_iter().take(KEYS_MAX).filter_map(usable).collect();
        if keys.is_empty() { Err(NoKeys::NoneUsable) } else { Ok(Self(keys)) }
    }

    /// The keys that a token of this algorithm and key id may have been signed against. A token
    /// without a key id may be of any key of its algorithm.
    pub(super) fn candidates(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> impl Iterator<Item = &DecodingKey> {
        let fits = move |key: &&PublicKey| {
            key.algorithm == algorithm && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
        };
        self.0.iter().filter(fits).map(|key| &key.key)
    }
}

fn usable(key: serde_json::Value) -> Option<PublicKey> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let algorithm = match &key.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let declared = match key.common.key_algorithm {
        None => true,
        Some(KeyAlgorithm::RS256) => algorithm == Algorithm::RS256,
        Some(KeyAlgorithm::ES256) => algorithm == Algorithm::ES256,
        Some(KeyAlgorithm::EdDSA) => algorithm == Algorithm::EdDSA,
        Some(_) => false,
    };
    let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    if !declared || !signs {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&key).ok()?;
    Some(PublicKey { kid: key.common.key_id, algorithm, key: decoding })
}
