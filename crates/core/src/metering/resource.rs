//! What is used.

use std::{fmt, sync::Arc};

use crate::catalog::{Quotas, UNLIMITED};

/// The longest name of a resource, in characters.
pub const RESOURCE_MAX: usize = 64;

/// Something that is used, and counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Calls of the API.
    ApiCalls,
    /// Bytes stored.
    Storage,
    /// Bytes moved.
    Bandwidth,
    /// People.
    Users,
    /// Text messages.
    Sms,
    /// Mails.
    Email,
    /// Attempts to log in.
    LoginAttempts,
    /// Those of them that failed.
    FailedLogins,
    /// Second factors checked.
    MfaVerifications,
    /// What only an app has a price for, under the name that it has there.
    Priced(Arc<str>),
}

/// How a resource is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// What is reported adds up.
    Sum,
    /// What is reported is how much there is from then on.
    Level,
}

/// A text names no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {RESOURCE_MAX} of a-z, 0-9, `_`, `-` and `.`, a letter first")]
pub struct NotAResource;

impl Resource {
    /// Those that every tenant has.
    pub const BUILT_IN: [Self; 9] = [
        Self::ApiCalls,
        Self::Storage,
        Self::Bandwidth,
        Self::Users,
        Self::Sms,
        Self::Email,
        Self::LoginAttempts,
        Self::FailedLogins,
        Self::MfaVerifications,
    ];

    /// The resource of that name: one that every tenant has, or else one that an app may have a price
    /// for.
    pub fn parse(name: &str) -> Result<Self, NotAResource> {
        if let Some(known) = Self::BUILT_IN.into_iter().find(|it| it.as_str() == name) {
            return Ok(known);
        }
        let is_letter = |byte: &u8| byte.is_ascii_lowercase();
        let is_fit = |byte: &u8| is_letter(byte) || byte.is_ascii_digit() || b"_-.".contains(byte);
        let bytes = name.as_bytes();
        let fits = bytes.first().is_some_and(is_letter)
            && bytes.len() <= RESOURCE_MAX
            && bytes.iter().all(is_fit);
        if fits { Ok(Self::Priced(name.into())) } else { Err(NotAResource) }
    }

    /// Its name in the API and the store.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ApiCalls => "api_calls",
            Self::Storage => "storage",
            Self::Bandwidth => "bandwidth",
            Self::Users => "users",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::LoginAttempts => "login_attempts",
            Self::FailedLogins => "failed_logins",
            Self::MfaVerifications => "mfa_verifications",
            Self::Priced(name) => name,
        }
    }

    /// How it is counted.
    pub const fn measure(&self) -> Measure {
        match self {
            Self::Storage | Self::Users => Measure::Level,
            _ => Measure::Sum,
        }
    }

    /// Whether its quota is for a day; else it is for a metering month, or for a level at any time.
    pub const fn is_daily(&self) -> bool {
        matches!(self, Self::Sms | Self::Email)
    }

    /// What its amounts count.
    pub const fn unit(&self) -> &'static str {
        match self {
            Self::Storage | Self::Bandwidth => "bytes",
            Self::Users => "users",
            _ => "units",
        }
    }

    /// How much of it a plan allows; −1 is as much as anybody likes.
    pub const fn quota(&self, quotas: &Quotas) -> i64 {
        match self {
            Self::ApiCalls => quotas.api_calls,
            Self::Storage => quotas.storage_bytes(),
            Self::Bandwidth => quotas.bandwidth_bytes(),
            Self::Users => quotas.users,
            Self::Sms => quotas.sms,
            Self::Email => quotas.email,
            _ => UNLIMITED,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_known_by_its_name() {
        for known in Resource::BUILT_IN {
            assert_eq!(Resource::parse(known.as_str()), Ok(known));
        }
        assert_eq!(
            Resource::parse("gpu.seconds-v2"),
            Ok(Resource::Priced("gpu.seconds-v2".into()))
        );
        for bad in ["", "Storage", "9lives", "_x", "a b", "é", "a\0", &"a".repeat(65)] {
            assert_eq!(Resource::parse(bad), Err(NotAResource), "{bad:?}");
        }
    }

    #[test]
    fn a_quota_is_the_plans_and_others_have_none() {
        let quotas = Quotas { storage_gb: 2, sms: 0, ..Quotas::UNLIMITED };

        assert_eq!(Resource::Storage.quota(&quotas), 2 << 30);
        assert_eq!(Resource::Sms.quota(&quotas), 0);
        assert_eq!(Resource::FailedLogins.quota(&quotas), UNLIMITED);
        assert_eq!(Resource::Priced("gpu".into()).quota(&quotas), UNLIMITED);
    }
}
