//! How often a caller may call.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{extract::ConnectInfo, http::request::Parts};
use countinghouse_core::id::TenantId;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use super::{auth::Caller, problem::ApiError};

/// After so many checks, callers that have been quiet are forgotten.
const CHECKS_BETWEEN_SWEEPS: u32 = 65_536;

/// Allows each caller so many requests a second, as many of them at once.
pub struct RateLimit {
    limiter: DefaultKeyedRateLimiter<u64>,
    clock: DefaultClock,
    hasher: RandomState,
    checks: AtomicU32,
}

/// Who is counted as one caller.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) enum CallerKey<'a> {
    /// A person in a tenant.
    Person { tenant: Option<&'a str>, user: &'a str },
    /// A service, by the digest of its API key.
    Service(&'a [u8; 32]),
    /// Whoever is at the other end of the connection; of IPv6 its network.
    Peer(Option<IpAddr>),
}

impl<'a> CallerKey<'a> {
    pub(super) fn person(caller: &'a Caller) -> Self {
        let tenant = caller.tenant.as_ref().map(TenantId::as_str);
        Self::Person { tenant, user: caller.user.as_str() }
    }

    pub(super) fn service(key: &'a [u8; 32]) -> Self {
        Self::Service(key)
    }

    pub(super) fn peer(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self::Peer(peer.map(|ConnectInfo(address)| network(address.ip())))
    }
}

impl RateLimit {
    /// So many requests a second for each caller.
    pub fn per_second(requests: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_second(requests)),
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
            checks: AtomicU32::new(0),
        }
    }

    /// Counts one request of a caller, or says how long to wait.
    pub(super) fn check(&self, caller: CallerKey<'_>) -> Result<(), ApiError> {
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(CHECKS_BETWEEN_SWEEPS) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&self.hasher.hash_one(caller)).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            ApiError::TooManyRequests { retry_after: retry_after.max(1) }
        })
    }
}

/// An IPv6 peer owns a network of 64 bits and can take any address in it.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_apart_and_told_to_wait() {
        let limit = RateLimit::per_second(NonZeroU32::new(2).expect("2 is not 0"));
        let person = |user| CallerKey::Person { tenant: Some("tnt_1"), user };

        let first = [limit.check(person("usr_1")), limit.check(person("usr_1"))];
        let third = limit.check(person("usr_1"));
        let other = limit.check(person("usr_2"));

        assert!(first.iter().all(Result::is_ok));
        assert!(matches!(third, Err(ApiError::TooManyRequests { retry_after: 1 })), "{third:?}");
        assert!(other.is_ok());
    }

    #[test]
    fn the_addresses_of_one_network_are_one_peer() {
        let address = |text: &str| network(text.parse().expect("it is an address"));

        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
