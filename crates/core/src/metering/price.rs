//! What use beyond what is included costs.

use super::Resource;
use crate::{
    calendar::{Instant, Period},
    id::AppPriceId,
    money::{Amount, AmountError, Currency, UnitPrice},
};

/// What an app's use of a resource costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// `arp_…`
    pub id: AppPriceId,
    /// What is used.
    pub resource: Resource,
    /// What people call a unit.
    pub unit_label: Option<String>,
    /// How many units of a metering period cost nothing.
    pub included_units: i64,
    /// What a unit costs.
    pub unit_price: Option<UnitPrice>,
    /// What a unit beyond what is included costs, if not the same.
    pub overage_unit_price: Option<UnitPrice>,
}

/// All prices of an app, as they were set at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// The app's first, second, … list.
    pub ordinal: i64,
    /// When it was set.
    pub since: Instant,
    /// The prices, in the order in which they were set.
    pub prices: Vec<Price>,
}

/// What is included in a period, and what a unit beyond it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Included {
    /// Everything.
    All,
    /// So many units.
    Units {
        /// How many.
        units: i64,
        /// The price of one more.
        beyond: UnitPrice,
    },
}

/// What was used beyond what is included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overage {
    /// How many units.
    pub units: i64,
    /// What they cost.
    pub amount: Amount,
}

/// The price by which the use of a resource in a metering period is billed, of an app's lists, the
/// oldest first: that of the list in force when the period starts. The first price that the app ever
/// gets for the resource is in force in the period that is running then.
pub fn in_force<'a>(
    lists: &'a [PriceList],
    resource: &Resource,
    period: &Period,
) -> Option<&'a Price> {
    let of = |list: &'a PriceList| list.prices.iter().find(|price| price.resource == *resource);
    let first = lists.iter().find(|list| of(list).is_some())?;
    if first.since > period.start() {
        return of(first).filter(|_| first.since < period.end());
    }
    let at_start = lists.iter().rev().find(|list| list.since <= period.start());
    at_start.and_then(of)
}

/// What use of so many units in a period costs beyond what is included: the exact product, rounded
/// once.
pub fn overage(used: i64, included: Included, currency: Currency) -> Result<Overage, AmountError> {
    let Included::Units { units, beyond } = included else { return Ok(Overage::default()) };
    let units = used.saturating_sub(units).max(0);
    Ok(Overage { units, amount: beyond.times(units, currency)? })
}

impl Price {
    /// What it includes, and what a unit beyond costs.
    pub fn included(&self) -> Included {
        let beyond = self.overage_unit_price.or(self.unit_price).unwrap_or(UnitPrice::ZERO);
        Included::Units { units: self.included_units, beyond }
    }
}

#[cfg(test)]
mod tests {
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
}
