//! What handlers and jobs need of the settings: how the service is reached, which wallet, keys of the one
//! secret, and what is kept for how long.

use aws_lc_rs::hmac;
use countinghouse_core::tenants::Seller;
use secrecy::{ExposeSecret, SecretString};

use super::{CompanySettings, Settings, WalletSettings};

/// What a handler knows of the world around the service.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// How the service is reached, without a slash at the end.
    pub public_url: String,
    /// The wallet service; without one, the built-in wallet serves.
    pub wallet: Option<WalletSettings>,
    /// What keys are made of; see [`Outside::key`].
    pub secret_key: Option<SecretString>,
    /// After how many days an event of usage is packed away; for ever kept if none.
    pub usage_event_days: Option<i64>,
}

/// What a key is for: each purpose has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Sealing the secret parts of what gateways are configured by.
    GatewaySecrets,
    /// Signing addresses of downloads.
    Downloads,
    /// Hiding what commands with secrets in them are told apart by.
    Fingerprints,
}

impl Outside {
    /// The key for a purpose, made of `secret_key` by HMAC-SHA-256 over the purpose's name; none where
    /// the setting is missing.
    pub fn key(&self, purpose: Purpose) -> Option<[u8; 32]> {
        let secret = self.secret_key.as_ref()?.expose_secret();
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::sign(&secret, purpose.name().as_bytes()).as_ref().try_into().ok()
    }
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::GatewaySecrets => "countinghouse gateway secrets 1",
            Self::Downloads => "countinghouse downloads 1",
            Self::Fingerprints => "countinghouse fingerprints 1",
        }
    }
}

impl From<&CompanySettings> for Seller {
    fn from(company: &CompanySettings) -> Self {
        let CompanySettings { name, address, tax_id } = company.clone();
        Self { name, address, tax_id }
    }
}

impl From<&Settings> for Outside {
    fn from(settings: &Settings) -> Self {
        Self {
            public_url: settings.public_url.clone(),
            wallet: settings.wallet.clone(),
            secret_key: settings.secret_key.clone(),
            usage_event_days: settings.usage_event_days,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let outside = Outside {
            secret_key: Some("a secret of at least thirty-two bytes".into()),
            ..Outside::default()
        };
        let purposes = [Purpose::GatewaySecrets, Purpose::Downloads, Purpose::Fingerprints];
        let keys = purposes.map(|it| outside.key(it).unwrap());
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[2] != keys[0]);
        assert_eq!(outside.key(Purpose::Downloads), Some(keys[1]));
        assert_eq!(Outside::default().key(Purpose::Downloads), None);
    }
}
