//! Figures of usage as they are shown: exact decimals.

use std::fmt;

use crate::money::Amount;

/// Bytes in a GiB.
const GIB: i128 = 1 << 30;

/// Ten-thousandths in one.
const ONE: i128 = 10_000;

/// The longest that a call may take on average, in milliseconds: ten minutes.
pub const LATENCY_MS_MAX: i64 = 600_000;

/// The most calls of an endpoint on a day. What they took together can be counted then.
pub const REQUESTS_MAX: i64 = 10_000_000_000;

/// Ten-thousandths of a millisecond in a microsecond.
const UNITS_PER_MICRO: i64 = 10;

/// Bytes in GiB, rounded half away from zero to 4 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gib(Amount);

/// How long a call takes, in milliseconds with 3 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Latency {
    micros: i64,
}

/// A text is no latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected milliseconds, 0 to {LATENCY_MS_MAX} with at most 3 decimals")]
pub struct NotALatency;

impl Gib {
    /// So many bytes; none below 0.
    pub fn of_bytes(bytes: i128) -> Self {
        let units = divide_half_up(bytes.max(0).saturating_mul(ONE), GIB);
        Self(Amount::from_units(i64::try_from(units).unwrap_or(i64::MAX)))
    }

    /// How many GiB, where it has no decimals.
    pub const fn whole(self) -> Option<i64> {
        self.0.whole()
    }
}

impl Latency {
    /// No time at all.
    pub const ZERO: Self = Self { micros: 0 };

    /// Reads milliseconds, exactly.
    pub fn parse(text: &str) -> Result<Self, NotALatency> {
        let units = Amount::parse_in_any(text).map_err(|_| NotALatency)?.units();
        let micros = units / UNITS_PER_MICRO;
        let fits = (0..=LATENCY_MS_MAX * 1_000).contains(&micros) && units >= 0;
        if fits && units % UNITS_PER_MICRO == 0 { Ok(Self { micros }) } else { Err(NotALatency) }
    }

    /// The average of calls that took so many microseconds together, rounded half up; 0 of none.
    pub fn average(micros: i128, requests: i128) -> Self {
        if requests <= 0 {
            return Self::ZERO;
        }
        let average = divide_half_up(micros.max(0), requests);
        // What can be shown is less than what can be counted.
        let most = i64::MAX / UNITS_PER_MICRO;
        Self { micros: i64::try_from(average).unwrap_or(most).min(most) }
    }

    /// How many microseconds so many calls took together, at most [`REQUESTS_MAX`] of them.
    pub const fn of_all(self, requests: i64) -> i64 {
        self.micros.saturating_mul(requests)
    }

    /// How many milliseconds, where it has no decimals.
    pub const fn whole(self) -> Option<i64> {
        self.units().whole()
    }

    const fn units(self) -> Amount {
        Amount::from_units(self.micros * UNITS_PER_MICRO)
    }
}

/// Divides what is not negative by what is above 0; a half rounds up.
fn divide_half_up(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    if rest >= denominator - rest { whole + 1 } else { whole }
}

impl fmt::Display for Gib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.units(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_are_told_in_gib_with_4_decimals_and_no_needless_zeros() {
        let told = |bytes| Gib::of_bytes(bytes).to_string();

        assert_eq!(told(0), "0");
        assert_eq!(told(1 << 30), "1");
        assert_eq!(told(2_684_354_560), "2.5");
        // 0.00005 GiB is 53,687.0912 bytes.
        assert_eq!(told(53_687), "0");
        assert_eq!(told(53_688), "0.0001");
        assert_eq!(told(i128::from(i64::MAX)), "8589934592");
        assert_eq!(told(i128::MAX), Gib(Amount::from_units(i64::MAX)).to_string());
    }

    #[test]
    fn a_latency_is_milliseconds_with_3_decimals() {
        for (text, told, of_two) in [
            ("12.5", "12.5", 25_000),
            ("0", "0", 0),
            ("1e-3", "0.001", 2),
            ("600000", "600000", 1_200_000_000),
        ] {
            let read = Latency::parse(text).expect(text);
            assert_eq!((read.to_string().as_str(), read.of_all(2)), (told, of_two));
        }
        for bad in ["", "-0.001", "0.0001", "12.34567", "600000.001", "1e99", "NaN", "1 "] {
            assert_eq!(Latency::parse(bad), Err(NotALatency), "{bad:?}");
        }
    }

    #[test]
    fn an_average_is_weighted_by_calls_and_a_half_rounds_up() {
        let told = |micros, requests| Latency::average(micros, requests).to_string();

        assert_eq!(told(3 * 10_000 + 20_000, 4), "12.5");
        assert_eq!(told(1, 2), "0.001");
        assert_eq!(told(1, 3), "0");
        assert_eq!(told(7, 0), "0");
    }

    #[test]
    fn the_longest_and_most_calls_can_be_counted() {
        let longest = Latency::parse("600000").expect("the longest");

        let micros = longest.of_all(REQUESTS_MAX);

        assert!(micros < i64::MAX);
        assert_eq!(Latency::average(micros.into(), REQUESTS_MAX.into()), longest);
    }

    proptest! {
        #[test]
        fn gib_are_the_nearest_ten_thousandth(bytes in 0..1_i128 << 80) {
            let units = i128::from(Gib::of_bytes(bytes).0.units());

            let error = bytes * ONE - units * GIB;
            prop_assert!(units == i128::from(i64::MAX) || (-GIB < error * 2 && error * 2 <= GIB));
            prop_assert!(error * 2 != GIB, "a half rounds up");
        }

        #[test]
        fn a_latency_reads_back_as_it_is_told(micros in 0..=LATENCY_MS_MAX * 1_000) {
            let latency = Latency { micros };

            prop_assert_eq!(Latency::parse(&latency.to_string()), Ok(latency));
            prop_assert_eq!(latency.whole().is_some(), micros % 1_000 == 0);
        }

        #[test]
        fn an_average_lies_between_the_shortest_and_the_longest(
            calls in prop::collection::vec((1..1_000_i64, 0..1_000_000_i64), 1..20),
        ) {
            let micros: i128 = calls.iter().map(|(count, each)| i128::from(count * each)).sum();
            let count: i128 = calls.iter().map(|(count, _)| i128::from(*count)).sum();
            let each = || calls.iter().map(|(_, each)| *each);

            let average = Latency::average(micros, count).micros;

            prop_assert!(each().min() <= Some(average) && Some(average) <= each().max());
        }
    }
}
