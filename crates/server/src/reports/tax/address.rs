//! Addresses of downloads: who has one may fetch what it names, until it expires.

use aws_lc_rs::hmac;
use countinghouse_core::{
    calendar::Instant,
    id::{TaxExportId, TenantId},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    config::{Outside, Purpose},
    http::{bases::BASES, problem::ApiError},
};

/// How many seconds an address is good for.
pub(super) const GOOD_FOR_SECONDS: i64 = 24 * 60 * 60;

/// Said of any address that this service did not sign as it is.
pub(super) const CHANGED: &str = "the address is not as it was given";

/// Makes and checks addresses.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    key: hmac::Key,
    public_url: String,
}

impl Addresses {
    /// Those of a service whose settings have a secret.
    pub(super) fn of(outside: &Outside) -> Result<Self, ApiError> {
        let key = outside.key(Purpose::Downloads);
        let key = key.ok_or(ApiError::Unavailable(
            "`secret_key` is not set, so no address of a download can be signed",
        ))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        Ok(Self { key, public_url: outside.public_url.clone() })
    }

    /// The address of an export, good until an instant.
    pub(super) fn of_export(&self, tenant: &TenantId, id: &str, until: Instant) -> String {
        let base = BASES[BASES.len() - 1];
        let expires = until.as_second();
        let signature = hmac::sign(&self.key, message(tenant, id, expires).as_bytes());
        let (url, tenant) =
            (&self.public_url, utf8_percent_encode(tenant.as_str(), NON_ALPHANUMERIC));
        let signature = hex::encode(signature.as_ref());
        format!(
            "{url}{base}/public/tax-exports/{tenant}/{id}?expires={expires}&signature={signature}"
        )
    }

    /// Refuses an address that was changed, or has expired.
    pub(super) fn check(
        &self,
        tenant: &TenantId,
        id: TaxExportId,
        (expires, signature): (i64, &str),
        now: Instant,
    ) -> Result<(), ApiError> {
        let signature = hex::decode(signature).map_err(|_| ApiError::Forbidden(CHANGED))?;
        let message = message(tenant, &id.to_string(), expires);
        hmac::verify(&self.key, message.as_bytes(), &signature)
            .map_err(|_| ApiError::Forbidden(CHANGED))?;
        if now.as_second() < expires {
            Ok(())
        } else {
            Err(ApiError::Forbidden("the address has expired; the list of exports has a new one"))
        }
    }
}

/// What is signed. No part of it can hold a line break.
fn message(tenant: &TenantId, id: &str, expires: i64) -> String {
    format!("{tenant}\n{id}\n{expires}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_good_as_it_is_and_until_it_expires() {
        let outside = Outside {
            public_url: "https://billing.example".to_owned(),
            secret_key: Some("a secret of at least thirty-two bytes".into()),
            ..Outside::default()
        };
        let addresses = Addresses::of(&outside).expect("there is a secret");
        let [acme, other] = ["a&b?c", "other"].map(|it| TenantId::parse(it).expect("an id"));
        let [id, next] = [1, 2].map(|it| TaxExportId::from_parts(it, 0));
        let until = Instant::from_second(1_000).expect("in range");
        let at = |second| Instant::from_second(second).expect("in range");

        let address = addresses.of_export(&acme, &id.to_string(), until);
        let path = format!(
            "https://billing.example/api/v1/public/tax-exports/a%26b%3Fc/{id}?expires=1000&signature="
        );
        let signature = address.strip_prefix(&path).expect(&address);

        assert!(addresses.check(&acme, id, (1_000, signature), at(999)).is_ok());
        for (tenant, id, expires, signature, now) in [
            (&acme, id, 1_000, signature, 1_000),
            (&other, id, 1_000, signature, 999),
            (&acme, next, 1_000, signature, 999),
            (&acme, id, 2_000, signature, 999),
            (&acme, id, 1_000, &signature[2..], 999),
            (&acme, id, 1_000, "", 999),
            (&acme, id, 1_000, "zz", 999),
        ] {
            let checked = addresses.check(tenant, id, (expires, signature), at(now));
            assert!(matches!(checked, Err(ApiError::Forbidden(_))), "{expires} {signature} {now}");
        }
        assert!(Addresses::of(&Outside::default()).is_err());
    }
}
