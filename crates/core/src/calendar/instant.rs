//! Moments, to the second.

use std::fmt;

use jiff::{Timestamp, tz::Offset};

use super::{CalendarError, has_shape, write_digits};

/// How many characters an instant is written with.
pub const INSTANT_TEXT_LEN: usize = 20;

const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// A moment: a whole second of UTC, in the years 1 to 9999 in every zone.
///
/// ```
/// # use countinghouse_core::calendar::Instant;
/// let cut = Instant::parse("2026-04-01T08:30:00.999+08:00").unwrap();
/// assert_eq!(cut.to_string(), "2026-04-01T00:30:00Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

impl Instant {
    /// The first there is, 0001-01-02T00:00:00Z: its date has a year in every zone.
    pub const MIN: Self = Self(-62_135_510_400);
    /// The last there is, 9999-12-30T22:00:00Z: its date has a year in every zone.
    pub const MAX: Self = Self(253_402_207_200);

    /// Reads a time of RFC 3339 and cuts it to the second.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let whole = without_fraction(text).ok_or(CalendarError::NotAnInstant)?;
        let timestamp: Timestamp = whole.parse().map_err(|_| CalendarError::NotAnInstant)?;
        Self::from_second(timestamp.as_second())
    }

    /// So many seconds after the start of 1970, or before it.
    pub fn from_second(second: i64) -> Result<Self, CalendarError> {
        let instant = Self(second);
        if instant < Self::MIN || instant > Self::MAX {
            return Err(CalendarError::OutOfRange);
        }
        Ok(instant)
    }

    /// The seconds since the start of 1970.
    pub const fn as_second(self) -> i64 {
        self.0
    }

    /// From microseconds since the start of 1970, as stored, cut to the second.
    pub fn from_micros(micros: i64) -> Result<Self, CalendarError> {
        Self::from_second(micros.div_euclid(MICROS_PER_SECOND))
    }

    /// The microseconds since the start of 1970, to be stored.
    pub const fn as_micros(self) -> i64 {
        self.0 * MICROS_PER_SECOND
    }

    /// So many seconds later.
    pub fn plus_seconds(self, seconds: i64) -> Result<Self, CalendarError> {
        Self::from_second(self.0.checked_add(seconds).ok_or(CalendarError::OutOfRange)?)
    }

    /// So many times 24 hours later.
    pub fn plus_days(self, days: i64) -> Result<Self, CalendarError> {
        let seconds = days.checked_mul(SECONDS_PER_DAY).ok_or(CalendarError::OutOfRange)?;
        self.plus_seconds(seconds)
    }

    /// The seconds from this moment to `later`; negative if that is earlier.
    pub const fn seconds_until(self, later: Self) -> i64 {
        later.0 - self.0
    }

    /// Writes it in UTC, as RFC 3339 does, without allocating, and answers what was written.
    pub fn write_to(self, buffer: &mut [u8; INSTANT_TEXT_LEN]) -> &str {
        let local = Offset::UTC.to_datetime(self.timestamp());
        buffer.copy_from_slice(b"0000-00-00T00:00:00Z");
        write_digits(&mut buffer[0..4], local.year().unsigned_abs().into());
        write_digits(&mut buffer[5..7], local.month().unsigned_abs().into());
        write_digits(&mut buffer[8..10], local.day().unsigned_abs().into());
        write_digits(&mut buffer[11..13], local.hour().unsigned_abs().into());
        write_digits(&mut buffer[14..16], local.minute().unsigned_abs().into());
        write_digits(&mut buffer[17..19], local.second().unsigned_abs().into());
        std::str::from_utf8(buffer).expect("only ASCII was written")
    }

    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_second(self.0).expect("an instant is within the range of timestamps")
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.write_to(&mut [0; INSTANT_TEXT_LEN]))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write_to(&mut [0; INSTANT_TEXT_LEN]))
    }
}

/// The text without its fraction of a second, if it has the shape that RFC 3339 asks for.
fn without_fraction(text: &str) -> Option<String> {
    let (seconds, rest) = text.split_at_checked("0000-00-00T00:00:00".len())?;
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if offset.len() == fraction.len() {
                return None;
            }
            offset
        }
        None => rest,
    };
    let offset_fits = has_shape(offset.as_bytes(), b"Z")
        || has_shape(offset.as_bytes(), b"+00:00")
        || has_shape(offset.as_bytes(), b"-00:00");
    let fits = has_shape(seconds.as_bytes(), b"0000-00-00T00:00:00") && offset_fits;
    fits.then(|| format!("{seconds}{offset}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_counted_to_what_is_later_and_back_to_what_is_earlier() {
        let instant = |text| Instant::parse(text).expect("an instant");
        let (one, other) = (instant("1969-12-31T23:59:50Z"), instant("1970-01-01T00:01:00Z"));

        assert_eq!((one.seconds_until(other), other.seconds_until(one)), (70, -70));
        assert_eq!(format!("{one:?}"), "1969-12-31T23:59:50Z");
    }

    #[test]
    fn an_instant_is_read_in_any_offset_and_cut_to_the_second() {
        let cases = [
            ("2026-04-01T08:30:00Z", "2026-04-01T08:30:00Z"),
            ("2026-04-01t08:30:00z", "2026-04-01T08:30:00Z"),
            ("2026-04-01T08:30:00.999999999999Z", "2026-04-01T08:30:00Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
            ("2026-04-01T08:30:00+08:00", "2026-04-01T00:30:00Z"),
            ("2026-04-01T08:30:00.1-05:30", "2026-04-01T14:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("0001-01-02T00:00:00Z", "0001-01-02T00:00:00Z"),
            ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
        ];

        for (text, written) in cases {
            assert_eq!(Instant::parse(text).expect(text).to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_rfc_3339_does_not_know_is_refused() {
        let cases = [
            "",
            "2026-04-01",
            "2026-04-01T08:30Z",
            "2026-04-01T08:30:00",
            "2026-04-01T08:30:00.Z",
            "2026-04-01T08:30:00+08",
            "2026-04-01T08:30:00+0800",
            "2026-04-01T08:30:00+99:00",
            "2026-04-01 08:30:00Z",
            "2026-04-01T08:30:00Z[UTC]",
            "2026-04-01T08:30:00 08:00",
            "2026-02-29T08:30:00Z",
            "2026-04-01T24:00:00Z",
            "+002026-04-01T08:30:00Z",
            "2026-04-01T08:30:00,5Z",
            "2026-04-01T08:30:0éZ",
        ];

        for text in cases {
            assert_eq!(Instant::parse(text), Err(CalendarError::NotAnInstant), "{text}");
        }
    }

    #[test]
    fn the_calendar_ends() {
        let out_of_range = Err(CalendarError::OutOfRange);

        assert_eq!(Instant::parse("0001-01-01T23:59:59Z"), out_of_range);
        assert_eq!(Instant::MAX.plus_seconds(1), out_of_range);
        assert_eq!(Instant::MAX.plus_days(i64::MAX), out_of_range);
        assert_eq!(Instant::MIN.plus_seconds(i64::MIN), out_of_range);
        assert_eq!(Instant::from_micros(i64::MAX), out_of_range);
        assert_eq!(Instant::from_second(i64::MIN), out_of_range);
    }

    #[test]
    fn a_fraction_before_1970_is_cut_downwards() {
        assert_eq!(Instant::from_micros(-1).map(Instant::as_second), Ok(-1));
        assert_eq!(Instant::from_micros(1_999_999).map(Instant::as_second), Ok(1));
    }

    proptest! {
        #[test]
        fn an_instant_reads_back(second in Instant::MIN.0..=Instant::MAX.0) {
            let instant = Instant::from_second(second).expect("in range");

            prop_assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
            prop_assert_eq!(Instant::from_micros(instant.as_micros()), Ok(instant));
        }

        #[test]
        fn any_text_is_an_instant_or_a_refusal(
            text in "\\PC*|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}",
        ) {
            let _either = Instant::parse(&text);
        }
    }
}
