//! Calendar arithmetic of the simulation's own, which the service is held against: months are
//! counted by hand, and the zone is asked only how far its clocks are from UTC.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

const DAY: i64 = 86_400;

/// A zone, as far as it must be known here.
pub(super) struct Zone(TimeZone);

impl Zone {
    pub(super) fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap())
    }

    /// How far the clocks are ahead of UTC at an instant, in seconds.
    fn offset(&self, at: i64) -> i64 {
        let at = Timestamp::from_second(at).unwrap();
        i64::from(self.0.to_offset(at).seconds())
    }

    /// What the clocks say at an instant, in seconds as though they said UTC.
    pub(super) fn local(&self, at: i64) -> i64 {
        at + self.offset(at)
    }

    /// The earliest instant at which the clocks say a time; where they skip it, the one at which
    /// they skip it.
    pub(super) fn instant(&self, local: i64) -> i64 {
        let offsets = [self.offset(local - 2 * DAY), self.offset(local + 2 * DAY)];
        let exact = offsets.iter().map(|offset| local - offset);
        let exact = exact.filter(|at| self.local(*at) == local).min();
        exact.unwrap_or_else(|| self.skip(local - 2 * DAY, local + 2 * DAY, local))
    }

    /// The instant at which the clocks, put forward once between two others, pass `local`.
    fn skip(&self, mut before: i64, mut after: i64, local: i64) -> i64 {
        while before + 1 < after {
            let middle = i64::midpoint(before, after);
            if self.local(middle) >= local { after = middle } else { before = middle }
        }
        after
    }

    /// How many dates there are from one instant to another.
    pub(super) fn days(&self, from: i64, to: i64) -> i64 {
        self.local(to).div_euclid(DAY) - self.local(from).div_euclid(DAY)
    }
}

/// The local time `months` after an anchor, on the last day of its month where that is shorter.
pub(super) fn months_after(anchor: &str, months: i64) -> i64 {
    let anchor: DateTime = anchor.parse().unwrap();
    let count = i64::from(anchor.year()) * 12 + i64::from(anchor.month()) - 1 + months;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = anchor.day().min(length);
    let date = Date::new(i16::try_from(year).unwrap(), i8::try_from(month).unwrap(), day).unwrap();
    let local = date.to_datetime(anchor.time());
    TimeZone::UTC.to_timestamp(local).unwrap().as_second()
}

/// Amounts are shared by days, and rounded half away from zero to the cent (100 units).
pub(super) fn share(units: i64, days: i64, of: i64) -> i64 {
    let (top, bottom) = (i128::from(units) * i128::from(days), i128::from(of) * 100);
    let size = (top.abs() * 2 + bottom) / (bottom * 2);
    i64::try_from(size * top.signum() * 100).unwrap()
}

#[test]
fn a_time_that_is_skipped_is_the_next_and_one_of_two_the_earlier() {
    let berlin = Zone::named("Europe/Berlin");
    let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();

    assert_eq!(berlin.instant(at("2028-03-26T02:30:00Z")), at("2028-03-26T01:00:00Z"));
    assert_eq!(berlin.instant(at("2028-10-29T02:30:00Z")), at("2028-10-29T00:30:00Z"));
    assert_eq!(months_after("2028-01-31T12:00:00", 1), at("2028-02-29T12:00:00Z"));
    assert_eq!(share(-990_000, 15, 31), -479_000);
}
