//! Sealing secrets by AES-256-GCM, each with the gateway and the place that it belongs to.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use countinghouse_core::id::GatewayId;

use crate::{env::Ids, http::problem::ApiError};

/// The key that secrets are sealed by.
#[derive(Clone)]
pub(super) struct SealingKey(pub(super) [u8; 32]);

/// A secret as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    /// Where it stands in the configuration.
    pub(super) place: String,
    /// Drawn for this secret only.
    pub(super) nonce: [u8; NONCE_LEN],
    /// The sealed JSON, and its tag.
    pub(super) bytes: Vec<u8>,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

impl SealingKey {
    /// Seals the secret at a place of a gateway's configuration. It can be opened there only.
    pub(super) fn seal(
        &self,
        gateway: GatewayId,
        place: &str,
        text: &str,
        ids: &Ids,
    ) -> Result<Sealed, ApiError> {
        let drawn = ids.bytes();
        let nonce: [u8; NONCE_LEN] = std::array::from_fn(|at| drawn[at]);
        let mut sealed = text.as_bytes().to_vec();
        let key = self.cipher()?;
        let aad = Aad::from(bound_to(gateway, place));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| ApiError::internal("a secret can't be sealed"))?;
        Ok(Sealed { place: place.to_owned(), nonce, bytes: sealed })
    }

    fn cipher(&self) -> Result<LessSafeKey, ApiError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.0);
        key.map(LessSafeKey::new).map_err(|_| ApiError::internal("the key has another length"))
    }
}

/// What a sealed secret is bound to.
fn bound_to(gateway: GatewayId, place: &str) -> Vec<u8> {
    format!("{gateway}\n{place}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(key: &SealingKey, gateway: GatewayId, place: &str, it: &Sealed) -> Option<String> {
        let mut bytes = it.bytes.clone();
        let nonce = Nonce::assume_unique_for_key(it.nonce);
        let aad = Aad::from(bound_to(gateway, place));
        let opened = key.cipher().ok()?.open_in_place(nonce, aad, &mut bytes).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }

    #[test]
    fn a_secret_opens_by_its_key_in_its_place_only() {
        let (key, other) = (SealingKey([7; 32]), SealingKey([8; 32]));
        let gateway = |n| GatewayId::from_parts(1, n);
        let ids = Ids::seeded(1);

        let sealed = key.seal(gateway(1), "/api_key", "\"hunter2\"", &ids).expect("it is sealed");
        let again = key.seal(gateway(1), "/api_key", "\"hunter2\"", &ids).expect("it is sealed");

        let opened = open(&key, gateway(1), "/api_key", &sealed);
        assert_eq!(opened.as_deref(), Some("\"hunter2\""));
        assert_eq!(open(&other, gateway(1), "/api_key", &sealed), None);
        assert_eq!(open(&key, gateway(2), "/api_key", &sealed), None);
        assert_eq!(open(&key, gateway(1), "/token", &sealed), None);
        assert_ne!((sealed.nonce, &sealed.bytes), (again.nonce, &again.bytes));
        assert!(!format!("{key:?}").contains('7'));
    }

    #[test]
    fn a_changed_secret_does_not_open() {
        let (key, gateway) = (SealingKey([7; 32]), GatewayId::from_parts(1, 1));
        let sealed = key.seal(gateway, "/key", "1", &Ids::seeded(1)).expect("it is sealed");

        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[at] ^= 1;
            assert_eq!(open(&key, gateway, "/key", &changed), None);
        }
    }
}
