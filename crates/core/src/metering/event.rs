//! One report of usage.

use sha2::{Digest as _, Sha256};

use super::Resource;
use crate::{calendar::Instant, id::AppId};

/// The most that one event may report.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// The longest id of an event, in characters.
pub const EVENT_ID_MAX: usize = 255;

/// How far ahead of us the clock of a sender may be, in seconds. What it reports counts now.
pub const FUTURE_SECONDS_MAX: i64 = 300;

/// How late usage may be reported, in days.
pub const LATE_DAYS_MAX: i64 = 366;

/// A report that something was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which event it is.
    pub key: EventKey,
    /// The app that used it, if one is named.
    pub app: Option<AppId>,
    /// What was used.
    pub resource: Resource,
    /// How much; of a level, how much there is.
    pub amount: i64,
    /// When, if that is said; else now.
    pub occurred_at: Option<Instant>,
}

/// Which event one is: a digest of the id that its sender gave it, since those are long and come in
/// any order, and are kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey([u8; 16]);

/// An event as it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The app that used it, if one is named.
    pub app: Option<AppId>,
    /// What was used.
    pub resource: Resource,
    /// How much.
    pub amount: i64,
    /// When.
    pub occurred_at: Instant,
}

/// Why an event is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It says another thing than the first of its id.
    #[error("an event of this id has another resource, amount, app or time")]
    Differs,
    /// It is ahead of us.
    #[error("must not be more than {FUTURE_SECONDS_MAX} seconds ahead of now")]
    Future,
    /// It is too long ago.
    #[error("must not be more than {LATE_DAYS_MAX} days ago")]
    TooOld,
    /// Its period is beyond the calendar.
    #[error("the metering period is beyond the calendar")]
    BeyondCalendar,
    /// The resource is none that the app has.
    #[error("must be a resource that every tenant has, or one that the app has a price for")]
    UnknownResource,
    /// The app was deleted before.
    #[error("the app was deleted before that")]
    AppDeleted,
    /// More is used than can be counted.
    #[error("more would be used than can be counted")]
    TooMuch,
}

impl EventError {
    /// The member of an event that it is about; none where its state forbids it.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::Future | Self::TooOld | Self::BeyondCalendar => Some("occurred_at"),
            Self::UnknownResource => Some("resource_type"),
            Self::Differs | Self::AppDeleted | Self::TooMuch => None,
        }
    }
}

impl EventKey {
    /// The key of an event that its sender calls `id`.
    pub fn of_id(id: &str) -> Self {
        Self::of("id", &[id])
    }

    /// The key of an event that only its source knows by `id`, as `CloudEvents` have it.
    pub fn of_source(source: &str, id: &str) -> Self {
        Self::of("source", &[source, id])
    }

    /// The key of what takes an event back.
    #[must_use]
    pub fn of_taking_back(self) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"back\0");
        hash.update(self.0);
        Self::first_half(hash)
    }

    /// The key of an event that nobody gave an id, from 16 bytes of randomness.
    pub const fn unnamed(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Its bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    fn of(kind: &str, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind);
        for part in parts {
            hash.update(b"\0");
            hash.update(part);
        }
        Self::first_half(hash)
    }

    fn first_half(hash: Sha256) -> Self {
        let digest = hash.finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }
}

impl Event {
    /// When it counts, of an event that arrives `now`: never ahead of that.
    pub fn counted_at(&self, now: Instant) -> Result<Instant, EventError> {
        let Some(at) = self.occurred_at else { return Ok(now) };
        if now.seconds_until(at) > FUTURE_SECONDS_MAX {
            return Err(EventError::Future);
        }
        if at.plus_days(LATE_DAYS_MAX).is_ok_and(|last| last < now) {
            return Err(EventError::TooOld);
        }
        Ok(at.min(now))
    }

    /// Whether it is the event that was `taken` under its key. One that says no time is of any.
    pub fn repeats(&self, taken: &Taken) -> Result<(), EventError> {
        let same = self.resource == taken.resource
            && self.amount == taken.amount
            && self.app == taken.app
            && self.occurred_at.is_none_or(|at| at == taken.occurred_at);
        if same { Ok(()) } else { Err(EventError::Differs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn event(occurred_at: Option<&str>) -> Event {
        Event {
            key: EventKey::of_id("evt_1"),
            app: None,
            resource: Resource::ApiCalls,
            amount: 5,
            occurred_at: occurred_at.map(at),
        }
    }

    #[test]
    fn ids_of_senders_sources_and_what_takes_back_never_meet() {
        let keys = [
            EventKey::of_id("a"),
            EventKey::of_id("b"),
            EventKey::of_source("a", "b"),
            EventKey::of_source("a\0b", ""),
            EventKey::of_id("a").of_taking_back(),
            EventKey::of_id("a").of_taking_back().of_taking_back(),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "{place}");
        }
        assert_eq!(EventKey::of_id("a"), EventKey::of_id("a"));
    }

    #[test]
    fn an_event_counts_when_it_occurred_but_never_ahead_of_now() {
        let now = at("2026-05-12T10:00:00Z");
        let counted = |text| event(Some(text)).counted_at(now);

        assert_eq!(event(None).counted_at(now), Ok(now));
        assert_eq!(counted("2026-05-11T23:59:59Z"), Ok(at("2026-05-11T23:59:59Z")));
        assert_eq!(counted("2026-05-12T10:05:00Z"), Ok(now));
        assert_eq!(counted("2026-05-12T10:05:01Z"), Err(EventError::Future));
        assert_eq!(counted("2025-05-11T10:00:00Z"), Ok(at("2025-05-11T10:00:00Z")));
        assert_eq!(counted("2025-05-11T09:59:59Z"), Err(EventError::TooOld));
        assert_eq!(counted("9999-12-30T00:00:00Z"), Err(EventError::Future));
        assert_eq!(counted("0001-02-01T00:00:00Z"), Err(EventError::TooOld));
    }

    #[test]
    fn a_repeat_says_the_same_but_may_leave_out_when() {
        let when = at("2026-05-12T10:00:00Z");
        let first = event(Some("2026-05-12T10:00:00Z"));
        let taken =
            Taken { app: None, resource: first.resource.clone(), amount: 5, occurred_at: when };

        assert_eq!(first.repeats(&taken), Ok(()));
        assert_eq!(event(None).repeats(&taken), Ok(()));
        for other in [
            Event { amount: 6, ..first.clone() },
            Event { resource: Resource::Sms, ..first.clone() },
            Event { app: AppId::parse("app").ok(), ..first.clone() },
            event(Some("2026-05-12T10:00:01Z")),
        ] {
            assert_eq!(other.repeats(&taken), Err(EventError::Differs), "{other:?}");
        }
    }
}
