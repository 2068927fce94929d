//! Alerts that what was just counted crosses.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Period, date_of, end_of, start_of},
    catalog::Quotas,
    id::AppId,
    metering::{Renewal, Resource, crosses},
};

use super::{
    super::{meters::Meters, priced::Prices, usage},
    report::{Counting, State},
};
use crate::{
    alerts::{self, Firing, FiringKey, Watch},
    catalog,
    db::{Error, Tx},
    http::text::Timestamp,
    outbox::{Message, Outbox},
};

/// What an alert watches: of one app or of all, and what.
type Watched = (Option<AppId>, Resource);

/// How much is used of a limit, in which period.
#[derive(Clone, Copy, Debug)]
struct Use {
    used: i64,
    limit: i64,
    period: Period,
}

/// A tenant as its alerts see it.
struct Eye<'a> {
    tenant: &'a str,
    counting: &'a Counting,
    meters: Meters,
    quotas: Quotas,
    prices: Prices,
    seen: BTreeMap<Watched, Use>,
}

/// An alert whose threshold is crossed, and by what.
struct Crossed<'a> {
    watch: &'a Watch,
    key: FiringKey,
    seen: Use,
}

/// Fires the alerts that are crossed now and have not fired in their period, after a set was written.
/// The tenants are locked, so each fires once however many cross it together.
pub(super) async fn ring(state: &State, tx: &mut Tx) -> Result<(), Error> {
    let counting = state.0.iter().filter(|(_, it)| !it.tally.counted.is_empty());
    let tenants: BTreeSet<&str> = counting.map(|(tenant, _)| tenant.as_str()).collect();
    let watching = alerts::watching(tx, &tenants).await?;
    let mut crossed = Vec::new();
    for (tenant, watches) in &watching {
        let Some(counting) = state.0.get(tenant) else { continue };
        let touched = touched(counting);
        if !watches.iter().any(|watch| is_touched(watch, &touched)) {
            continue;
        }
        let mut eye = Eye::open(tx, tenant, counting).await?;
        for watch in watches {
            if !is_touched(watch, &touched) {
                continue;
            }
            let seen = eye.look(tx, watch).await?;
            if crosses(seen.used, seen.limit, watch.threshold) {
                let key = watch.key(tenant, seen.period.start());
                crossed.push(Crossed { watch, key, seen });
            }
        }
    }
    let keys: BTreeSet<FiringKey> = crossed.iter().map(|it| it.key.clone()).collect();
    let fired = alerts::fired(tx, &keys).await?;
    crossed.retain(|it| !fired.contains(&it.key));
    fire(state, &crossed, tx).await
}

/// What was used just now.
fn touched(counting: &Counting) -> BTreeSet<Watched> {
    let counted = counting.tally.counted.iter();
    counted.map(|it| (it.taken.app.clone(), it.taken.resource.clone())).collect()
}

fn is_touched(watch: &Watch, touched: &BTreeSet<Watched>) -> bool {
    match &watch.app {
        Some(_) => touched.contains(&(watch.app.clone(), watch.resource.clone())),
        None => touched.iter().any(|(_, resource)| *resource == watch.resource),
    }
}

/// Says that alerts fire, and tells it.
async fn fire(state: &State, crossed: &[Crossed<'_>], tx: &mut Tx) -> Result<(), Error> {
    if crossed.is_empty() {
        return Ok(());
    }
    let tenants: BTreeSet<&str> = crossed.iter().map(|it| it.key.tenant.as_str()).collect();
    let mut outboxes = Outbox::load_many(tx, &tenants).await?;
    let mut firings = Vec::new();
    for Crossed { watch, key, seen } in crossed {
        let Some(counting) = state.0.get(&key.tenant) else { continue };
        let at = counting.now;
        let message = Message::UsageAlert {
            alert_id: watch.alert_id,
            resource_type: watch.resource.clone(),
            app_id: watch.app.clone(),
            threshold_percent: watch.threshold,
            used: seen.used,
            limit: seen.limit,
            period_start: Timestamp(seen.period.start()),
            period_end: Timestamp(seen.period.end()),
            channels: watch.channels.clone(),
        };
        outboxes.entry(key.tenant.clone()).or_default().push(&counting.env, at, message);
        firings.push(Firing { key: key.clone(), period_end: seen.period.end(), at });
    }
    alerts::save_firings(tx, &firings).await?;
    Outbox::save_many(tx, outboxes.iter().map(|(tenant, it)| (tenant.as_str(), it))).await
}

impl<'a> Eye<'a> {
    async fn open(tx: &mut Tx, tenant: &'a str, counting: &'a Counting) -> Result<Self, Error> {
        Ok(Self {
            tenant,
            counting,
            meters: Meters(counting.tally.grid.clone()),
            quotas: catalog::tenant_plan(tx, tenant).await?.quotas,
            prices: Prices::load(tx, tenant).await?,
            seen: BTreeMap::new(),
        })
    }

    /// How much is used now of what an alert watches.
    async fn look(&mut self, tx: &mut Tx, watch: &Watch) -> Result<Use, Error> {
        let watched = (watch.app.clone(), watch.resource.clone());
        if let Some(seen) = self.seen.get(&watched) {
            return Ok(*seen);
        }
        let (now, app) = (self.counting.now, watch.app.as_ref());
        let whose = (self.tenant, app.map(AppId::as_str));
        let used = usage::used(tx, whose, &watch.resource, now, &self.meters).await?;
        let month = self.meters.period_of(now);
        let month = month.map_err(|_| Error::corrupt("meter", self.tenant, "anchor"))?;
        let included = app.and_then(|app| self.prices.included(app, &watch.resource, &month));
        let limit = included.unwrap_or_else(|| watch.resource.quota(&self.quotas));
        let period = match watch.resource.renewal() {
            Renewal::Day => self.today().unwrap_or(month),
            Renewal::Month | Renewal::Never => month,
        };
        let seen = Use { used: i64::try_from(used).unwrap_or(i64::MAX), limit, period };
        self.seen.insert(watched, seen);
        Ok(seen)
    }

    fn today(&self) -> Option<Period> {
        let zone = self.meters.zone();
        let day = date_of(self.counting.now, zone);
        Period::new(start_of(day, zone), end_of(day, zone)).ok()
    }
}
