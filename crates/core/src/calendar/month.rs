//! Months.

use std::fmt;

use super::{CalendarError, Date, Instant, Zone, date_of, has_shape, start_of};

/// How many months a year has.
const MONTHS: u32 = 12;

/// A month of the years 1 to 9999, in whatever zone the caller means.
///
/// ```
/// # use countinghouse_core::calendar::{Date, Month};
/// let month = Month::of(Date::parse("2026-12-31").unwrap());
/// assert_eq!(month.to_string(), "2026-12");
/// assert_eq!(month.next().unwrap().first_day().to_string(), "2027-01-01");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month(u32);

impl Month {
    /// The month that a day is in.
    pub fn of(date: Date) -> Self {
        Self(u32::from(date.year()) * MONTHS + u32::from(date.month()) - 1)
    }

    /// The month that it is in a zone at an instant.
    pub fn at(instant: Instant, zone: &Zone) -> Self {
        Self::of(date_of(instant, zone))
    }

    /// Reads `YYYY-MM` and nothing else.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        if !has_shape(text.as_bytes(), b"0000-00") {
            return Err(CalendarError::NotAMonth);
        }
        let first_day = Date::parse(&format!("{text}-01"));
        first_day.map(Self::of).map_err(|_| CalendarError::NotAMonth)
    }

    /// The month after it; nothing follows the last of the calendar.
    pub fn next(self) -> Option<Self> {
        let next = Self(self.0 + 1);
        (next.year() <= u32::from(Date::MAX.year())).then_some(next)
    }

    /// How many months it is after another; below zero before it.
    pub fn months_since(self, other: Self) -> i64 {
        i64::from(self.0) - i64::from(other.0)
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        let year = u16::try_from(self.year());
        let month = u8::try_from(self.0 % MONTHS + 1);
        let date = year.ok().zip(month.ok()).and_then(|(y, m)| Date::new(y, m, 1).ok());
        date.expect("a month is of the years 1 to 9999")
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        let next = self.next().and_then(|next| next.first_day().plus_days(-1).ok());
        next.unwrap_or(Date::MAX)
    }

    /// The first instant after it in a zone; [`Instant::MAX`] at the end of the calendar.
    pub fn end_in(self, zone: &Zone) -> Instant {
        self.next().map_or(Instant::MAX, |next| start_of(next.first_day(), zone))
    }

    const fn year(self) -> u32 {
        self.0 / MONTHS
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.0 % MONTHS + 1)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn month(text: &str) -> Month {
        Month::parse(text).expect("a month")
    }

    #[test]
    fn only_a_month_that_exists_in_the_one_spelling_is_a_month() {
        for text in ["2024-02", "0001-01", "9999-12"] {
            assert_eq!(month(text).to_string(), text);
        }
        for text in
            ["", "2026-00", "2026-13", "0000-12", "2026-1", "2026-01-01", "2026/01", "+026-01"]
        {
            assert_eq!(Month::parse(text), Err(CalendarError::NotAMonth), "{text}");
        }
    }

    #[test]
    fn months_are_counted_across_years_and_backwards() {
        let since = |text, other| month(text).months_since(month(other));

        assert_eq!(since("2026-01", "2025-11"), 2);
        assert_eq!(since("2025-11", "2026-01"), -2);
        assert_eq!(since("2027-03", "2026-03"), 12);
        assert_eq!(since("2026-03", "2026-03"), 0);
    }

    #[test]
    fn a_month_ends_at_midnight_of_its_zone() {
        let shanghai = Zone::parse("Asia/Shanghai").expect("a zone");
        let instant = |text| Instant::parse(text).expect("an instant");

        assert_eq!(month("2026-02").end_in(&Zone::UTC), instant("2026-03-01T00:00:00Z"));
        assert_eq!(month("2026-12").end_in(&shanghai), instant("2026-12-31T16:00:00Z"));
        assert_eq!(Month::at(instant("2026-12-31T16:00:00Z"), &shanghai), month("2027-01"));
        assert_eq!(Month::at(instant("2026-12-31T15:59:59Z"), &shanghai), month("2026-12"));
    }

    #[test]
    fn the_calendar_has_a_last_month() {
        assert_eq!(month("9999-12").next(), None);
        assert_eq!(month("9999-12").end_in(&Zone::UTC), Instant::MAX);
        assert_eq!(month("9999-12").last_day(), Date::MAX);
        assert_eq!(month("2024-02").last_day().to_string(), "2024-02-29");
        assert_eq!(month("9999-11").next(), Some(month("9999-12")));
    }

    proptest! {
        #[test]
        fn a_day_is_in_its_month_and_not_in_the_next(days in 0..3_652_058_i64) {
            let date = Date::MIN.plus_days(days).expect("in range");
            let month = Month::of(date);

            prop_assert!(month.first_day() <= date);
            prop_assert!(month.next().is_none_or(|next| date < next.first_day()));
            prop_assert_eq!(Month::parse(&month.to_string()), Ok(month));
        }
    }
}
