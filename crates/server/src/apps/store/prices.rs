//! Prices of apps in the database.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    id::AppId,
    metering::{Price, PriceList, Resource},
    money::UnitPrice,
};

use super::Pair;
use crate::db::{Error, Rows, Stmt, Time, Tx, Value};

/// A price, or that a list has none.
#[derive(sqlx::FromRow)]
struct PriceRow {
    tenant_id: String,
    app_id: String,
    list: i64,
    since: Time,
    id: Option<String>,
    resource_type: Option<String>,
    unit_label: Option<String>,
    included_units: Option<i64>,
    unit_price: Option<String>,
    overage_unit_price: Option<String>,
}

const PRICE: &[&str] = &[
    "tenant_id",
    "app_id",
    "list",
    "place",
    "since",
    "id",
    "resource_type",
    "unit_label",
    "included_units",
    "unit_price",
    "overage_unit_price",
];

const PRICES: &str = "SELECT p.tenant_id, p.app_id, p.list, p.since, p.id, p.resource_type,
    p.unit_label, p.included_units, p.unit_price, p.overage_unit_price";

/// The order of the join is said, so that only rows of the newest lists are read, however many lists
/// there are.
const OF_NEWEST: &str = " FROM subscription_app AS a CROSS JOIN app_price AS p
    WHERE a.tenant_id = $1 AND p.tenant_id = a.tenant_id AND p.app_id = a.app_id AND p.list = (
        SELECT MAX(n.list) FROM app_price AS n
        WHERE n.tenant_id = a.tenant_id AND n.app_id = a.app_id)
    AND a.app_id";

/// All price lists of all apps of tenants, by tenant and app, the oldest of each first.
pub async fn price_lists(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<Pair, Vec<PriceList>>, Error> {
    let stmt = Stmt::new(PRICES).push(" FROM app_price AS p WHERE p.tenant_id");
    let stmt = stmt.push_any_text(tenants.iter().copied());
    gathered(tx.fetch_all(stmt.push(" ORDER BY p.list, p.place")).await?)
}

/// The resources of their own that these apps have, or ever had, a price for: none of those that every
/// tenant has.
pub async fn known_resources(
    tx: &mut Tx,
    pairs: Vec<Pair>,
) -> Result<BTreeMap<Pair, BTreeSet<Resource>>, Error> {
    let mut known: BTreeMap<Pair, BTreeSet<Resource>> = BTreeMap::new();
    if pairs.is_empty() {
        return Ok(known);
    }
    let stmt = Stmt::new("SELECT DISTINCT tenant_id, app_id, resource_type FROM");
    let stmt = stmt.push_text_pairs(pairs).push(
        " AS k JOIN app_price ON tenant_id = k.a AND app_id = k.b
         WHERE resource_type IS NOT NULL",
    );
    let rows: Vec<(String, String, String)> = tx.fetch_all(stmt).await?;
    for (tenant, app, name) in rows {
        let corrupt = |_| Error::corrupt("app_price", &app, "resource_type");
        let resource = Resource::parse(&name).map_err(corrupt)?;
        if matches!(resource, Resource::Priced(_)) {
            known.entry((tenant, app)).or_default().insert(resource);
        }
    }
    Ok(known)
}

/// The newest price lists of those of a tenant's apps that have one.
pub(in crate::apps) async fn newest_lists<'a>(
    tx: &mut Tx,
    tenant: &str,
    apps: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, PriceList>, Error> {
    let stmt = Stmt::new(PRICES).push(OF_NEWEST).bind(tenant).push_any_text(apps);
    let stmt = stmt.push(" ORDER BY p.list, p.place");
    let lists = gathered(tx.fetch_all(stmt).await?)?;
    let newest = |((_, app), mut lists): (Pair, Vec<PriceList>)| Some((app, lists.pop()?));
    Ok(lists.into_iter().filter_map(newest).collect())
}

/// Enters a price list of an app; an empty one as one row without a resource.
pub async fn insert_list(
    tx: &mut Tx,
    tenant: &str,
    app: &AppId,
    list: &PriceList,
) -> Result<(), Error> {
    let mut rows = Rows::new("app_price", PRICE);
    let prices = list.prices.iter().map(Some);
    let none = list.prices.is_empty().then_some(None);
    for (price, place) in prices.chain(none).zip(1_i64..) {
        rows.push(price_row((tenant, app), list, place, price));
    }
    tx.insert(rows).await?;
    Ok(())
}

fn price_row(
    (tenant, app): (&str, &AppId),
    list: &PriceList,
    place: i64,
    it: Option<&Price>,
) -> Vec<Value> {
    let text = |price: Option<UnitPrice>| Value::from(price.map(|price| price.to_string()));
    vec![
        tenant.into(),
        app.as_str().into(),
        list.ordinal.into(),
        place.into(),
        list.since.into(),
        it.map(|it| it.id.to_string()).into(),
        it.map(|it| it.resource.as_str()).into(),
        it.and_then(|it| it.unit_label.as_deref()).into(),
        it.map(|it| it.included_units).into(),
        text(it.and_then(|it| it.unit_price)),
        text(it.and_then(|it| it.overage_unit_price)),
    ]
}

/// Lists of rows that come in the order of lists and of the places in them.
fn gathered(rows: Vec<PriceRow>) -> Result<BTreeMap<Pair, Vec<PriceList>>, Error> {
    let mut all: BTreeMap<Pair, Vec<PriceList>> = BTreeMap::new();
    for row in rows {
        let (ordinal, since) = (row.list, row.since.instant()?);
        let lists = all.entry((row.tenant_id.clone(), row.app_id.clone())).or_default();
        if lists.last().is_none_or(|list| list.ordinal != ordinal) {
            lists.push(PriceList { ordinal, since, prices: Vec::new() });
        }
        if let (Some(list), Some(price)) = (lists.last_mut(), row.price()?) {
            list.prices.push(price);
        }
    }
    Ok(all)
}

impl PriceRow {
    /// The price; none where it says that the list is empty.
    fn price(self) -> Result<Option<Price>, Error> {
        let (Some(id), Some(resource), Some(included_units)) =
            (self.id, self.resource_type, self.included_units)
        else {
            return Ok(None);
        };
        let corrupt = |column| Error::corrupt("app_price", &id, column);
        let read = |text: Option<String>, column| {
            text.map(|text| UnitPrice::parse(&text).map_err(|_| corrupt(column))).transpose()
        };
        Ok(Some(Price {
            resource: Resource::parse(&resource).map_err(|_| corrupt("resource_type"))?,
            unit_label: self.unit_label,
            included_units,
            unit_price: read(self.unit_price, "unit_price")?,
            overage_unit_price: read(self.overage_unit_price, "overage_unit_price")?,
            id: id.parse().map_err(|_| corrupt("id"))?,
        }))
    }
}
