//! What tells people that a resource runs out.

mod channels;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::channels::{Channel, Channels, NotChannels};
use super::Resource;
use crate::{
    calendar::Instant,
    id::{AppId, UsageAlertId, UserId},
};

/// The most alerts that a tenant may have.
pub const ALERTS_MAX: i64 = 1_000;

/// Per cent of a limit, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Threshold(i64);

/// A number is not per cent of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be from {} to {}", Threshold::LEAST, Threshold::MOST)]
pub struct NotAThreshold;

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertStatus {
    /// It watches.
    Active,
    /// It never fires.
    Silenced,
    /// It fired in the period that runs. It still watches, since it may be changed.
    Triggered,
}

/// That an alert fired, the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// When.
    pub at: Instant,
    /// The end of the period in which it did. From then on the alert is active again.
    pub until: Instant,
}

/// What tells people that a resource runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// `ua_…`
    pub id: UsageAlertId,
    /// The app that it watches; without one, all of the tenant's.
    pub app: Option<AppId>,
    /// What people call it.
    pub name: String,
    /// What it watches.
    pub resource: Resource,
    /// How much of the limit must be used.
    pub threshold: Threshold,
    /// Where people are told.
    pub channels: Channels,
    /// Where it stands, as it was last written; [`Alert::status_at`] knows that periods end.
    pub status: AlertStatus,
    /// Who made it.
    pub created_by: UserId,
    /// That it fired, if it ever did.
    pub fired: Option<Fired>,
    /// When it was made.
    pub created_at: Instant,
    /// When somebody changed it last.
    pub updated_at: Instant,
}

/// What is changed of an alert; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertChange {
    /// What people call it.
    pub name: Option<String>,
    /// What it watches.
    pub resource: Option<Resource>,
    /// How much of the limit must be used.
    pub threshold: Option<Threshold>,
    /// Where people are told.
    pub channels: Option<Channels>,
    /// Whether it is silenced; else it is active.
    pub silenced: Option<bool>,
}

/// Whether so much use of a resource is at least per cent of its limit. Without a limit it never is;
/// where nothing is allowed, the first use is.
pub const fn crosses(used: i64, limit: i64, threshold: Threshold) -> bool {
    match limit {
        ..0 => false,
        0 => used > 0,
        // The widest product of two 64-bit numbers fits.
        _ => used as i128 * 100 >= limit as i128 * threshold.0 as i128,
    }
}

impl Threshold {
    /// The least there is.
    pub const LEAST: i64 = 1;

    /// The most there is.
    pub const MOST: i64 = 100;

    /// So many per cent.
    pub const fn new(percent: i64) -> Result<Self, NotAThreshold> {
        match percent {
            Self::LEAST..=Self::MOST => Ok(Self(percent)),
            _ => Err(NotAThreshold),
        }
    }

    /// How many per cent.
    pub const fn percent(self) -> i64 {
        self.0
    }
}

impl AlertStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Silenced, Self::Triggered];

    /// Its name in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Silenced => "silenced",
            Self::Triggered => "triggered",
        }
    }

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

impl fmt::Display for AlertStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Alert {
    /// Where it stands at an instant: it is active again when the period in which it fired is over.
    pub fn status_at(&self, now: Instant) -> AlertStatus {
        let is_over = self.fired.is_none_or(|fired| fired.until <= now);
        match self.status {
            AlertStatus::Triggered if is_over => AlertStatus::Active,
            status => status,
        }
    }

    /// It after a change at `now`. One that watches something else, or at another threshold, has not
    /// fired for that: it is active again. What changes nothing is no change.
    #[must_use]
    pub fn changed(&self, change: &AlertChange, now: Instant) -> Self {
        let before = Self { status: self.status_at(now), ..self.clone() };
        let mut after = before.clone();
        if let Some(name) = &change.name {
            after.name.clone_from(name);
        }
        if let Some(resource) = &change.resource {
            after.resource = resource.clone();
        }
        if let Some(channels) = &change.channels {
            after.channels = channels.clone();
        }
        after.threshold = change.threshold.unwrap_or(before.threshold);
        let watches_other =
            after.resource != before.resource || after.threshold != before.threshold;
        after.status = match (change.silenced, before.status) {
            (Some(true), _) => AlertStatus::Silenced,
            (Some(false), _) => AlertStatus::Active,
            (None, AlertStatus::Triggered) if watches_other => AlertStatus::Active,
            (None, status) => status,
        };
        if after == before {
            return self.clone();
        }
        after.updated_at = self.updated_at.max(now);
        after
    }

    /// It after it fired, in a period that ends at `fired.until`. Where it is triggered for longer
    /// already, it stays so for longer. Nobody changed it by that.
    #[must_use]
    pub fn triggered(&self, fired: Fired) -> Self {
        let longest = match (self.status, self.fired) {
            (AlertStatus::Triggered, Some(before)) => before.until.max(fired.until),
            _ => fired.until,
        };
        Self {
            status: AlertStatus::Triggered,
            fired: Some(Fired { until: longest, ..fired }),
            ..self.clone()
        }
    }
}
