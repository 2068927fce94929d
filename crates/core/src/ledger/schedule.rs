//! What is still deferred, month by month.
//!
//! A month is closed once, after its end, and never changed then: what comes later for it is earned
//! in the month that is open. What is *not* here: the posting that closes a month.

use std::fmt;

use super::Served;
use crate::{
    calendar::{Instant, Month, Zone},
    money::{Amount, Currency, MAX_TOTAL},
};

/// How much of what is deferred each month earns. A month may earn less than nothing.
///
/// It is written as `2026-04:986300 2026-05:1019200`, in ten-thousandths of the major unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The last month that was closed.
    closed: Option<Month>,
    /// Months after it, in order, each with something.
    months: Vec<(Month, Amount)>,
}

/// A text, or a closed month with it, is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected months in order after the closed one, such as 2026-04:986300")]
pub struct NotASchedule;

impl Schedule {
    /// Reads what is stored: the last month that was closed, and the months that follow.
    pub fn parse(closed: Option<&str>, months: &str) -> Result<Self, NotASchedule> {
        let closed = closed.map(Month::parse).transpose().map_err(|_| NotASchedule)?;
        let entries = months.split(' ').filter(|_| !months.is_empty());
        let months: Option<Vec<_>> = entries.map(entry).collect();
        let schedule = Self { closed, months: months.ok_or(NotASchedule)? };
        if schedule.is_sound() { Ok(schedule) } else { Err(NotASchedule) }
    }

    /// The last month that was closed with something in it.
    pub const fn closed(&self) -> Option<Month> {
        self.closed
    }

    /// The months in order, and what each earns.
    pub fn months(&self) -> &[(Month, Amount)] {
        &self.months
    }

    /// What all months earn, if that can be counted.
    pub fn total(&self) -> Option<Amount> {
        Amount::checked_sum(self.months.iter().map(|(_, amount)| *amount))
    }

    /// When the first month is over in a zone, if there is one.
    pub fn due_at(&self, zone: &Zone) -> Option<Instant> {
        self.months.first().map(|(month, _)| month.end_in(zone))
    }

    /// The month that takes what is for earlier ones: the present one, or the one after the last
    /// that was closed, should a zone have turned back.
    pub(super) fn open_at(&self, at: Instant, zone: &Zone) -> Month {
        let after_closed = self.closed.and_then(Month::next);
        after_closed.map_or(Month::at(at, zone), |next| next.max(Month::at(at, zone)))
    }

    /// Adds what is served, and gives the month that is open. Nothing where a month would be beyond
    /// counting.
    pub(super) fn defer(
        &mut self,
        served: &Served,
        at: Instant,
        currency: Currency,
    ) -> Option<Month> {
        let open = self.open_at(at, &served.zone);
        for piece in &served.pieces {
            for (month, amount) in piece.by_month(currency) {
                self.add(month.max(open), amount)?;
            }
        }
        self.months.retain(|(_, amount)| !amount.is_zero());
        Some(open)
    }

    /// Closes the first month, and gives what it earned.
    pub(super) fn close_first(&mut self) -> Option<(Month, Amount)> {
        if self.months.is_empty() {
            return None;
        }
        let (month, amount) = self.months.remove(0);
        self.closed = Some(month);
        Some((month, amount))
    }

    fn add(&mut self, month: Month, amount: Amount) -> Option<()> {
        match self.months.binary_search_by_key(&month, |(month, _)| *month) {
            Ok(place) => {
                let sum = self.months[place].1.checked_add(amount);
                self.months[place].1 = sum.filter(|sum| sum.is_within(MAX_TOTAL))?;
            }
            Err(place) => self.months.insert(place, (month, amount)),
        }
        Some(())
    }

    fn is_sound(&self) -> bool {
        let months = self.closed.into_iter().chain(self.months.iter().map(|(month, _)| *month));
        let are_sound =
            |(_, amount): &(Month, Amount)| !amount.is_zero() && amount.is_within(MAX_TOTAL);
        months.is_sorted_by(|one, next| one < next) && self.months.iter().all(are_sound)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (month, amount)) in self.months.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(f, "{gap}{month}:{}", amount.units())?;
        }
        Ok(())
    }
}

fn entry(text: &str) -> Option<(Month, Amount)> {
    let (month, units) = text.split_once(':')?;
    let amount = units.parse().ok().map(Amount::from_units)?;
    // One spelling only.
    (amount.units().to_string() == units).then_some((Month::parse(month).ok()?, amount))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        calendar::Date,
        ledger::{Service, service::tests::any_service},
    };

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn served(pieces: &[Service]) -> Served {
        Served { pieces: pieces.to_vec(), zone: Zone::UTC }
    }

    fn piece(from: &str, until: &str, major: i64) -> Service {
        let day = |text| Date::parse(text).expect("a date");
        Service::new(day(from), day(until), Amount::from_major(major))
    }

    #[test]
    fn what_is_for_months_that_are_over_is_earned_in_the_open_one() {
        let mut schedule = Schedule::default();
        let quarter = served(&[piece("2026-01-01", "2026-04-01", 90)]);

        let open = schedule.defer(&quarter, at("2026-02-10T00:00:00Z"), Currency::CNY);

        assert_eq!(open, Some(Month::parse("2026-02").expect("a month")));
        assert_eq!(schedule.to_string(), "2026-02:590000 2026-03:310000");
        assert_eq!(schedule.total(), Some(Amount::from_major(90)));
        assert_eq!(schedule.due_at(&Zone::UTC), Some(at("2026-03-01T00:00:00Z")));
    }

    #[test]
    fn what_is_taken_back_later_takes_its_closed_months_from_the_open_one() {
        let mut schedule = Schedule::default();
        let service = served(&[piece("2026-01-01", "2026-04-01", 90)]);
        schedule.defer(&service, at("2026-01-01T00:00:00Z"), Currency::CNY).expect("in range");
        let january = schedule.close_first().expect("there is one");

        schedule.defer(&service.reversed(), at("2026-02-10T00:00:00Z"), Currency::CNY);

        assert_eq!(january.1, Amount::from_major(31));
        assert_eq!(schedule.to_string(), "2026-02:-310000");
    }

    #[test]
    fn a_month_of_nothing_is_not_there() {
        let mut schedule = Schedule::default();
        let service = served(&[piece("2026-01-01", "2026-04-01", 90)]);

        schedule.defer(&service, at("2026-01-01T00:00:00Z"), Currency::CNY);
        schedule.defer(&service.reversed(), at("2026-01-31T23:59:59Z"), Currency::CNY);

        assert_eq!(schedule, Schedule::default());
        assert_eq!(schedule.close_first(), None);
    }

    #[test]
    fn a_zone_that_turns_back_opens_no_closed_month() {
        let mut schedule = Schedule::default();
        let march = piece("2026-03-01", "2026-04-01", 31);
        let kiritimati = Zone::parse("Pacific/Kiritimati").expect("a zone");
        let there = Served { pieces: vec![march], zone: kiritimati.clone() };
        schedule.defer(&there, at("2026-03-05T00:00:00Z"), Currency::CNY);
        assert_eq!(schedule.due_at(&kiritimati), Some(at("2026-03-31T10:00:00Z")));
        schedule.close_first();

        let open = schedule.defer(&served(&[march]), at("2026-03-31T11:00:00Z"), Currency::CNY);

        assert_eq!(open.map(|it| it.to_string()).as_deref(), Some("2026-04"));
        assert_eq!(schedule.to_string(), "2026-04:310000");
    }

    #[test]
    fn only_months_in_order_after_the_closed_one_are_a_schedule() {
        for (closed, months) in [
            (None, ""),
            (Some("2026-03"), ""),
            (Some("2026-03"), "2026-04:1"),
            (None, "2026-04:-5 2026-05:5 2027-01:1000000000000000000"),
        ] {
            let schedule = Schedule::parse(closed, months).expect(months);
            assert_eq!(schedule.to_string(), months);
            assert_eq!(schedule.closed().map(|it| it.to_string()).as_deref(), closed);
        }
        for (closed, months) in [
            (Some(""), ""),
            (Some("2026-04"), "2026-04:1"),
            (None, "2026-05:1 2026-04:1"),
            (None, "2026-04:1 2026-04:1"),
            (None, "2026-04:0"),
            (None, "2026-04:+1"),
            (None, "2026-04:01"),
            (None, "2026-04"),
            (None, " "),
            (None, "2026-04:1 "),
            (None, "2026-04:1  2026-05:1"),
            (None, "2026-04:1000000000000000001"),
            (None, "2026-13:1"),
        ] {
            assert_eq!(Schedule::parse(closed, months), Err(NotASchedule), "{closed:?} {months:?}");
        }
    }

    #[test]
    fn a_month_beyond_counting_is_refused() {
        let mut schedule =
            Schedule::parse(None, "2026-04:1000000000000000000").expect("a schedule");

        let refused = schedule.defer(
            &served(&[piece("2026-04-01", "2026-05-01", 1)]),
            at("2026-04-01T00:00:00Z"),
            Currency::CNY,
        );

        assert_eq!(refused, None);
    }

    proptest! {
        #[test]
        fn when_months_are_closed_changes_nothing(
            postings in prop::collection::vec(
                (prop::collection::vec(any_service(), 1..3), 0..40_i64, 0..4_usize), 1..20,
            ),
        ) {
            let (mut in_time, mut late) = (Schedule::default(), Schedule::default());
            let (mut earned, mut earned_late) = (Vec::new(), Vec::new());
            let mut now = at("2024-06-15T12:00:00Z");

            for (pieces, days, closings) in &postings {
                now = now.plus_days(*days).expect("in range");
                let is_over = |it: &Schedule| it.due_at(&Zone::UTC).is_some_and(|end| end <= now);
                while is_over(&in_time) {
                    earned.extend(in_time.close_first());
                }
                let served = served(pieces);
                prop_assert!(in_time.defer(&served, now, Currency::CNY).is_some());
                prop_assert!(late.defer(&served, now, Currency::CNY).is_some());
                for _ in 0..*closings {
                    if is_over(&late) {
                        earned_late.extend(late.close_first());
                    }
                }
                let read = Schedule::parse(late.closed().map(|it| it.to_string()).as_deref(), &late.to_string());
                prop_assert_eq!(read, Ok(late.clone()));
            }
            while let Some(closed) = in_time.close_first() {
                earned.push(closed);
            }
            while let Some(closed) = late.close_first() {
                earned_late.push(closed);
            }

            prop_assert_eq!(&earned, &earned_late);
            let pieces = postings.iter().flat_map(|(pieces, _, _)| pieces).map(Service::net);
            let sum = Amount::checked_sum(earned.iter().map(|(_, amount)| *amount));
            prop_assert_eq!(sum, Amount::checked_sum(pieces));
        }
    }
}
