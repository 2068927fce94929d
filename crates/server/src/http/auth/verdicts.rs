//! Good tokens, remembered for a minute, so that a signature is checked once and not per request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use super::{Caller, token::Good};

/// How long a verdict is remembered at most, in seconds.
const KEPT: i64 = 60;

/// Parts of the cache, each behind a lock of its own.
const SHARDS: usize = 16;

/// The most verdicts of one part; when it is full, it starts anew.
const SHARD_MAX: usize = 1024;

/// The SHA-256 of a token.
pub(super) type TokenHash = [u8; 32];

/// A bounded cache of good tokens. A verdict is never used past the token's `exp`, nor after the
/// keys it was reached with have changed.
pub(super) struct Verdicts([Mutex<HashMap<TokenHash, Verdict>>; SHARDS]);

struct Verdict {
    caller: Arc<Caller>,
    keys: u64,
    reached_at: i64,
    until: i64,
}

/// The hash that a token is remembered by.
pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

impl Verdicts {
    /// An empty cache.
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }

    /// The holder of a token found good with this generation of keys, at an instant in seconds
    /// since 1970.
    pub(super) fn get(&self, token: &TokenHash, keys: u64, now: i64) -> Option<Arc<Caller>> {
        let shard = self.shard(token).lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = shard.get(token)?;
        (verdict.keys == keys && verdict.is_fresh(now)).then(|| Arc::clone(&verdict.caller))
    }

    /// Remembers a good token and shares its holder.
    pub(super) fn keep(&self, token: TokenHash, keys: u64, good: Good, now: i64) -> Arc<Caller> {
        let caller = Arc::new(good.caller);
        let until = good.expires_at.min(now.saturating_add(KEPT));
        let verdict = Verdict { caller: Arc::clone(&caller), keys, reached_at: now, until };
        let mut shard = self.shard(&token).lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= SHARD_MAX {
            shard.retain(|_, verdict| verdict.keys == keys && verdict.is_fresh(now));
        }
        if shard.len() >= SHARD_MAX {
            shard.clear();
        }
        shard.insert(token, verdict);
        caller
    }

    fn shard(&self, token: &TokenHash) -> &Mutex<HashMap<TokenHash, Verdict>> {
        &self.0[usize::from(token[0]) % SHARDS]
    }
}

impl Verdict {
    /// A clock that was set back makes a verdict stale too.
    fn is_fresh(&self, now: i64) -> bool {
        (self.reached_at..self.until).contains(&now)
    }
}

#[cfg(test)]
mod tests {
    use countinghouse_core::id::UserId;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn good(expires_at: i64) -> Good {
        let user = UserId::parse("usr_1").expect("it is an id");
        Good { caller: Caller { user, tenant: None, roles: Box::default() }, expires_at }
    }

    #[test]
    fn a_verdict_is_used_for_a_minute_and_never_past_its_expiry() {
        let verdicts = Verdicts::new();

        verdicts.keep([1; 32], 0, good(NOW + 3600), NOW);
        verdicts.keep([2; 32], 0, good(NOW + 10), NOW);

        assert!(verdicts.get(&[1; 32], 0, NOW + 59).is_some());
        assert!(verdicts.get(&[1; 32], 0, NOW + 60).is_none());
        assert!(verdicts.get(&[2; 32], 0, NOW + 9).is_some());
        assert!(verdicts.get(&[2; 32], 0, NOW + 10).is_none());
    }

    #[test]
    fn a_verdict_is_not_used_with_other_keys_or_after_the_clock_was_set_back() {
        let verdicts = Verdicts::new();

        verdicts.keep([1; 32], 7, good(NOW + 3600), NOW);

        assert!(verdicts.get(&[1; 32], 8, NOW).is_none());
        assert!(verdicts.get(&[1; 32], 7, NOW - 1).is_none());
        assert!(verdicts.get(&[1; 32], 7, NOW).is_some());
    }

    #[test]
    fn the_cache_is_bounded() {
        let verdicts = Verdicts::new();

        for token in 0..20_000_u32 {
            verdicts.keep(hash(&token.to_string()), 0, good(NOW + 3600), NOW);
        }

        let kept: usize = verdicts.0.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= SHARDS * SHARD_MAX, "{kept}");
    }
}
