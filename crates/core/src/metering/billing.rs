//! What a metering period is billed by, when it is over.

use super::{Included, Overage, PeriodUse, Price, Resource, overage};
use crate::{
    calendar::{Instant, Period},
    id::AppId,
    money::{AmountError, Currency, UnitPrice},
};

/// What is kept of the use of a resource in a metering period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metered {
    /// The app, if one is named.
    pub app: Option<AppId>,
    /// The resource.
    pub resource: Resource,
    /// What was used.
    pub used: PeriodUse,
    /// What was included, as it was invoiced.
    pub included: Included,
    /// What was invoiced beyond that.
    pub overage: Overage,
}

/// A line of what was used beyond what is included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverageLine {
    /// The app.
    pub app: Option<AppId>,
    /// The resource.
    pub resource: Resource,
    /// What people call a unit.
    pub unit_label: Option<String>,
    /// The period in which it was used.
    pub period: Period,
    /// How many units are billed.
    pub units: i64,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// How many units were included.
    pub included: i64,
    /// Whether it was reported after the period had been invoiced.
    pub is_late: bool,
}

impl Metered {
    /// Whether there is anything left to be billed, or to be closed, of a period that is over at
    /// `until`.
    pub fn is_pending(&self, until: Instant) -> bool {
        let is_over = self.used.period.end() <= until;
        is_over && (self.used.bills == 0 || self.used.late > 0)
    }

    /// When it is billed by itself, if nothing else bills it before: an open period at its end, and what
    /// came late when it has waited long enough.
    pub fn due_at(&self) -> Option<Instant> {
        if self.used.bills == 0 { Some(self.used.period.end()) } else { self.used.late_due }
    }

    /// Bills what is pending: of an open period all beyond what its price includes, of one that was
    /// invoiced what came since. Without a price everything is included.
    pub fn bill(
        &mut self,
        price: Option<&Price>,
        currency: Currency,
    ) -> Result<Option<OverageLine>, AmountError> {
        let is_late = self.used.bills > 0;
        if !is_late {
            self.included = price.map_or(Included::All, Price::included);
        }
        self.used = PeriodUse { bills: self.used.bills + 1, late: 0, late_due: None, ..self.used };
        let Included::Units { units: included, beyond } = self.included else { return Ok(None) };
        let now = overage(self.used.total, self.included, currency)?;
        let units = now.units - self.overage.units;
        if units == 0 {
            return Ok(None);
        }
        // Each line is rounded once, so what was invoiced is the sum of them.
        let amount = self.overage.amount.checked_add(beyond.times(units, currency)?);
        let amount = amount.ok_or(AmountError::TooLarge)?;
        self.overage = Overage { units: now.units, amount };
        Ok(Some(OverageLine {
            app: self.app.clone(),
            resource: self.resource.clone(),
            unit_label: price.and_then(|price| price.unit_label.clone()),
            period: self.used.period,
            units,
            unit_price: beyond,
            included,
            is_late,
        }))
    }

    /// Ends its period earlier than it would have.
    pub fn cut(&mut self, at: Instant) {
        let period = self.used.period;
        if self.used.bills == 0 && period.start() < at && at < period.end() {
            self.used.period = Period::new(period.start(), at).unwrap_or(period);
        }
    }

    /// What a level goes on with in the next period; none of what adds up.
    pub fn goes_on_in(&self, next: Period) -> Option<Self> {
        let is_level = self.used.measured_at.is_some() && self.used.total > 0;
        let is_before = self.used.period.end() <= next.start();
        (is_level && is_before).then(|| Self {
            app: self.app.clone(),
            resource: self.resource.clone(),
            used: PeriodUse { period: next, late: 0, late_due: None, bills: 0, ..self.used },
            included: Included::All,
            overage: Overage::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{id::AppPriceId, money::Amount};

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    fn march() -> Period {
        Period::new(at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z")).expect("a period")
    }

    fn metered(total: i64) -> Metered {
        Metered {
            app: AppId::parse("app_1").ok(),
            resource: Resource::ApiCalls,
            used: PeriodUse { total, ..PeriodUse::new(march()) },
            included: Included::All,
            overage: Overage::default(),
        }
    }

    fn price(included_units: i64, unit: &str) -> Price {
        Price {
            id: AppPriceId::from_parts(1, 1),
            resource: Resource::ApiCalls,
            unit_label: None,
            included_units,
            unit_price: UnitPrice::parse(unit).ok(),
            overage_unit_price: None,
        }
    }

    #[test]
    fn an_open_period_is_billed_once_and_what_comes_later_by_itself() {
        let (mut it, price) = (metered(120), price(100, "0.005"));

        let line = it.bill(Some(&price), Currency::CNY).expect("in range").expect("a line");
        assert_eq!((line.units, line.included, line.is_late), (20, 100, false));
        assert_eq!((it.used.bills, it.overage.amount.to_string()), (1, "0.1".to_owned()));
        assert!(!it.is_pending(at("2026-04-01T00:00:00Z")));

        (it.used.total, it.used.late) = (123, 3);
        assert!(it.is_pending(at("2026-04-01T00:00:00Z")));
        let other = Price { included_units: 0, ..price };
        let line = it.bill(Some(&other), Currency::CNY).expect("in range").expect("a line");
        assert_eq!((line.units, line.included, line.is_late), (3, 100, true));
        assert_eq!((it.used.bills, it.overage.units), (2, 23));
        assert_eq!(it.overage.amount, Amount::from_units(1_200));
    }

    #[test]
    fn what_is_included_or_has_no_price_makes_no_line() {
        let mut free = metered(120);
        assert_eq!(free.bill(None, Currency::CNY), Ok(None));
        assert_eq!((free.used.bills, free.overage), (1, Overage::default()));
        (free.used.total, free.used.late) = (500, 380);
        assert_eq!(free.bill(Some(&price(0, "1")), Currency::CNY), Ok(None));

        let mut below = metered(99);
        assert_eq!(below.bill(Some(&price(100, "1")), Currency::CNY), Ok(None));
        (below.used.total, below.used.late) = (102, 3);
        let line = below.bill(None, Currency::CNY).expect("in range").expect("a line");
        assert_eq!((line.units, below.overage.amount), (2, Amount::from_major(2)));
    }

    #[test]
    fn a_level_goes_on_and_a_sum_does_not() {
        let next = Period::new(march().end(), at("2026-05-01T00:00:00Z")).expect("a period");
        let mut users = metered(7);
        assert_eq!(users.goes_on_in(next), None);
        users.used.measured_at = Some(at("2026-03-05T00:00:00Z"));

        let on = users.goes_on_in(next).expect("it goes on");
        assert_eq!((on.used.total, on.used.bills, on.used.period), (7, 0, next));
        assert_eq!(users.goes_on_in(march()), None);
        users.cut(at("2026-03-10T00:00:00Z"));
        assert_eq!(users.used.period.end(), at("2026-03-10T00:00:00Z"));
        users.used.total = 0;
        assert_eq!(users.goes_on_in(next), None);
    }

    proptest! {
        #[test]
        fn however_late_it_comes_all_units_beyond_are_billed_once(
            parts in prop::collection::vec(0_i64..1_000, 1..8),
            included in 0_i64..2_000,
            micros in 0_i64..5_000_000,
        ) {
            let unit = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            let (mut it, price) = (metered(0), price(included, &unit));
            let mut units = 0;
            for (n, part) in parts.iter().enumerate() {
                it.used.total += part;
                it.used.late = if n == 0 { 0 } else { *part };
                let line = it.bill(Some(&price), Currency::CNY).expect("in range");
                units += line.map_or(0, |line| line.units);
            }

            let total: i64 = parts.iter().sum();
            prop_assert_eq!(units, (total - included).max(0));
            prop_assert_eq!(it.overage.units, units);
        }
    }
}
