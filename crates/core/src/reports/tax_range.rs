//! The days of which taxes are reported.

use std::fmt;

use crate::calendar::{Date, Instant, Month, Zone, end_of, start_of};

/// Days of a tenant's calendar, the first and the last of them too.
///
/// A year, a quarter or a month is written as such: `2026`, `2026-Q1`, `2026-04`; any other range as
/// its days: `2026-04-02/2026-04-09`.
///
/// ```
/// # use countinghouse_core::reports::TaxRange;
/// let quarter = TaxRange::parse("2026-04-01/2026-06-30").unwrap();
/// assert_eq!(quarter.to_string(), "2026-Q2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRange {
    first: Date,
    last: Date,
}

/// Why a text or two days are no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATaxRange {
    /// The text is none.
    #[error("expected a year, quarter or month such as 2026, 2026-Q1 or 2026-04")]
    NotAPeriod,
    /// The last day is before the first.
    #[error("the last day is before the first")]
    Backwards,
}

/// How many months a quarter has.
const QUARTER: u8 = 3;

impl TaxRange {
    /// Reads a year, a quarter or a month.
    pub fn parse_period(text: &str) -> Result<Self, NotATaxRange> {
        let found = match text.split_once("-Q") {
            Some((year, quarter)) => quarter_of(year, quarter),
            None if text.len() == 4 => year_of(text),
            None => Month::parse(text).ok().map(|month| (month, month)),
        };
        let (first, last) = found.ok_or(NotATaxRange::NotAPeriod)?;
        Ok(Self { first: first.first_day(), last: last.last_day() })
    }

    /// Reads a range as it is written.
    pub fn parse(text: &str) -> Result<Self, NotATaxRange> {
        let Some((first, last)) = text.split_once('/') else { return Self::parse_period(text) };
        let day = |text| Date::parse(text).map_err(|_| NotATaxRange::NotAPeriod);
        Self::between(day(first)?, day(last)?)
    }

    /// From a day to another, both of them too.
    pub fn between(first: Date, last: Date) -> Result<Self, NotATaxRange> {
        if last < first { Err(NotATaxRange::Backwards) } else { Ok(Self { first, last }) }
    }

    /// The month that a day is in.
    pub fn month_of(day: Date) -> Self {
        let month = Month::of(day);
        Self { first: month.first_day(), last: month.last_day() }
    }

    /// Its first day.
    pub const fn first(self) -> Date {
        self.first
    }

    /// Its last day.
    pub const fn last(self) -> Date {
        self.last
    }

    /// When it begins in a zone.
    pub fn starts_at(self, zone: &Zone) -> Instant {
        start_of(self.first, zone)
    }

    /// When it is over in a zone.
    pub fn ends_at(self, zone: &Zone) -> Instant {
        end_of(self.last, zone)
    }
}

impl fmt::Display for TaxRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.first.year(), self.first.month());
        let names = [
            format!("{year:04}"),
            format!("{year:04}-Q{}", (month - 1) / QUARTER + 1),
            format!("{year:04}-{month:02}"),
        ];
        match names.iter().find(|name| Self::parse_period(name) == Ok(*self)) {
            Some(name) => f.pad(name),
            None => write!(f, "{}/{}", self.first, self.last),
        }
    }
}

/// The first and the last month of a year.
fn year_of(year: &str) -> Option<(Month, Month)> {
    Some((month_of(year, 1)?, month_of(year, 12)?))
}

/// The first and the last month of a quarter.
fn quarter_of(year: &str, quarter: &str) -> Option<(Month, Month)> {
    let place = ["1", "2", "3", "4"].into_iter().zip(1_u8..).find(|(name, _)| *name == quarter)?.1;
    Some((month_of(year, QUARTER * place - 2)?, month_of(year, QUARTER * place)?))
}

fn month_of(year: &str, month: u8) -> Option<Month> {
    Month::parse(&format!("{year}-{month:02}")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(text: &str) -> Option<(String, String)> {
        let range = TaxRange::parse(text).ok()?;
        Some((range.first().to_string(), range.last().to_string()))
    }

    #[test]
    fn years_quarters_and_months_are_ranges_of_days() {
        for (text, first, last) in [
            ("2026", "2026-01-01", "2026-12-31"),
            ("2026-Q1", "2026-01-01", "2026-03-31"),
            ("2026-Q4", "2026-10-01", "2026-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("9999", "9999-01-01", "9999-12-31"),
            ("2026-04-02/2026-04-09", "2026-04-02", "2026-04-09"),
            ("2026-04-02/2026-04-02", "2026-04-02", "2026-04-02"),
        ] {
            assert_eq!(days(text), Some((first.to_owned(), last.to_owned())), "{text}");
            assert_eq!(TaxRange::parse(text).map(|it| it.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "26",
            "0000",
            "2026-Q0",
            "2026-Q5",
            "2026-q1",
            "2026-Q01",
            "2026-Q",
            "Q1",
            "26-Q1",
            "2026-13",
            "2026-00",
            "2026-1",
            "2026-04-01",
            "２０２６",
            "2026-Q1-Q1",
            " 2026",
            "-026",
            "2026-04-09/2026-04-32",
            "/",
            "2026/2027",
        ] {
            assert_eq!(TaxRange::parse(text), Err(NotATaxRange::NotAPeriod), "{text}");
        }
        let backwards = TaxRange::parse("2026-04-09/2026-04-08");
        assert_eq!(backwards, Err(NotATaxRange::Backwards));
        assert!(TaxRange::parse_period("2026-04-01/2026-04-02").is_err());
    }

    #[test]
    fn a_range_begins_and_ends_at_midnight_where_the_tenant_lives() {
        let shanghai = Zone::parse("Asia/Shanghai").expect("a zone");
        let april = TaxRange::parse("2026-04").expect("a range");

        assert_eq!(april.starts_at(&shanghai).to_string(), "2026-03-31T16:00:00Z");
        assert_eq!(april.ends_at(&shanghai).to_string(), "2026-04-30T16:00:00Z");
        assert_eq!(TaxRange::month_of(april.last()), april);
    }

    proptest! {
        #[test]
        fn a_range_reads_back(first in 0..3_652_058_i64, more in 0..400_i64) {
            let day = |days: i64| Date::MIN.plus_days(days.min(3_652_058)).expect("in range");
            let range = TaxRange::between(day(first), day(first + more)).expect("forwards");

            prop_assert_eq!(TaxRange::parse(&range.to_string()), Ok(range));
        }
    }
}
