//! What months earn of a document, and what is left of that once a part was taken back.
//!
//! A note that nobody's days stand behind takes of every month what it takes of the whole. What it
//! takes of months that are over was earned and is given back as such; the rest is deferred no more.

use std::collections::BTreeMap;

use super::Service;
use crate::{
    calendar::Month,
    money::{Amount, Currency, shares},
};

/// How much is left of what each month earns of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left(BTreeMap<Month, i64>);

/// What is taken back, each month's part on its first day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// What is not earned yet.
    pub unearned: Vec<Service>,
    /// What was earned.
    pub earned: Vec<Service>,
}

impl Left {
    /// Adds what pieces earn that were posted while a month was `open`: what is for earlier months was
    /// earned in that.
    pub fn add(&mut self, pieces: &[Service], open: Option<Month>, currency: Currency) {
        for (month, amount) in pieces.iter().flat_map(|piece| piece.by_month(currency)) {
            let month = open.map_or(month, |open| month.max(open));
            let left = self.0.entry(month).or_default();
            *left = left.saturating_add(amount.units());
        }
    }

    /// Takes off what pieces were taken back while a month was `open`.
    pub fn take(&mut self, pieces: &[Service], open: Option<Month>, currency: Currency) {
        let pieces: Vec<Service> = pieces.iter().map(|piece| piece.reversed()).collect();
        self.add(&pieces, open, currency);
    }

    /// What `net` takes of each month, while `open` is the month that it is: its part of what is left,
    /// by largest remainder. So what takes all that is left leaves each month nothing.
    ///
    /// What is no part of what is left is taken of the open month.
    pub fn part(&self, net: Amount, open: Month, currency: Currency) -> TakenBack {
        let (months, pieces): (Vec<Month>, Vec<i64>) = self.0.iter().unzip();
        let parts = shares(&pieces, net, currency);
        let parts = match parts {
            Some(parts) => months.into_iter().zip(parts).collect(),
            None => vec![(open, net.units())],
        };
        let mut taken = TakenBack::default();
        for (month, units) in parts.into_iter().filter(|(_, units)| *units != 0) {
            let piece = Service::on(month.first_day(), Amount::from_units(units));
            if month < open {
                taken.earned.push(piece);
            } else {
                taken.unearned.push(piece);
            }
        }
        taken
    }
}

impl TakenBack {
    /// What was earned at once, on a day; nothing where a part is all tax.
    pub fn earned_at_once(on: Service) -> Self {
        let is_some = !on.net().is_zero();
        Self { unearned: Vec::new(), earned: is_some.then_some(on).into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{calendar::Date, ledger::service::tests::any_service};

    fn month(text: &str) -> Month {
        Month::parse(text).expect("a month")
    }

    fn quarter(major: i64) -> Service {
        let day = |text| Date::parse(text).expect("a date");
        Service::new(day("2026-01-01"), day("2026-04-01"), Amount::from_major(major))
    }

    fn units(pieces: &[Service]) -> i64 {
        pieces.iter().map(|piece| piece.net().units()).sum()
    }

    #[test]
    fn what_is_taken_of_months_that_are_over_was_earned() {
        let mut left = Left::default();
        left.add(&[quarter(90)], Some(month("2026-01")), Currency::CNY);

        let taken = left.part(Amount::from_major(30), month("2026-02"), Currency::CNY);

        assert_eq!(taken.earned.len(), 1);
        assert_eq!(units(&taken.earned), 103_400);
        assert_eq!(units(&taken.unearned), 300_000 - 103_400);
        assert_eq!(taken.unearned[0].from().to_string(), "2026-02-01");
    }

    #[test]
    fn what_was_billed_late_is_not_earned_before_the_month_of_its_bill_is_over() {
        let mut left = Left::default();
        left.add(&[quarter(90)], Some(month("2026-03")), Currency::CNY);

        let taken = left.part(Amount::from_major(90), month("2026-03"), Currency::CNY);

        assert_eq!((units(&taken.unearned), taken.earned.len()), (900_000, 0));
    }

    #[test]
    fn a_part_that_is_all_tax_takes_nothing_that_was_earned() {
        let day = month("2026-01").first_day();
        assert!(TakenBack::earned_at_once(Service::on(day, Amount::ZERO)).earned.is_empty());
        let cent = Service::on(day, Amount::from_units(100));
        assert_eq!(TakenBack::earned_at_once(cent).earned, [cent]);
    }

    #[test]
    fn what_is_no_part_of_what_is_left_is_taken_of_the_open_month() {
        let mut left = Left::default();
        left.add(&[quarter(90)], None, Currency::CNY);
        for net in [-1, 91] {
            let taken = left.part(Amount::from_major(net), month("2026-02"), Currency::CNY);

            assert_eq!((units(&taken.unearned), taken.earned.len()), (net * 10_000, 0));
            assert_eq!(taken.unearned[0].from().to_string(), "2026-02-01");
        }
    }

    proptest! {
        #[test]
        fn taking_all_by_parts_leaves_each_month_nothing(
            pieces in prop::collection::vec(any_service(), 1..4),
            cuts in prop::collection::vec((1..100_i64, 0..30_u32), 0..6),
        ) {
            let mut left = Left::default();
            left.add(&pieces, None, Currency::CNY);
            let mut open = month("2024-01");
            let mut whole = units(&pieces);
            prop_assume!(whole > 0);

            for (percent, later) in cuts.into_iter().chain([(100, 0)]) {
                for _ in 0..later {
                    open = open.next().expect("in range");
                }
                let net = Amount::from_units(whole / 100 * percent / 100 * 100);
                let net = if percent == 100 { Amount::from_units(whole) } else { net };
                let taken = left.part(net, open, Currency::CNY);
                prop_assert_eq!(units(&taken.earned) + units(&taken.unearned), net.units());
                left.take(&taken.unearned, Some(open), Currency::CNY);
                left.take(&taken.earned, None, Currency::CNY);
                whole -= net.units();
            }

            prop_assert!(left.0.values().all(|left| *left == 0), "{:?}", left);
        }
    }
}
