//! What use beyond what is included costs.

use super::Resource;
use crate::{
    calendar::{Instant, Period},
    id::AppPriceId,
    money::{Amount, AmountError, Currency, UnitPrice},
};

/// The most prices that an app has at a time.
pub const PRICES_MAX: usize = 100;

/// The most units of a period that may cost nothing.
pub const INCLUDED_UNITS_MAX: i64 = 1_000_000_000_000_000;

/// The longest name of a unit, in letters.
pub const UNIT_LABEL_MAX: usize = 50;

/// What an app's use of a resource is to cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrice {
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

/// The list that follows an app's newest, if it has one, where these are to be all of its prices from
/// `at` on: each of another resource. None where the app has these prices already.
pub fn set_prices(
    newest: Option<&PriceList>,
    prices: Vec<NewPrice>,
    at: Instant,
    mut fresh_id: impl FnMut() -> AppPriceId,
) -> Option<PriceList> {
    let before = newest.map(|list| &list.prices[..]).unwrap_or_default();
    let is_there = |new: &NewPrice| before.iter().any(|price| price.is_as(new));
    if before.len() == prices.len() && prices.iter().all(is_there) {
        return None;
    }
    Some(PriceList {
        ordinal: newest.map_or(1, |list| list.ordinal + 1),
        // A clock that was set back leaves the lists in their order.
        since: newest.map_or(at, |list| list.since.max(at)),
        prices: prices.into_iter().map(|new| new.known_by(fresh_id())).collect(),
    })
}

/// What use of so many units in a period costs beyond what is included: the exact product, rounded
/// once.
pub fn overage(used: i64, included: Included, currency: Currency) -> Result<Overage, AmountError> {
    let Included::Units { units, beyond } = included else { return Ok(Overage::default()) };
    let units = used.saturating_sub(units).max(0);
    Ok(Overage { units, amount: beyond.times(units, currency)? })
}

impl NewPrice {
    /// The price, under an id.
    fn known_by(self, id: AppPriceId) -> Price {
        let Self { resource, unit_label, included_units, unit_price, overage_unit_price } = self;
        Price { id, resource, unit_label, included_units, unit_price, overage_unit_price }
    }
}

impl Price {
    /// Whether it says what a price that is to be set says.
    fn is_as(&self, new: &NewPrice) -> bool {
        self.clone() == new.clone().known_by(self.id)
    }

    /// What it includes, and what a unit beyond costs.
    pub fn included(&self) -> Included {
        Included::Units { units: self.included_units, beyond: self.beyond() }
    }

    /// What a unit beyond what is included costs.
    pub fn beyond(&self) -> UnitPrice {
        self.overage_unit_price.or(self.unit_price).unwrap_or(UnitPrice::ZERO)
    }
}

#[cfg(test)]
mod tests;
