//! Everything a request needs that is not in the request: storage, the time, fresh ids.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use countinghouse_core::{
    calendar::Instant,
    id::{Id, Named},
    tenants::Seller,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::db::Db;
pub use crate::stopwatch::Stopwatch;

/// The outside world, as handed to every handler, command and job. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Env {
    /// Where state lives.
    pub db: Db,
    /// What tells the time.
    pub clock: Clock,
    /// What makes ids.
    pub ids: Ids,
    /// Whether tenants may live by clocks of their own.
    pub tenant_clocks: TenantClocks,
    /// Who bills.
    pub seller: Arc<Seller>,
}

/// Whether tenants may live by clocks of their own, as they do in a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TenantClocks {
    /// All live by the clock of the service, whatever is stored.
    #[default]
    Ignored,
    /// Who has a clock lives by it.
    Followed,
}

/// Tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until a test moves it.
    Manual(Arc<Mutex<Instant>>),
    /// A clock that stands at an instant, as a tenant's own does.
    At(Instant),
}

/// Makes ids that nobody made before, and other unguessable bytes.
#[derive(Clone, Debug)]
pub struct Ids(Arc<Mutex<Source>>);

/// Throws that the same seed gives again, for what is made up.
#[derive(Debug)]
pub struct Dice(StdRng);

#[derive(Debug)]
struct Source {
    random: StdRng,
    /// The second of the last id, and its random part: ids of one second count up from there, so
    /// that they sort in the order in which they were made.
    last: (i64, u128),
}

/// A ULID has 80 random bits. The highest is left clear, so that counting up has room.
const RANDOM_BITS: u32 = 79;

impl Env {
    /// The present moment, cut to whole seconds.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A new id for something made at `at`.
    pub fn id<T: Named>(&self, at: Instant) -> Id<T> {
        self.ids.id(at)
    }

    /// The outside world of a tenant whose own clock, if it has one, shows `clock`.
    pub fn of_tenant(&self, clock: Option<Instant>) -> Cow<'_, Self> {
        match (self.tenant_clocks, clock) {
            (TenantClocks::Followed, Some(at)) => Cow::Owned(self.standing_at(at)),
            _ => Cow::Borrowed(self),
        }
    }

    /// The same outside world at an instant.
    #[must_use]
    pub fn standing_at(&self, at: Instant) -> Self {
        Self { clock: Clock::At(at), ..self.clone() }
    }
}

impl From<bool> for TenantClocks {
    /// Followed in a sandbox only.
    fn from(sandbox: bool) -> Self {
        if sandbox { Self::Followed } else { Self::Ignored }
    }
}

impl Clock {
    /// The present moment, cut to whole seconds.
    pub fn now(&self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
            Self::System => Instant::from_second(jiff::Timestamp::now().as_second())
                .expect("the machine's clock is between the years 1 and 9999"),
            Self::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
            Self::At(at) => *at,
        }
    }
}

impl Ids {
    /// Ids from the machine's randomness.
    pub fn random() -> Self {
        Self::from(rand::make_rng())
    }

    /// Ids that the same seed gives again.
    pub fn seeded(seed: u64) -> Self {
        Self::from(StdRng::seed_from_u64(seed))
    }

    fn from(random: StdRng) -> Self {
        Self(Arc::new(Mutex::new(Source { random, last: (i64::MIN, 0) })))
    }

    /// A new id for something made at `at`.
    pub fn id<T: Named>(&self, at: Instant) -> Id<T> {
        let mut source = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = at.as_second();
        let random = match source.last {
            (last, random) if last == second => random + 1,
            _ => source.random.random::<u128>() >> (128 - RANDOM_BITS),
        };
        source.last = (second, random);
        let millis = u64::try_from(second).unwrap_or(0).saturating_mul(1_000);
        Id::from_parts(millis, random)
    }

    /// Sixteen bytes that nobody can guess.
    pub fn bytes(&self) -> [u8; 16] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random.random()
    }
}

impl Dice {
    /// Throws that this seed gives.
    pub fn seeded(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number from the first up to the last, both of them too.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        self.0.random_range(first..=last)
    }

    /// A place in a list of that length, which is above 0.
    pub fn place(&mut self, length: usize) -> usize {
        self.0.random_range(0..length)
    }

    /// One of a list that is not empty.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.place(list.len())]
    }

    /// Whether something happens that happens in so many of a hundred cases.
    pub fn happens(&mut self, percent: u8) -> bool {
        self.0.random_range(0..100) < percent
    }
}
