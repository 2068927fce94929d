//! What open metering periods come to so far, at the prices by which they will be billed.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::Period,
    id::AppId,
    metering::{PriceList, Resource, in_force, overage},
    money::Currency,
};

use super::{meters::Meters, store::MeteredRow};
use crate::{
    apps,
    db::{Error, Tx},
    ledger, tenants,
};

/// The prices of a tenant's apps, and what else says what its usage comes to.
#[derive(Debug)]
pub struct Prices {
    lists: BTreeMap<String, Vec<PriceList>>,
    meters: Meters,
    currency: Currency,
}

impl Prices {
    /// Loads the prices of a tenant.
    pub async fn load(tx: &mut Tx, tenant: &str) -> Result<Self, Error> {
        let meters = Meters::load(tx, tenant).await?;
        let own = ledger::book(tx, tenant).await?.currency();
        let own = own.or(tenants::profile(tx, tenant).await?.currency);
        let lists = apps::price_lists(tx, &BTreeSet::from([tenant])).await?;
        let lists = lists.into_iter().map(|((_, app), lists)| (app, lists)).collect();
        Ok(Self { lists, meters, currency: own.unwrap_or(Currency::CNY) })
    }

    /// A row as it would be billed now, if it is open; what was invoiced stays as it was.
    pub fn show(&self, row: MeteredRow) -> Result<MeteredRow, Error> {
        let Some(lists) = self.lists.get(&row.app_id).filter(|_| row.bills == 0) else {
            return Ok(row);
        };
        let corrupt = |column| Error::corrupt("metered_usage", &row.app_id, column);
        let (start, end) = (row.period_start.instant()?, row.period_end.instant()?);
        let period = Period::new(start, end).map_err(|_| corrupt("period_end"))?;
        let resource = Resource::parse(&row.resource_type).map_err(|_| corrupt("resource_type"))?;
        let span = self.meters.span_of(start).map_err(|_| corrupt("period_start"))?;
        let price = in_force(lists, &resource, &period);
        let Some(price) = price.filter(|_| span.is_none_or(|span| !span.trial)) else {
            return Ok(row);
        };
        // What is too much to be billed is told when it is.
        let used = overage(row.total_usage, price.included(), self.currency).unwrap_or_default();
        Ok(MeteredRow {
            included_units: price.included_units,
            unit_price: Some(price.beyond().to_string()),
            overage_units: used.units,
            overage_amount: used.amount.units(),
            ..row
        })
    }

    /// How many units an app may use of a resource in the metering period without paying more, if it
    /// has a price for it.
    pub(super) fn included(
        &self,
        app: &AppId,
        resource: &Resource,
        period: &Period,
    ) -> Option<i64> {
        let lists = self.lists.get(app.as_str())?;
        in_force(lists, resource, period).map(|price| price.included_units)
    }
}
