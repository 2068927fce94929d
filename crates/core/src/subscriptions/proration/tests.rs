//! What is given back and asked for, worked out by hand, and what holds of any story of changes.

use proptest::prelude::*;

use super::*;
use crate::calendar::{Anchor, Cycle};

const ZONES: [&str; 5] =
    ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"];

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn period(start: &str, end: &str) -> Period {
    Period::new(at(start), at(end)).expect("a period")
}

fn cents(cents: i64) -> Amount {
    Amount::from_units(cents * 100)
}

/// A subscription's period as a customer lives through it: what was billed, change by change.
#[derive(Debug)]
struct Story {
    zone: Zone,
    period: Period,
    /// What is left to be given back.
    billed: Vec<Billed>,
    /// What all lines come to, and what was given back.
    whole: i64,
}

impl Story {
    fn new(price: Amount, period: Period, zone: Zone) -> Self {
        let billed = vec![Billed { amount: price, service: period }];
        Self { zone, period, billed, whole: price.units() }
    }

    /// Changes to a plan of that price, and answers what is to be paid, or is given back if below 0.
    fn change(&mut self, price: Amount, at: Instant) -> i64 {
        let credited = self.credit(at);
        let credit: i64 = credited.iter().map(|it| it.part.amount.units()).sum();
        let charge = part_from(at, price, self.period, &self.zone, Currency::CNY).amount;
        let rest = Period::new(at, self.period.end()).expect("the period has not ended");
        // What was given back has nothing left, nor has what gave it back.
        let is_back = |place: usize| credited.iter().any(|it| it.line == place);
        let left = self.billed.iter().enumerate().filter(|(place, _)| !is_back(*place));
        self.billed = left.map(|(_, line)| *line).collect();
        self.billed.push(Billed { amount: charge, service: rest });
        self.whole += charge.units() - credit;
        charge.units() - credit
    }

    fn credit(&self, at: Instant) -> Vec<Credited> {
        credit_from(at, &self.billed, &self.zone, Currency::CNY)
    }

    fn whole(&self) -> i64 {
        self.whole
    }
}

#[test]
fn the_day_of_the_change_still_has_to_be_served() {
    let april = period("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let days = |text| part_from(at(text), cents(3_000), april, &Zone::UTC, Currency::CNY).days;

    assert_eq!(days("2026-04-01T00:00:00Z"), 30);
    assert_eq!(days("2026-04-01T23:59:59Z"), 30);
    assert_eq!(days("2026-04-02T00:00:00Z"), 29);
    assert_eq!(days("2026-04-30T23:59:59Z"), 1);
    assert_eq!((days("2026-03-01T00:00:00Z"), days("2026-06-01T00:00:00Z")), (30, 0));
}

#[test]
fn days_are_those_of_the_zone_and_not_of_24_hours() {
    let zone = Zone::parse("America/New_York").expect("a zone");
    let march = period("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z");

    let part = part_from(at("2026-03-09T03:59:59Z"), cents(3_100), march, &zone, Currency::CNY);

    assert_eq!((part.days, part.of, part.amount), (24, 31, cents(2_400)));
}

#[test]
fn a_service_without_a_day_costs_nothing() {
    let minute = period("2026-04-30T10:00:00Z", "2026-04-30T10:01:00Z");

    let part = part_from(minute.start(), cents(100), minute, &Zone::UTC, Currency::CNY);

    assert_eq!(part, Part { amount: Amount::ZERO, days: 0, of: 0 });
}

#[test]
fn an_upgrade_and_a_downgrade_are_worked_out_by_hand() {
    let april = period("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let mut story = Story::new(cents(9_900), april, Zone::UTC);

    // 15 of 30 days: 249.50 for pro, 49.50 back for basic.
    assert_eq!(story.change(cents(49_900), at("2026-04-16T09:00:00Z")), 2_000_000);
    // 10 days: 33.00 for basic; back 33.00 − 33.00 + 166.33.
    assert_eq!(story.change(cents(9_900), at("2026-04-21T00:00:00Z")), -1_333_300);
}

#[test]
fn what_a_currency_has_no_smaller_coin_for_is_rounded_to_its_coin() {
    let april = period("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let yen = Currency::parse("JPY").expect("a currency");

    let part =
        part_from(at("2026-04-11T00:00:00Z"), Amount::from_major(100), april, &Zone::UTC, yen);

    assert_eq!(part.amount, Amount::from_major(67));
}

#[test]
fn roundings_that_add_up_to_more_than_was_billed_give_way() {
    let april = period("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let line = |amount| Billed { amount: cents(amount), service: april };
    let billed = [line(1), line(1), line(1), line(-2)];

    let credited = credit_from(at("2026-04-16T00:00:00Z"), &billed, &Zone::UTC, Currency::CNY);

    let sum: i64 = credited.iter().map(|it| it.part.amount.units()).sum();
    assert_eq!(sum, 100);
}

fn any_story() -> impl Strategy<Value = (Story, Vec<(Amount, Instant)>)> {
    let start = -500_000_000_i64..4_000_000_000;
    let zone = prop::sample::select(ZONES.to_vec());
    let cycle = prop::sample::select(Cycle::ALL.to_vec());
    let price = || prop_oneof![0..100_i64, 0..100_000_000_i64].prop_map(cents);
    let changes = prop::collection::vec((price(), 0..10_000_i64), 0..8);
    (start, zone, cycle, price(), changes).prop_map(|(start, zone, cycle, price, changes)| {
        let zone = Zone::parse(zone).expect("a zone");
        let start = Instant::from_second(start).expect("in range");
        let end = Anchor::of(start, &zone).boundary(&zone, cycle, 1).expect("in range");
        let period = Period::new(start, end).expect("a period");
        let seconds = start.seconds_until(end);
        let mut changes: Vec<(Amount, Instant)> = changes
            .into_iter()
            .map(|(price, share)| {
                let after = i128::from(seconds) * i128::from(share) / 10_000;
                let after = i64::try_from(after).expect("within the period");
                (price, start.plus_seconds(after).expect("in range"))
            })
            .collect();
        changes.sort_by_key(|(_, at)| *at);
        (Story::new(price, period, zone), changes)
    })
}

proptest! {
    #[test]
    fn a_part_is_the_exact_share_rounded_once(
        whole in -1_000_000_000_i64..1_000_000_000,
        after in 0..31_i64,
    ) {
        let march = period("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        let at = march.start().plus_days(after).expect("in range");

        let part = part_from(at, cents(whole), march, &Zone::UTC, Currency::CNY);

        // Twice the distance to the exact share is at most one cent.
        let off = i128::from(part.amount.units() / 100) * 31 - i128::from(whole) * i128::from(31 - after);
        prop_assert!(off.abs() * 2 <= 31);
        prop_assert_eq!(part.amount.units() % 100, 0);
    }

    #[test]
    fn credit_is_never_below_nothing_nor_above_what_was_billed((mut story, changes) in any_story()) {
        for (price, at) in changes {
            let credit: i64 = story.credit(at).iter().map(|it| it.part.amount.units()).sum();
            prop_assert!(credit >= 0);
            prop_assert!(credit <= story.whole().max(0));

            story.change(price, at);
        }
        prop_assert!(story.whole() >= 0, "a period never costs less than nothing");
    }

    #[test]
    fn any_way_round_and_back_on_one_day_nets_nothing((mut story, changes) in any_story()) {
        let first = story.billed[0].amount;
        let day = changes.first().map_or(story.period.start(), |(_, at)| *at);

        let there: i64 = changes.iter().map(|(price, _)| story.change(*price, day)).sum();
        let back = story.change(first, day);

        prop_assert_eq!(there + back, 0);
        prop_assert_eq!(story.whole(), first.units());
    }

    #[test]
    fn the_last_change_leaves_the_price_of_the_last_plan((mut story, changes) in any_story()) {
        for (price, at) in changes {
            story.change(price, at);
            // What is billed for the days from now on is the new price's share of them, but for
            // the roundings of the lines that came before.
            let left: i64 = story.credit(at).iter().map(|it| it.part.amount.units()).sum();
            let price = part_from(at, price, story.period, &story.zone, Currency::CNY).amount;
            let lines = i64::try_from(story.billed.len()).expect("a few");
            prop_assert!((left - price.units()).abs() <= lines * 100, "{} for {}", left, price);
        }
    }
}
