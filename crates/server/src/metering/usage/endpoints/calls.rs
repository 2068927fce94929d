//! How often an endpoint was called, as it is counted.

/// Where calls are counted: the day or the month as text, the app (empty is none), the endpoint.
pub(super) type Place = [String; 3];

/// The calls of an endpoint on some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) requests: i64,
    /// How many of them failed.
    pub(super) errors: i64,
    /// Microseconds that all calls took together.
    pub(super) micros: i128,
}

/// Microseconds of a second.
const SECOND: i128 = 1_000_000;

impl Calls {
    /// Takes what was counted before for what is counted now.
    pub(super) fn replace(&mut self, before: Self, now: Self) {
        self.requests += now.requests - before.requests;
        self.errors += now.errors - before.errors;
        self.micros += now.micros - before.micros;
    }

    /// The time that all took: whole seconds, and the microseconds that are left.
    pub(super) fn seconds(self) -> Option<(i64, i64)> {
        let seconds = i64::try_from(self.micros / SECOND).ok()?;
        let rest = i64::try_from(self.micros % SECOND).ok()?;
        Some((seconds, rest))
    }

    /// Microseconds by whole seconds and the rest.
    pub(super) fn micros_of(seconds: i64, rest: i64) -> i128 {
        i128::from(seconds) * SECOND + i128::from(rest)
    }
}
