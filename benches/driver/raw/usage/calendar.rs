//! The days and months that usage counts in.

use countinghouse::env::Clock;
use countinghouse_core::{
    calendar::{Instant, Zone, date_of, start_of},
    metering::calendar_month,
};

use crate::Outcome;

/// How many days usage is shown of.
pub(crate) const DAYS: i64 = 366;

/// Months in which those days are, one more for what is left of the first.
const MONTHS: usize = 14;

/// The calendar of a tenant in UTC whose metering periods are the months of the calendar.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// Now, in seconds since 1970.
    pub(crate) now: i64,
    /// Where months start and end, the latest first. They go back further than days.
    pub(super) months: Vec<(i64, i64)>,
    zone: Zone,
}

/// A day.
#[derive(Clone, Debug)]
pub(super) struct Day {
    /// As it is stored.
    pub(super) date: String,
    /// When it began.
    pub(super) start: i64,
    /// When its month began.
    pub(super) month: i64,
}

impl Calendar {
    pub(crate) fn now() -> Outcome<Self> {
        let (now, zone) = (Clock::System.now(), Zone::parse("UTC")?);
        let (mut months, mut at) = (Vec::new(), now);
        for _ in 0..MONTHS {
            let month = calendar_month(at, &zone)?;
            months.push((month.start().as_second(), month.end().as_second()));
            at = month.start().plus_seconds(-1)?;
        }
        Ok(Self { now: now.as_second(), months, zone })
    }

    /// The month that runs.
    pub(super) fn month(&self) -> (i64, i64) {
        self.months.first().copied().unwrap_or((self.now, self.now + 1))
    }

    /// When the first month began.
    pub(super) fn since(&self) -> i64 {
        self.months.last().map_or(self.now, |(start, _)| *start)
    }

    /// The day so many days ago.
    pub(super) fn day(&self, ago: i64) -> Outcome<Day> {
        let today = date_of(Instant::from_second(self.now)?, &self.zone);
        let date = today.plus_days(-ago)?;
        let start = start_of(date, &self.zone);
        let month = calendar_month(start, &self.zone)?.start().as_second();
        Ok(Day { date: date.to_string(), start: start.as_second(), month })
    }

    /// All days, today first.
    pub(super) fn days(&self) -> Outcome<Vec<Day>> {
        (0..DAYS).map(|ago| self.day(ago)).collect()
    }
}
