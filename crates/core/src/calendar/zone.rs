//! Time zones, and the days they have.

use std::fmt;

use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

use super::{CalendarError, Date, Instant};

/// A time zone of the IANA database.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    /// UTC.
    fn default() -> Self {
        Self::UTC
    }
}

impl Zone {
    /// The zone of who names none.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Finds a zone by its name, whatever the case; the name is kept as the database spells it.
    pub fn parse(name: &str) -> Result<Self, CalendarError> {
        let zone = TimeZoneDatabase::bundled().get(name);
        let zone = zone.map(Self).map_err(|_| CalendarError::UnknownZone)?;
        if zone.0.is_unknown() { Err(CalendarError::UnknownZone) } else { Ok(zone) }
    }

    /// Its name, such as `Asia/Shanghai`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What clocks in the zone show at an instant.
    pub(super) fn local(&self, instant: Instant) -> civil::DateTime {
        self.0.to_datetime(instant.timestamp())
    }

    /// When clocks in the zone show `local`.
    ///
    /// A time that is shown twice is the earlier; one that is skipped is the first that is shown
    /// after it.
    pub(super) fn instant(&self, local: civil::DateTime) -> Result<Instant, CalendarError> {
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        let offset = ambiguous.offset();
        let earlier = ambiguous.earlier().map_err(|_| CalendarError::OutOfRange)?;
        let shown = match offset {
            AmbiguousOffset::Gap { after, .. } => {
                let mut changes = self.0.following(earlier);
                let change = changes.find(|change| change.offset() == after);
                change.map_or(earlier, |change| change.timestamp())
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => earlier,
        };
        Instant::from_second(Timestamp::as_second(shown))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The day that it is in a zone at an instant.
pub fn date_of(instant: Instant, zone: &Zone) -> Date {
    let date = zone.local(instant).date();
    Date::from_civil(date).expect("an instant has a date in every zone")
}

/// The first instant of a day in a zone: its midnight, or what comes first where that is skipped.
///
/// At the ends of the calendar it is [`Instant::MIN`] or [`Instant::MAX`], between which all
/// instants are.
pub fn start_of(date: Date, zone: &Zone) -> Instant {
    let midnight = date.civil().to_datetime(civil::Time::midnight());
    let at_the_ends = if date.year() == 1 { Instant::MIN } else { Instant::MAX };
    zone.instant(midnight).unwrap_or(at_the_ends)
}

/// The first instant after a day in a zone; [`Instant::MAX`] at the end of the calendar.
pub fn end_of(date: Date, zone: &Zone) -> Instant {
    date.plus_days(1).map_or(Instant::MAX, |next| start_of(next, zone))
}

/// The days of a zone's calendar from one instant to another; negative if that is earlier.
pub fn days_between(start: Instant, end: Instant, zone: &Zone) -> i64 {
    date_of(start, zone).days_until(date_of(end, zone))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).expect("a known zone")
    }

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn instant(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    #[test]
    fn a_zone_keeps_its_name() {
        for name in ["UTC", "Etc/UTC", "GMT", "Asia/Shanghai", "Asia/Chongqing", "America/New_York"]
        {
            assert_eq!(zone(name).name(), name);
        }
        assert_eq!(zone("asia/shanghai").name(), "Asia/Shanghai");
        assert_eq!(zone("UTC"), Zone::UTC);
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused() {
        for name in ["", "Mars/Base", "Etc/Unknown", "+08:00", "EST5EDT4", "../UTC", "CST-8"] {
            assert_eq!(Zone::parse(name), Err(CalendarError::UnknownZone), "{name}");
        }
    }

    #[test]
    fn a_day_starts_at_midnight_of_its_zone() {
        let shanghai = zone("Asia/Shanghai");

        let (start, end) =
            (start_of(date("2026-04-01"), &shanghai), end_of(date("2026-04-01"), &shanghai));

        assert_eq!(start, instant("2026-03-31T16:00:00Z"));
        assert_eq!(end, instant("2026-04-01T16:00:00Z"));
    }

    #[test]
    fn a_day_without_a_midnight_starts_with_the_next_time_that_exists() {
        let sao_paulo = zone("America/Sao_Paulo");
        let day = date("2018-11-04");

        assert_eq!(start_of(day, &sao_paulo), instant("2018-11-04T03:00:00Z"));
        assert_eq!(end_of(date("2018-11-03"), &sao_paulo), instant("2018-11-04T03:00:00Z"));
        assert_eq!(date_of(instant("2018-11-04T02:59:59Z"), &sao_paulo), date("2018-11-03"));
        assert_eq!(date_of(instant("2018-11-04T03:00:00Z"), &sao_paulo), day);
    }

    #[test]
    fn a_day_with_two_midnights_starts_with_the_first() {
        // On 1 November 2020 clocks in Havana went from 01:00 back to 00:00.
        let start = start_of(date("2020-11-01"), &zone("America/Havana"));

        assert_eq!(start, instant("2020-11-01T04:00:00Z"));
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_empty() {
        let apia = zone("Pacific/Apia");
        let left_out = date("2011-12-30");

        assert_eq!(start_of(left_out, &apia), end_of(left_out, &apia));
        assert_eq!(start_of(left_out, &apia), instant("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn days_are_dates_and_not_spans_of_24_hours() {
        let berlin = zone("Europe/Berlin");
        let days = |start, end| days_between(instant(start), instant(end), &berlin);

        assert_eq!(days("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"), 1);
        assert_eq!(days("2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z"), 1);
        assert_eq!(days("2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z"), 0);
        assert_eq!(days("2024-12-31T23:00:00Z", "2023-12-31T23:00:00Z"), -366);
    }

    #[test]
    fn days_at_the_ends_of_the_calendar_have_a_start() {
        for name in ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Manila"] {
            let zone = zone(name);
            assert_eq!(start_of(Date::MIN, &zone), Instant::MIN, "{name}");
            assert_eq!([zone.to_string(), format!("{zone:?}")], [name, name]);
            assert_eq!(end_of(Date::MAX, &zone), Instant::MAX, "{name}");
            assert!(date_of(Instant::MIN, &zone) >= Date::MIN, "{name}");
            assert!(date_of(Instant::MAX, &zone) <= Date::MAX, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_instant_is_in_the_day_that_it_has(
            second in Instant::MIN.as_second()..Instant::MAX.as_second(),
            recent in 0..2_000_000_000_i64,
            name in prop::sample::select(vec![
                "UTC", "Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin", "Pacific/Apia",
                "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
            ]),
        ) {
            let zone = zone(name);
            for instant in [second, recent].map(|second| Instant::from_second(second).expect("in range")) {
                let day = date_of(instant, &zone);
                prop_assert!(start_of(day, &zone) <= instant);
                // Clocks that go back over midnight show what came before it twice; the day ended
                // the first time.
                let late = end_of(day, &zone).seconds_until(instant);
                prop_assert!(late < 0 || (late < 7_200 && name == "America/St_Johns"));
            }
        }
    }
}
