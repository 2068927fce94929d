//! Prices that are set, and what a period is billed by.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn price(resource: Resource, included: i64, unit: Option<&str>, over: Option<&str>) -> Price {
    let read = |text| UnitPrice::parse(text).expect("a price");
    Price {
        id: AppPriceId::from_parts(1, 1),
        resource,
        unit_label: None,
        included_units: included,
        unit_price: unit.map(read),
        overage_unit_price: over.map(read),
    }
}

fn list(ordinal: i64, since: &str, prices: Vec<Price>) -> PriceList {
    PriceList { ordinal, since: at(since), prices }
}

#[test]
fn the_price_of_a_period_is_the_one_that_it_starts_with() {
    let calls = |included| price(Resource::ApiCalls, included, Some("0.01"), None);
    let lists = [
        list(1, "2026-03-15T00:00:00Z", vec![calls(1)]),
        list(2, "2026-04-01T00:00:00Z", vec![calls(2)]),
        list(3, "2026-04-01T00:00:00Z", vec![calls(3)]),
        list(4, "2026-05-20T00:00:00Z", vec![price(Resource::Sms, 4, Some("1"), None)]),
        list(5, "2026-07-02T00:00:00Z", vec![calls(5)]),
    ];
    let of = |resource: Resource, month: u8| {
        let start = at(&format!("2026-{month:02}-01T00:00:00Z"));
        let end = at(&format!("2026-{:02}-01T00:00:00Z", month + 1));
        let period = Period::new(start, end).expect("a period");
        in_force(&lists, &resource, &period).map(|it| it.included_units)
    };

    let calls: Vec<_> = (2..=8).map(|month| of(Resource::ApiCalls, month)).collect();
    assert_eq!(calls, [None, Some(1), Some(3), Some(3), None, None, Some(5)]);
    let sms: Vec<_> = (4..=8).map(|month| of(Resource::Sms, month)).collect();
    assert_eq!(sms, [None, Some(4), Some(4), Some(4), None]);
    assert_eq!(of(Resource::Storage, 5), None);
}

#[test]
fn overage_is_what_is_above_the_included_at_its_own_price_or_the_usual_one() {
    let of = |used, included, unit, over| {
        let price = price(Resource::ApiCalls, included, unit, over);
        let it = overage(used, price.included(), Currency::CNY).expect("in range");
        (it.units, it.amount.to_string())
    };

    assert_eq!(of(12_345, 10_000, Some("0.01"), Some("0.0004")), (2345, "0.94".to_owned()));
    assert_eq!(of(10_001, 10_000, Some("0.01"), None), (1, "0.01".to_owned()));
    assert_eq!(of(10_000, 10_000, Some("0.01"), None), (0, "0".to_owned()));
    assert_eq!(of(1, 10_000, None, Some("9")), (0, "0".to_owned()));
    assert_eq!(of(10, 0, None, None), (10, "0".to_owned()));
    assert_eq!(overage(9, Included::All, Currency::CNY), Ok(Overage::default()));
}

fn second(second: i64) -> Instant {
    Instant::from_second(second).expect("in range")
}

fn new(resource: Resource, included: i64, unit: Option<&str>) -> NewPrice {
    let Price { resource, unit_label, included_units, unit_price, overage_unit_price, .. } =
        price(resource, included, unit, None);
    NewPrice { resource, unit_label, included_units, unit_price, overage_unit_price }
}

/// Ids that count up.
fn ids() -> impl FnMut() -> AppPriceId {
    let mut last = 0;
    move || {
        last += 1;
        AppPriceId::from_parts(1, last)
    }
}

#[test]
fn prices_that_are_set_again_add_no_list_in_whatever_order_they_come() {
    let calls = || new(Resource::ApiCalls, 10, Some("0.01"));
    let sms = || new(Resource::Sms, 0, Some("1"));
    let first = set_prices(None, vec![calls(), sms()], second(5), ids()).expect("a list");
    let set = |prices| set_prices(Some(&first), prices, second(7), ids());

    assert_eq!((first.ordinal, first.since, first.prices.len()), (1, second(5), 2));
    assert_ne!(first.prices[0].id, first.prices[1].id);
    assert_eq!(set(vec![calls(), sms()]), None);
    assert_eq!(set(vec![sms(), calls()]), None);
    for other in [
        vec![],
        vec![calls()],
        vec![calls(), new(Resource::Sms, 1, Some("1"))],
        vec![calls(), new(Resource::Sms, 0, Some("1.000000000001"))],
        vec![calls(), new(Resource::Sms, 0, None)],
        vec![calls(), new(Resource::Email, 0, Some("1"))],
        vec![calls(), sms(), new(Resource::Email, 0, Some("1"))],
        vec![calls(), NewPrice { unit_label: Some("times".to_owned()), ..sms() }],
        vec![calls(), NewPrice { overage_unit_price: sms().unit_price, ..sms() }],
    ] {
        let next = set(other.clone()).expect("it is another list");
        assert_eq!((next.ordinal, next.since), (2, second(7)), "{other:?}");
        assert_eq!(next.prices.len(), other.len());
    }
    let same_amount = vec![calls(), new(Resource::Sms, 0, Some("1.0"))];
    assert_eq!(set(same_amount), None);
}

#[test]
fn an_app_that_has_no_prices_gets_no_list_of_none() {
    let calls = vec![new(Resource::ApiCalls, 10, Some("0.01"))];
    let first = set_prices(None, calls.clone(), second(5), ids()).expect("a list");
    let none = set_prices(Some(&first), Vec::new(), second(4), ids()).expect("an empty list");

    assert_eq!(set_prices(None, Vec::new(), second(5), ids()), None);
    assert_eq!(none, PriceList { ordinal: 2, since: second(5), prices: Vec::new() });
    assert_eq!(set_prices(Some(&none), Vec::new(), second(9), ids()), None);
    assert_eq!(set_prices(Some(&none), calls, second(9), ids()).map(|it| it.ordinal), Some(3));
}

/// What is asked for of each of three resources, and how long after the time before; a clock may be
/// set back.
fn asked() -> impl Strategy<Value = Vec<(i64, [Option<i64>; 3])>> {
    let included = || prop::option::of(0_i64..3);
    let step = (-2_i64..6, [included(), included(), included()]);
    prop::collection::vec(step, 0..12)
}

fn resources() -> [Resource; 3] {
    [Resource::ApiCalls, Resource::Storage, Resource::Priced("gpu".into())]
}

/// The lists that setting prices so leaves.
fn lists(asked: &[(i64, [Option<i64>; 3])]) -> Vec<PriceList> {
    let mut lists: Vec<PriceList> = Vec::new();
    let mut now = 0;
    let mut ids = ids();
    for (later, included) in asked {
        now += later;
        let prices = resources().into_iter().zip(included);
        let prices = prices.filter_map(|(it, included)| Some(new(it, (*included)?, Some("1"))));
        lists.extend(set_prices(lists.last(), prices.collect(), second(now), &mut ids));
    }
    lists
}

proptest! {
    #[test]
    fn lists_are_numbered_in_the_order_of_time_and_each_differs_from_the_one_before(
        asked in asked(),
    ) {
        let lists = lists(&asked);
        let said = |list: &PriceList| -> Vec<(Resource, i64)> {
            list.prices.iter().map(|it| (it.resource.clone(), it.included_units)).collect()
        };

        for (list, ordinal) in lists.iter().zip(1..) {
            prop_assert_eq!(list.ordinal, ordinal);
        }
        for pair in lists.windows(2) {
            prop_assert!(pair[0].since <= pair[1].since);
            prop_assert_ne!(said(&pair[0]), said(&pair[1]));
        }
        let last = asked.last().map(|(_, included)| *included).unwrap_or_default();
        let wanted: Vec<_> =
            resources().into_iter().zip(last).filter_map(|(it, units)| Some((it, units?))).collect();
        prop_assert_eq!(lists.last().map(said).unwrap_or_default(), wanted);
    }

    #[test]
    fn a_period_is_billed_as_if_time_were_walked_through(
        asked in asked(),
        start in -4_i64..40,
        length in 1_i64..12,
    ) {
        let lists = lists(&asked);
        let end = start + length;
        let period = Period::new(second(start), second(end)).expect("a period");
        for resource in resources() {
            // What the price is, second by second: at first there is none, and the first one counts
            // for the period in which it comes.
            let (mut now, mut ever, mut billed) = (None, false, None);
            for moment in -30..end {
                for list in lists.iter().filter(|list| list.since == second(moment)) {
                    now = list.prices.iter().find(|it| it.resource == resource);
                    if now.is_some() && !ever {
                        ever = true;
                        billed = now.filter(|_| moment >= start);
                    }
                }
                if moment == start && ever {
                    billed = now;
                }
            }

            prop_assert_eq!(in_force(&lists, &resource, &period), billed, "{}", resource);
        }
    }
}
