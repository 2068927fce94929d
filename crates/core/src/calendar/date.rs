//! Days.

use std::fmt;

use jiff::{Span, civil};

use super::{CalendarError, has_shape, write_digits};

/// How many characters a date is written with.
pub const DATE_TEXT_LEN: usize = 10;

/// A day of the years 1 to 9999, in whatever zone the caller means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// The first day there is.
    pub const MIN: Self = Self(civil::Date::constant(1, 1, 1));
    /// The last day there is.
    pub const MAX: Self = Self(civil::Date::constant(9999, 12, 31));

    /// Reads `YYYY-MM-DD` and nothing else.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        if !has_shape(text.as_bytes(), b"0000-00-00") {
            return Err(CalendarError::NotADate);
        }
        let date: civil::Date = text.parse().map_err(|_| CalendarError::NotADate)?;
        Self::from_civil(date).map_err(|_| CalendarError::NotADate)
    }

    /// The day of that year, month and day of month.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, CalendarError> {
        let year = i16::try_from(year).map_err(|_| CalendarError::NotADate)?;
        let month = i8::try_from(month).map_err(|_| CalendarError::NotADate)?;
        let day = i8::try_from(day).map_err(|_| CalendarError::NotADate)?;
        let date = civil::Date::new(year, month, day).map_err(|_| CalendarError::NotADate)?;
        Self::from_civil(date).map_err(|_| CalendarError::NotADate)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> u16 {
        self.0.year().unsigned_abs()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.0.month().unsigned_abs()
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.0.day().unsigned_abs()
    }

    /// So many days later.
    pub fn plus_days(self, days: i64) -> Result<Self, CalendarError> {
        let days = Span::new().try_days(days).map_err(|_| CalendarError::OutOfRange)?;
        Self::from_civil(self.0.checked_add(days).map_err(|_| CalendarError::OutOfRange)?)
    }

    /// The days from this one to `later`; negative if that is earlier.
    pub fn days_until(self, later: Self) -> i64 {
        self.0.duration_until(later.0).as_hours() / 24
    }

    /// Writes `YYYY-MM-DD` without allocating, and answers what was written.
    pub fn write_to(self, buffer: &mut [u8; DATE_TEXT_LEN]) -> &str {
        buffer.copy_from_slice(b"0000-00-00");
        write_digits(&mut buffer[0..4], self.year().into());
        write_digits(&mut buffer[5..7], self.month().into());
        write_digits(&mut buffer[8..10], self.day().into());
        std::str::from_utf8(buffer).expect("only ASCII was written")
    }

    pub(super) fn from_civil(date: civil::Date) -> Result<Self, CalendarError> {
        let date = Self(date);
        if date < Self::MIN { Err(CalendarError::OutOfRange) } else { Ok(date) }
    }

    pub(super) fn civil(self) -> civil::Date {
        self.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.write_to(&mut [0; DATE_TEXT_LEN]))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write_to(&mut [0; DATE_TEXT_LEN]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_day_that_exists_in_the_one_spelling_is_a_date() {
        for text in ["2024-02-29", "0001-01-01", "9999-12-31"] {
            let date = Date::parse(text).expect(text);
            assert_eq!([date.to_string(), format!("{date:?}")], [text, text]);
        }
        for text in [
            "2025-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "0000-12-31",
            "2026-4-1",
            "20260401",
            "2026-04-01T00:00:00Z",
            " 2026-04-01",
            "+2026-04-01",
            "-001-04-01",
            "2026/04/01",
            "",
            "２０２６-04-01",
        ] {
            assert_eq!(Date::parse(text), Err(CalendarError::NotADate), "{text}");
        }
    }

    #[test]
    fn days_are_counted_over_leap_days_and_end_with_the_calendar() {
        let date = |text| Date::parse(text).expect("a date");

        assert_eq!(date("2024-02-28").plus_days(2), Ok(date("2024-03-01")));
        assert_eq!(date("2024-03-01").plus_days(-366), Ok(date("2023-03-01")));
        assert_eq!(date("2024-01-01").days_until(date("2025-01-01")), 366);
        assert_eq!(Date::MAX.days_until(Date::MIN), -3_652_058);
        for (from, days) in [(Date::MAX, 1), (Date::MIN, -1), (Date::MIN, i64::MIN)] {
            assert_eq!(from.plus_days(days), Err(CalendarError::OutOfRange));
        }
        assert_eq!(Date::new(2024, 2, 30), Err(CalendarError::NotADate));
        assert_eq!(Date::new(2024, 2, 29), Ok(date("2024-02-29")));
    }

    proptest! {
        #[test]
        fn a_date_reads_back_and_days_add_up(days in 0..3_652_058_i64) {
            let date = Date::MIN.plus_days(days).expect("in range");

            prop_assert_eq!(Date::parse(&date.to_string()), Ok(date));
            prop_assert_eq!(Date::MIN.days_until(date), days);
            prop_assert_eq!(Date::new(date.year(), date.month(), date.day()), Ok(date));
        }

        #[test]
        fn any_text_is_a_date_or_a_refusal(text in "\\PC*|[0-9]{4}-[0-9]{2}-[0-9]{2}") {
            if let Ok(date) = Date::parse(&text) {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }
}
