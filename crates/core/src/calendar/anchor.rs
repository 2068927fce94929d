//! Where a subscription's periods begin.

use std::fmt;

use jiff::{Span, civil};

use super::{CalendarError, Cycle, Instant, Zone, has_shape};

/// The local date-time from which all boundaries of a subscription's periods are computed.
///
/// It is stored as its text, and the zone beside it: a change of zone keeps the local time.
///
/// ```
/// # use countinghouse_core::calendar::{Anchor, Cycle, Zone};
/// let anchor = Anchor::parse("2026-01-31T00:00:00").unwrap();
/// let boundary = |n| anchor.boundary(&Zone::UTC, Cycle::Monthly, n).unwrap().to_string();
/// assert_eq!(boundary(1), "2026-02-28T00:00:00Z");
/// assert_eq!(boundary(2), "2026-03-31T00:00:00Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor(civil::DateTime);

/// The time from one instant up to another, which is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    start: Instant,
    end: Instant,
}

/// The anchor of what starts at an instant, and its first period.
///
/// That period starts at the instant itself, also where clocks show its local time twice.
pub fn first_period(
    start: Instant,
    zone: &Zone,
    cycle: Cycle,
) -> Result<(Anchor, Period), CalendarError> {
    let anchor = Anchor::of(start, zone);
    let period = Period::new(start, anchor.boundary(zone, cycle, 1)?)?;
    Ok((anchor, period))
}

impl Anchor {
    /// What clocks in the zone show at an instant.
    pub fn of(instant: Instant, zone: &Zone) -> Self {
        Self(zone.local(instant))
    }

    /// Reads a local date-time as it is written, `YYYY-MM-DDTHH:MM:SS`.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        if !has_shape(text.as_bytes(), b"0000-00-00T00:00:00") {
            return Err(CalendarError::NotAnAnchor);
        }
        let local: civil::DateTime = text.parse().map_err(|_| CalendarError::NotAnAnchor)?;
        if local.year() < 1 { Err(CalendarError::NotAnAnchor) } else { Ok(Self(local)) }
    }

    /// The `n`-th boundary of a cycle: the anchor's local time `n` cycles on.
    ///
    /// Where the month is too short it is the month's last day. A local time that a clock change
    /// skips becomes the next that exists; of one that occurs twice it is the earlier. The only
    /// error is [`CalendarError::OutOfRange`].
    pub fn boundary(&self, zone: &Zone, cycle: Cycle, n: u32) -> Result<Instant, CalendarError> {
        let months = i64::from(cycle.months()) * i64::from(n);
        let months = Span::new().try_months(months).map_err(|_| CalendarError::OutOfRange)?;
        let local = self.0.checked_add(months).map_err(|_| CalendarError::OutOfRange)?;
        zone.instant(local)
    }

    /// The anchor's local time so many days on, where clocks are changed in between too.
    pub fn days_later(&self, zone: &Zone, days: u8) -> Result<Instant, CalendarError> {
        let days = Span::new().days(i64::from(days));
        zone.instant(self.0.checked_add(days).map_err(|_| CalendarError::OutOfRange)?)
    }

    /// The period from the `n`-th boundary to the next.
    pub fn period(&self, zone: &Zone, cycle: Cycle, n: u32) -> Result<Period, CalendarError> {
        let next = n.checked_add(1).ok_or(CalendarError::OutOfRange)?;
        Period::new(self.boundary(zone, cycle, n)?, self.boundary(zone, cycle, next)?)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())?;
        write!(f, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Period {
    /// From `start` up to `end`, which must be later.
    pub fn new(start: Instant, end: Instant) -> Result<Self, CalendarError> {
        if start < end { Ok(Self { start, end }) } else { Err(CalendarError::EmptyPeriod) }
    }

    /// The first instant of it.
    pub const fn start(&self) -> Instant {
        self.start
    }

    /// The first instant after it.
    pub const fn end(&self) -> Instant {
        self.end
    }

    /// Whether an instant is in it.
    pub fn contains(&self, instant: Instant) -> bool {
        self.start <= instant && instant < self.end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{Date, date_of},
        Cycle::{Monthly, Yearly},
        *,
    };

    fn zone(name: &str) -> Zone {
        Zone::parse(name).expect("a known zone")
    }

    fn boundaries(anchor: &str, name: &str, cycle: Cycle, n: std::ops::Range<u32>) -> Vec<String> {
        let anchor = Anchor::parse(anchor).expect("an anchor");
        let boundary = |n| anchor.boundary(&zone(name), cycle, n).expect("in range").to_string();
        n.map(boundary).collect()
    }

    #[test]
    fn the_last_day_of_a_long_month_comes_back_after_a_short_one() {
        let months = boundaries("2026-01-31T12:00:00", "UTC", Monthly, 0..5);

        assert_eq!(
            months,
            [
                "2026-01-31T12:00:00Z",
                "2026-02-28T12:00:00Z",
                "2026-03-31T12:00:00Z",
                "2026-04-30T12:00:00Z",
                "2026-05-31T12:00:00Z",
            ]
        );
    }

    #[test]
    fn a_leap_day_comes_back_after_four_years() {
        let years = boundaries("2024-02-29T00:00:00", "UTC", Yearly, 1..5);

        assert_eq!(
            years,
            [
                "2025-02-28T00:00:00Z",
                "2026-02-28T00:00:00Z",
                "2027-02-28T00:00:00Z",
                "2028-02-29T00:00:00Z",
            ]
        );
    }

    #[test]
    fn a_skipped_local_time_is_the_next_that_exists_and_comes_back_afterwards() {
        let berlin = boundaries("2024-02-29T02:30:00", "Europe/Berlin", Monthly, 0..3);
        let skipped = boundaries("2024-01-31T02:30:00", "Europe/Berlin", Monthly, 2..4);
        let midnight = boundaries("2018-10-04T00:30:00", "America/Sao_Paulo", Monthly, 0..3);

        assert_eq!(
            berlin,
            ["2024-02-29T01:30:00Z", "2024-03-29T01:30:00Z", "2024-04-29T00:30:00Z"]
        );
        assert_eq!(skipped, ["2024-03-31T01:00:00Z", "2024-04-30T00:30:00Z"]);
        assert_eq!(
            midnight,
            ["2018-10-04T03:30:00Z", "2018-11-04T03:00:00Z", "2018-12-04T02:30:00Z"]
        );
    }

    #[test]
    fn a_local_time_that_occurs_twice_is_the_earlier() {
        let berlin = boundaries("2024-09-27T02:30:00", "Europe/Berlin", Monthly, 1..2);

        assert_eq!(berlin, ["2024-10-27T00:30:00Z"]);
    }

    #[test]
    fn the_first_period_starts_when_it_starts_even_at_the_second_of_two_such_times() {
        let start = Instant::parse("2024-10-27T01:30:00Z").expect("an instant");

        let (anchor, period) =
            first_period(start, &zone("Europe/Berlin"), Monthly).expect("in range");

        assert_eq!(anchor.to_string(), "2024-10-27T02:30:00");
        assert_eq!(period.start(), start);
        assert_eq!(period.end().to_string(), "2024-11-27T01:30:00Z");
        assert!(period.contains(start) && !period.contains(period.end()));
    }

    #[test]
    fn boundaries_beyond_the_calendar_are_an_error() {
        let anchor = Anchor::parse("9999-12-15T00:00:00").expect("an anchor");

        for (cycle, n) in [(Monthly, 1), (Yearly, 1), (Yearly, u32::MAX), (Monthly, u32::MAX)] {
            assert_eq!(anchor.boundary(&Zone::UTC, cycle, n), Err(CalendarError::OutOfRange));
        }
        assert_eq!(anchor.period(&Zone::UTC, Monthly, 0), Err(CalendarError::OutOfRange));
        assert_eq!(anchor.period(&Zone::UTC, Monthly, u32::MAX), Err(CalendarError::OutOfRange));
    }

    #[test]
    fn a_period_ends_after_its_start() {
        let (start, end) = (Instant::MIN, Instant::MAX);

        assert!(Period::new(start, end).is_ok());
        assert_eq!(Period::new(start, start), Err(CalendarError::EmptyPeriod));
        assert_eq!(Period::new(end, start), Err(CalendarError::EmptyPeriod));
    }

    #[test]
    fn what_is_no_local_time_is_no_anchor() {
        for text in
            ["", "2026-02-29T00:00:00", "2026-01-31", "2026-01-31T00:00:00Z", "0000-01-01T00:00:00"]
        {
            assert_eq!(Anchor::parse(text), Err(CalendarError::NotAnAnchor), "{text}");
        }
    }

    #[test]
    fn the_last_hour_of_a_day_may_be_skipped_too() {
        let tehran = zone("Asia/Tehran");
        let start = Instant::parse("1976-03-21T19:45:00Z").expect("an instant");

        let boundary = Anchor::of(start, &tehran).boundary(&tehran, Cycle::Yearly, 1);

        // 23:15 of the day was not there: clocks went from 23:00 to midnight.
        let next = Instant::parse("1977-03-21T19:30:00Z").expect("an instant");
        assert_eq!(boundary, Ok(next));
    }

    #[test]
    fn the_first_year_is_the_first_of_an_anchor() {
        let first = Anchor::parse("0001-01-01T00:00:00").expect("an anchor");

        assert_eq!(format!("{first:?}"), "0001-01-01T00:00:00");
        assert_eq!(Anchor::parse("0000-12-31T23:59:59"), Err(CalendarError::NotAnAnchor));
    }

    fn any_zone() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "UTC",
            "Asia/Shanghai",
            "America/Sao_Paulo",
            "Europe/Berlin",
            "America/New_York",
            "Pacific/Apia",
            "Africa/Casablanca",
            "Australia/Lord_Howe",
            "America/Havana",
            "Asia/Kathmandu",
            "Asia/Tehran",
        ])
    }

    proptest! {
        #[test]
        fn boundaries_rise_and_never_drift(
            second in -1_000_000_000_i64..5_000_000_000,
            name in any_zone(),
            cycle in prop::sample::select(Cycle::ALL.to_vec()),
        ) {
            let zone = zone(name);
            let start = Instant::from_second(second).expect("in range");
            let anchor = Anchor::of(start, &zone);
            prop_assert_eq!(Anchor::parse(&anchor.to_string()), Ok(anchor));

            let first = date_of(start, &zone);
            let mut before = None;
            for n in 0..30 {
                let boundary = anchor.boundary(&zone, cycle, n).expect("in range");
                prop_assert!(before < Some(boundary), "boundary {} is not later", n);
                before = Some(boundary);

                let months = u32::from(first.month()) - 1 + n * cycle.months();
                let (years, month) = (months / 12, months % 12 + 1);
                let year = u32::from(first.year()) + years;
                let due = last_up_to(year, month, first.day());
                // A day that the zone left out is followed by the next, and so is its last hour.
                let may_be_left_out = name == "Pacific/Apia"
                    || (name == "Asia/Tehran" && boundary.to_string().starts_with("1977-03-21"));
                let off = due.days_until(date_of(boundary, &zone));
                prop_assert!(off == 0 || (off == 1 && may_be_left_out), "{} for {}", boundary, due);
            }
        }
    }

    fn last_up_to(year: u32, month: u32, day: u8) -> Date {
        let year = u16::try_from(year).expect("a year");
        let month = u8::try_from(month).expect("a month");
        (1..=day).rev().find_map(|day| Date::new(year, month, day).ok()).expect("some day exists")
    }
}
