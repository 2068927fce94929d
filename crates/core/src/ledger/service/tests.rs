//! What months earn, worked out by hand, and what holds of all of it.

use proptest::prelude::*;

use super::*;
use crate::calendar::Instant;

fn day(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn earned(service: Service, currency: Currency) -> Vec<(String, String)> {
    let months = service.by_month(currency).into_iter();
    months.map(|(month, amount)| (month.to_string(), amount.to_string())).collect()
}

fn amounts(service: Service, currency: Currency) -> Vec<String> {
    earned(service, currency).into_iter().map(|(_, amount)| amount).collect()
}

#[test]
fn a_year_is_earned_as_published() {
    let year = Service::new(day("2026-01-15"), day("2027-01-15"), Amount::from_major(1_200));

    let months = amounts(year, Currency::CNY);

    let published = [
        "55.89", "92.06", "101.91", "98.63", "101.92", "98.63", "101.92", "101.92", "98.63",
        "101.91", "98.63", "101.92", "46.03",
    ];
    assert_eq!(months, published);
}

#[test]
fn a_month_is_earned_in_the_months_that_its_days_are_in() {
    let service = Service::new(day("2026-01-31"), day("2026-02-28"), Amount::from_major(28));
    let whole = Service::new(day("2026-02-01"), day("2026-03-01"), Amount::from_major(99));

    let parts = earned(service, Currency::CNY);

    assert_eq!(parts, [("2026-01".into(), "1".into()), ("2026-02".into(), "27".into())]);
    assert_eq!(earned(whole, Currency::CNY), [("2026-02".into(), "99".into())]);
}

#[test]
fn what_has_one_day_is_earned_on_it() {
    let day = day("2026-02-28");
    let backwards = Service::new(day, Date::MIN, Amount::from_major(5));

    assert_eq!(
        earned(Service::on(day, Amount::from_major(5)), Currency::CNY),
        [("2026-02".to_owned(), "5".to_owned())]
    );
    assert_eq!(backwards, Service::on(day, Amount::from_major(5)));
}

#[test]
fn each_currency_rounds_to_its_own_digits() {
    let service =
        |units| Service::new(day("2026-01-22"), day("2026-02-12"), Amount::from_units(units));
    let currency = |code| Currency::parse(code).expect("a currency");

    // 10 of 21 days are in January.
    assert_eq!(amounts(service(1_000_000), currency("JPY")), ["48", "52"]);
    assert_eq!(amounts(service(1_000_000), currency("BHD")), ["47.619", "52.381"]);
    assert_eq!(amounts(service(-1_000_000), currency("CNY")), ["-47.62", "-52.38"]);
}

#[test]
fn days_are_those_of_the_zone() {
    let at = |text| Instant::parse(text).expect("an instant");
    let month =
        Period::new(at("2026-01-31T16:00:00Z"), at("2026-02-28T16:00:00Z")).expect("a period");
    let shanghai = Zone::parse("Asia/Shanghai").expect("a zone");

    let there = Service::over(month, &shanghai, Amount::from_major(28));

    assert_eq!(earned(there, Currency::CNY), [("2026-02".to_owned(), "28".to_owned())]);
    let here = Service::over(month, &Zone::UTC, Amount::from_major(28));
    assert_eq!(amounts(here, Currency::CNY), ["1", "27"]);
}

#[test]
fn centuries_are_earned_in_twenty_years() {
    let service = Service::new(day("2026-01-01"), Date::MAX, Amount::from_major(7_320));

    let months = service.by_month(Currency::CNY);

    assert_eq!(service.from().days_until(service.until()), SERVICE_DAYS_MAX);
    assert_eq!(months.len(), 241);
    assert_eq!(months[0].1, Amount::from_major(31));
}

#[test]
fn the_last_days_of_the_calendar_are_earned_too() {
    let service = Service::new(day("9999-11-30"), Date::MAX, Amount::from_major(31));

    assert_eq!(amounts(service, Currency::CNY), ["1", "30"]);
}

#[test]
fn a_part_has_its_share_of_each_piece_and_the_largest_takes_what_is_left() {
    let of = |from, net: i64| Service::new(day(from), day("2026-03-01"), Amount::from_major(net));
    let pieces = [of("2026-01-01", -49), of("2026-02-01", 250)];
    let net = |units: i64| {
        let part = part_of(&pieces, Amount::from_units(units), Currency::CNY);
        part.iter().map(|it| it.net().to_string()).collect::<Vec<_>>()
    };

    assert_eq!(net(2_010_000), ["-49", "250"]);
    assert_eq!(net(1_000_000), ["-24.38", "124.38"]);
    assert_eq!(net(2_010_100), ["-49", "250.01"]);
    assert_eq!(net(-100), ["-49", "48.99"]);
    assert_eq!(part_of(&[], Amount::from_major(1), Currency::CNY), []);
}

pub(in crate::ledger) fn any_service() -> impl Strategy<Value = Service> {
    let cents = prop_oneof![-100_000..100_000_i64, Just(0), Just(100_000_000_000_000)];
    (0..1_500_i64, 0..800_i64, cents).prop_map(|(start, days, cents)| {
        let from = day("2024-01-01").plus_days(start).expect("in range");
        let until = from.plus_days(days).expect("in range");
        Service::new(from, until, Amount::from_units(cents * 100))
    })
}

proptest! {
    #[test]
    fn months_lose_nothing_and_the_reverse_is_exact(
        service in any_service(),
        code in prop::sample::select(vec!["CNY", "BHD"]),
    ) {
        let currency = Currency::parse(code).expect("a currency");

        let months = service.by_month(currency);
        let back = service.reversed().by_month(currency);

        let sum = Amount::checked_sum(months.iter().map(|(_, amount)| *amount));
        prop_assert_eq!(sum, Some(service.net()));
        prop_assert!(months.windows(2).all(|pair| pair[0].0.next() == Some(pair[1].0)));
        prop_assert_eq!(months[0].0, Month::of(service.from()));
        prop_assert_eq!(months.len(), back.len());
        for ((month, amount), (same, reverse)) in months.into_iter().zip(back) {
            prop_assert_eq!((month, amount.checked_neg()), (same, Some(reverse)));
            prop_assert!(amount.is_zero() || amount.is_negative() == service.net().is_negative());
        }
    }

    #[test]
    fn a_part_comes_to_exactly_what_it_is(
        pieces in prop::collection::vec(any_service(), 1..6),
        cents in -1_000_000..1_000_000_i64,
    ) {
        let net = Amount::from_units(cents * 100);

        let part = part_of(&pieces, net, Currency::CNY);

        let sum = Amount::checked_sum(part.iter().map(Service::net));
        prop_assert_eq!(sum, Some(net));
    }
}
