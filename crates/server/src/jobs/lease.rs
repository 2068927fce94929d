//! A lease: who of several processes does something.

use countinghouse_core::calendar::Instant;

use super::store;
use crate::{db::Error, env::Env};

/// For how many seconds a lease is taken, and held each time that it is kept. A process that was
/// killed keeps others waiting that long.
const HELD_SECONDS: i64 = 60;

/// A lease that this process holds, as far as it knows.
///
/// It saves work, not correctness: every step knows by itself that it was taken. Whoever took the
/// lease since has another token, so that the one before notices, however its clock goes.
#[derive(Debug)]
pub struct Lease<'a> {
    env: &'a Env,
    name: &'static str,
    token: i64,
}

impl<'a> Lease<'a> {
    /// Takes a lease, unless another holds it.
    pub async fn take(
        env: &'a Env,
        name: &'static str,
        holder: &str,
    ) -> Result<Option<Self>, Error> {
        let now = env.now();
        let token = store::take(&env.db, (name, holder), now, until(now)).await?;
        Ok(token.map(|token| Self { env, name, token }))
    }

    /// Holds it from now on, and says whether it was not lost meanwhile.
    pub async fn keep(&self) -> Result<bool, Error> {
        store::hold(&self.env.db, self.name, self.token, until(self.env.now())).await
    }

    /// Lets others have it at once.
    pub async fn give_back(self) -> Result<(), Error> {
        store::hold(&self.env.db, self.name, self.token, self.env.now()).await.map(|_| ())
    }
}

/// The end of the calendar is the end of a lease, too.
fn until(now: Instant) -> Instant {
    now.plus_seconds(HELD_SECONDS).unwrap_or(Instant::MAX)
}
