//! What each month earns: what was posted for it, and what it will earn still.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{calendar::Month, ledger::Schedule, money::Amount};

/// What a month earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarnedMonth {
    /// The month.
    pub month: Month,
    /// How much; below zero where more was taken back in it than earned.
    pub amount: Amount,
    /// Whether it is over and closed: then it never changes.
    pub is_recognised: bool,
}

/// What months earn, and what they come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amortization {
    /// The months in order, those with something.
    pub months: Vec<EarnedMonth>,
    /// What the closed ones earned.
    pub recognised: Amount,
    /// What the others earn.
    pub pending: Amount,
    /// All of it.
    pub total: Amount,
}

/// Puts together what was posted for months and what is deferred to them. `open` is the month that
/// it is; only months of `range` are told. Nothing where a sum can't be counted.
///
/// A month is recognised when it is over and nothing is deferred to it any more. What is posted for
/// the open one (usage, what is taken back) stands with what it will earn.
pub fn amortization(
    posted: impl IntoIterator<Item = (Month, Amount)>,
    schedule: &Schedule,
    open: Month,
    range: &RangeInclusive<Month>,
) -> Option<Amortization> {
    let mut months: BTreeMap<Month, (Amount, bool)> = BTreeMap::new();
    for (month, amount) in posted {
        let is_over = month < open || Some(month) <= schedule.closed();
        let (sum, _) = months.entry(month).or_insert((Amount::ZERO, is_over));
        *sum = sum.checked_add(amount)?;
    }
    for (month, amount) in schedule.months() {
        let (sum, is_recognised) = months.entry(*month).or_insert((Amount::ZERO, false));
        *sum = sum.checked_add(*amount)?;
        *is_recognised = false;
    }
    let told = months
        .into_iter()
        .filter(|(month, (amount, _))| range.contains(month) && !amount.is_zero());
    let months: Vec<EarnedMonth> = told
        .map(|(month, (amount, is_recognised))| EarnedMonth { month, amount, is_recognised })
        .collect();
    let sum = |is: bool| {
        let of = months.iter().filter(|it| it.is_recognised == is);
        Amount::checked_sum(of.map(|it| it.amount))
    };
    let (recognised, pending) = (sum(true)?, sum(false)?);
    let total = recognised.checked_add(pending)?;
    Some(Amortization { months, recognised, pending, total })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::Date;

    fn month(text: &str) -> Month {
        Month::parse(text).expect("a month")
    }

    fn all() -> RangeInclusive<Month> {
        Month::of(Date::MIN)..=Month::of(Date::MAX)
    }

    fn told(it: &Amortization) -> Vec<String> {
        let told = |it: &EarnedMonth| {
            let status = if it.is_recognised { "recognised" } else { "pending" };
            format!("{} {} {status}", it.month, it.amount)
        };
        it.months.iter().map(told).collect()
    }

    #[test]
    fn what_was_posted_and_what_is_deferred_stand_in_one_list() {
        let schedule = Schedule::parse(Some("2026-03"), "2026-04:986300 2026-05:1019200");
        let posted = [
            (month("2026-02"), Amount::from_major(92)),
            (month("2026-03"), Amount::from_major(101)),
            (month("2026-04"), Amount::from_major(-1)),
            (month("2026-01"), Amount::ZERO),
        ];

        let schedule = schedule.expect("a schedule");
        let it = amortization(posted, &schedule, month("2026-04"), &all()).expect("in range");

        assert_eq!(
            told(&it),
            [
                "2026-02 92 recognised",
                "2026-03 101 recognised",
                "2026-04 97.63 pending",
                "2026-05 101.92 pending",
            ]
        );
        let sums = [it.recognised, it.pending, it.total].map(|sum| sum.to_string());
        assert_eq!(sums, ["193", "199.55", "392.55"]);
    }

    #[test]
    fn a_month_that_is_over_and_not_closed_is_pending() {
        let schedule = Schedule::parse(None, "2026-03:10000").expect("a schedule");
        let posted = [(month("2026-03"), Amount::from_major(5))];

        let it = amortization(posted, &schedule, month("2026-06"), &all()).expect("in range");

        assert_eq!(told(&it), ["2026-03 6 pending"]);
    }

    #[test]
    fn only_months_of_the_range_are_told_and_summed() {
        let schedule = Schedule::parse(None, "2026-03:10000 2026-04:20000 2026-05:40000");
        let range = month("2026-04")..=month("2026-04");

        let schedule = schedule.expect("a schedule");
        let it = amortization([], &schedule, month("2026-03"), &range).expect("in range");

        assert_eq!(told(&it), ["2026-04 2 pending"]);
        assert_eq!(it.total, Amount::from_major(2));
    }

    #[test]
    fn what_can_not_be_counted_is_nothing() {
        let posted = [(month("2026-03"), Amount::from_units(i64::MAX)); 2];

        assert_eq!(amortization(posted, &Schedule::default(), month("2026-03"), &all()), None);
    }

    proptest! {
        #[test]
        fn the_total_is_what_went_in(
            posted in prop::collection::vec((24_240_u32..24_300, -1_000_000_i64..1_000_000), 0..40),
            open in 24_240_u32..24_300,
        ) {
            let of = |number: u32| {
                month(&format!("{:04}-{:02}", number / 12, number % 12 + 1))
            };
            let sum: i64 = posted.iter().map(|(_, units)| units).sum();
            let posted = posted.iter().map(|(number, units)| (of(*number), Amount::from_units(*units)));

            let it = amortization(posted, &Schedule::default(), of(open), &all()).expect("in range");

            prop_assert_eq!(it.total.units(), sum);
            prop_assert!(it.months.is_sorted_by_key(|it| it.month));
            prop_assert!(it.months.iter().all(|it| it.is_recognised == (it.month < of(open))));
        }
    }
}
