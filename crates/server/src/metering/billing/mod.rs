//! Billing what was metered, and keeping the meter: what whoever ends periods of subscriptions calls.
//!
//! It is loaded and saved in the transaction in which the subscription changes. What is *not* here:
//! the invoice.

mod due;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Anchor, CalendarError, Instant, Zone},
    id::{AppId, SubscriptionId},
    metering::{Meter, Metered, OverageLine, PriceList, in_force},
    money::Currency,
};

pub use self::due::{UsageDue, due_usage, first_due_usage};
use crate::{
    apps,
    db::{Error, Tx},
    http::problem::ApiError,
};

/// What is metered of a tenant and waits to be billed, and the meter that runs.
#[derive(Debug, Default)]
pub struct Usage {
    /// The meter that runs, if there is a subscription.
    running: Option<Meter>,
    /// How many meters there were.
    meters: i64,
    /// What is open, or came late.
    pending: Vec<Metered>,
    /// When those periods of trials start that are pending: nothing of them is billed.
    free: BTreeSet<Instant>,
    prices: BTreeMap<AppId, Vec<PriceList>>,
    /// Since when nothing is counted of apps that were deleted.
    deleted: BTreeMap<AppId, Instant>,
    /// Levels that were known before there was a meter.
    levels: Vec<Metered>,
    /// Which of `pending` changed.
    changed: BTreeSet<usize>,
    /// Levels that go on in a period, unless they were measured in it.
    carried: Vec<Metered>,
    /// The meters that are to be written.
    written: Vec<Meter>,
}

/// What a meter is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterOf {
    /// Whose anchor it is.
    pub subscription: SubscriptionId,
    /// Where its months are computed from.
    pub anchor: Anchor,
    /// The zone of the anchor.
    pub zone: Zone,
    /// Whether nothing that is used is billed.
    pub trial: bool,
    /// When a trial ends, if nothing changes.
    pub trial_end: Option<Instant>,
}

impl Usage {
    /// Loads what is metered of a tenant. It is locked.
    pub async fn load(tx: &mut Tx, tenant: &str) -> Result<Self, Error> {
        let mut all = Self::load_many(tx, &BTreeSet::from([tenant])).await?;
        Ok(all.remove(tenant).unwrap_or_default())
    }

    /// The same of any number of tenants, in a number of statements that does not depend on how many
    /// they are. Each of them has some.
    pub async fn load_many(
        tx: &mut Tx,
        tenants: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Self>, Error> {
        let none = |tenant: &&str| ((*tenant).to_owned(), Self::default());
        let mut all: BTreeMap<String, Self> = tenants.iter().map(none).collect();
        for (tenant, meter) in store::last_meters(tx, tenants).await? {
            let usage = all.entry(tenant).or_default();
            usage.meters = meter.ordinal;
            usage.running = Some(meter).filter(|meter| meter.until.is_none());
        }
        let mut billable: BTreeSet<String> = BTreeSet::new();
        for (tenant, metered, is_trial) in store::pending(tx, tenants).await? {
            if metered.app.is_some() {
                billable.insert(tenant.clone());
            }
            let usage = all.entry(tenant).or_default();
            if is_trial {
                usage.free.insert(metered.used.period.start());
            }
            usage.pending.push(metered);
        }
        let billable: BTreeSet<&str> = billable.iter().map(String::as_str).collect();
        if billable.is_empty() {
            return Ok(all);
        }
        for ((tenant, app), lists) in apps::price_lists(tx, &billable).await? {
            all.entry(tenant).or_default().prices.insert(app_id(&app)?, lists);
        }
        for ((tenant, app), at) in apps::deleted(tx, &billable).await? {
            all.entry(tenant).or_default().deleted.insert(app_id(&app)?, at);
        }
        Ok(all)
    }

    /// Loads the levels of a tenant too, for a meter that is about to run.
    pub async fn with_levels(mut self, tx: &mut Tx, tenant: &str) -> Result<Self, Error> {
        self.levels = store::levels(tx, tenant).await?;
        for ((_, app), at) in apps::deleted(tx, &BTreeSet::from([tenant])).await? {
            self.deleted.insert(app_id(&app)?, at);
        }
        Ok(self)
    }

    /// Whether the meter runs like this already.
    pub fn runs_as(&self, of: Option<&MeterOf>) -> bool {
        let ends =
            (self.running.as_ref().and_then(|it| it.trial_end), of.and_then(|it| it.trial_end));
        self.counts_as(of) && ends.0 == ends.1
    }

    /// Whether the meter counts like this already, until whenever.
    fn counts_as(&self, of: Option<&MeterOf>) -> bool {
        match (&self.running, of) {
            (Some(meter), Some(of)) => of.runs(meter),
            (None, None) => true,
            _ => false,
        }
    }

    /// Leaves out what is billed by itself before `end`.
    pub fn leave_out_before(&mut self, end: Instant) {
        self.pending.retain(|it| it.due_at().is_none_or(|due| end <= due));
    }

    /// Whether there is anything to write.
    pub fn is_changed(&self) -> bool {
        !(self.changed.is_empty() && self.carried.is_empty() && self.written.is_empty())
    }

    /// Lets the meter run as it is to from `at` on, and gives what is to be billed of the time before:
    /// of periods that are over by then, and if it runs differently than before, or not at all any
    /// more, of the one that it cuts too.
    pub fn go_on(
        &mut self,
        of: Option<MeterOf>,
        at: Instant,
        currency: Currency,
    ) -> Result<Vec<OverageLine>, ApiError> {
        let is_same = self.counts_as(of.as_ref());
        if !is_same && self.running.is_some() {
            self.pending.iter_mut().for_each(|it| it.cut(at));
        }
        let (lines, closed) = self.bill(at, currency)?;
        if !is_same {
            if of.is_none() {
                self.forgo(at, currency)?;
            }
            let before = self.running.take();
            if let Some(meter) = before.clone() {
                self.written.push(Meter { until: Some(at.max(meter.since)), ..meter });
            }
            if let Some(of) = of {
                self.meters += 1;
                let meter = of.meter(self.meters, at, before.as_ref());
                let meter = meter.map_err(|error| ApiError::Conflict(error.to_string()))?;
                self.written.push(meter.clone());
                self.running = Some(meter);
            }
        } else if let Some((meter, of)) = self.running.as_mut().zip(of)
            && meter.trial_end != of.trial_end
        {
            meter.trial_end = of.trial_end;
            self.written.push(meter.clone());
        }
        let mut gone_on = std::mem::take(&mut self.levels);
        gone_on.extend(closed.into_iter().map(|place| self.pending[place].clone()));
        self.carry_on(&gone_on, at)?;
        Ok(lines)
    }

    /// Bills what is pending of periods that are over at `until`.
    fn bill(
        &mut self,
        until: Instant,
        currency: Currency,
    ) -> Result<(Vec<OverageLine>, Vec<usize>), ApiError> {
        let (mut lines, mut closed) = (Vec::new(), Vec::new());
        for (place, it) in self.pending.iter_mut().enumerate() {
            if !it.is_pending(until) {
                continue;
            }
            let period = it.used.period;
            let is_free = self.free.contains(&period.start());
            let lists = it.app.as_ref().and_then(|app| self.prices.get(app));
            let price = lists.and_then(|lists| in_force(lists, &it.resource, &period));
            let was_open = it.used.bills == 0;
            let line = it.bill(price.filter(|_| !is_free), currency);
            lines.extend(line.map_err(|error| ApiError::Conflict(error.to_string()))?);
            self.changed.insert(place);
            if was_open {
                closed.push(place);
            }
        }
        Ok((lines, closed))
    }

    /// Closes what was counted after the last meter had ended at `at`, since nobody had looked yet:
    /// without a subscription nothing is billed.
    fn forgo(&mut self, at: Instant, currency: Currency) -> Result<(), ApiError> {
        for (place, it) in self.pending.iter_mut().enumerate() {
            if it.used.bills == 0 && it.used.period.start() >= at {
                let none = it.bill(None, currency);
                none.map_err(|error| ApiError::Conflict(error.to_string()))?;
                self.changed.insert(place);
            }
        }
        Ok(())
    }

    /// Levels go on into the period that follows, or the first of a meter that began later, where they
    /// were not measured yet.
    fn carry_on(&mut self, levels: &[Metered], at: Instant) -> Result<(), ApiError> {
        let Some(meter) = &self.running else { return Ok(()) };
        let at = at.max(meter.since);
        let span = meter.span_of(at).map_err(|error| ApiError::Conflict(error.to_string()))?;
        let Some(next) = span.map(|span| span.period) else { return Ok(()) };
        // The newest first: it is the one that goes on.
        for level in levels.iter().rev() {
            let app = level.app.as_ref();
            if app.is_some_and(|app| self.deleted.get(app).is_some_and(|gone| *gone <= at)) {
                continue;
            }
            self.carried.extend(level.goes_on_in(next));
        }
        Ok(())
    }

    /// Writes what changed of the usage of tenants.
    pub async fn save_many<'a>(
        tx: &mut Tx,
        all: impl IntoIterator<Item = (&'a str, &'a Self)>,
    ) -> Result<(), Error> {
        let (mut metered, mut carried, mut meters) = (Vec::new(), Vec::new(), Vec::new());
        for (tenant, usage) in all {
            carried.extend(usage.carried.iter().map(|it| (tenant, it)));
            metered.extend(usage.changed.iter().map(|place| (tenant, &usage.pending[*place])));
            meters.extend(usage.written.iter().map(|meter| (tenant, meter)));
        }
        store::save_meters(tx, &meters).await?;
        store::save_metered(tx, &metered).await?;
        store::carry_on(tx, &carried).await
    }
}

impl MeterOf {
    /// The meter that runs from `since` on, after the one before.
    fn meter(
        self,
        ordinal: i64,
        since: Instant,
        before: Option<&Meter>,
    ) -> Result<Meter, CalendarError> {
        let Self { subscription, anchor, zone, trial, trial_end } = self;
        let (until, number) = (None, 0);
        let meter =
            Meter { ordinal, since, until, subscription, anchor, zone, number, trial, trial_end };
        // Where only the zone is another, its months go on from those of the one before.
        let before =
            before.filter(|it| (it.subscription, it.anchor) == (subscription, meter.anchor));
        let number = before.unwrap_or(&meter).number_of(since)?;
        Ok(Meter { number, ..meter })
    }

    /// Whether a meter runs like this, until whenever.
    fn runs(&self, it: &Meter) -> bool {
        let Self { subscription, anchor, zone, trial, .. } = self;
        (*subscription, *anchor, *trial) == (it.subscription, it.anchor, it.trial)
            && *zone == it.zone
    }
}

fn app_id(app: &str) -> Result<AppId, Error> {
    AppId::parse(app).map_err(|_| Error::corrupt("subscription_app", app, "app_id"))
}
