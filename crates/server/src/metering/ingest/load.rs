//! What a set of reports rests on: read together, whatever the number of tenants and events.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Date, Instant},
    id::AppId,
    metering::{Event, Measure, Resource, Tally},
};

use super::{
    super::{meters::Meters, packing},
    report::{Counting, Report, State},
    store,
};
use crate::{
    apps, command,
    db::{Error, Tx},
};

/// The tables that events touch, as keys of them.
#[derive(Default)]
struct Touched {
    /// Tenant, day and app.
    days: BTreeSet<[String; 3]>,
    /// The same of days of what only apps have a price for.
    priced_days: BTreeSet<[String; 3]>,
    /// Tenant, app and resource.
    periods: BTreeSet<[String; 3]>,
    /// The first start of a period that is touched.
    since: Option<Instant>,
}

/// Loads what `set` rests on.
pub(super) async fn state(set: &[&Report], tx: &mut Tx) -> Result<State, Error> {
    let named: BTreeSet<&str> = set.iter().map(|it| it.tenant.as_str()).collect();
    let mut meters = Meters::load_many(tx, &named).await?;
    let mut all: BTreeMap<String, Counting> = BTreeMap::new();
    for report in set {
        let tenant = report.tenant.as_str();
        if !all.contains_key(tenant) {
            let now = command::now_of(tx, &report.env, tenant).await?;
            let Meters(grid) = meters.remove(tenant).unwrap_or_default().as_of(now);
            let tally = Tally { grid, ..Tally::default() };
            let (tenant, env) = (report.tenant.clone(), report.env.clone());
            all.insert(tenant.to_string(), Counting { tenant, env, now, tally });
        }
    }
    load_taken(set, &mut all, tx).await?;
    load_packed(set, &mut all, tx).await?;
    load_apps(set, &mut all, tx).await?;
    let touched = touched(set, &all);
    load_days(touched.days, &mut all, tx).await?;
    load_priced_days(touched.priced_days, &mut all, tx).await?;
    if let Some(since) = touched.since {
        for (key, kept) in store::periods(tx, touched.periods, since).await? {
            if let Some(counting) = all.get_mut(&key.0) {
                counting.tally.periods.insert(key.1, kept);
            }
        }
    }
    Ok(State(all))
}

/// The events of a report that are some.
fn events<'a>(set: &'a [&Report]) -> impl Iterator<Item = (&'a str, &'a Event)> {
    set.iter().flat_map(|report| {
        let events = report.sent.iter().filter_map(|sent| sent.event.as_ref().ok());
        events.map(|event| (report.tenant.as_str(), event))
    })
}

async fn load_taken(
    set: &[&Report],
    all: &mut BTreeMap<String, Counting>,
    tx: &mut Tx,
) -> Result<(), Error> {
    // In the order of the index, each of its pages is read once.
    let mut keys: Vec<(String, Vec<u8>)> = events(set)
        .map(|(tenant, event)| (tenant.to_owned(), event.key.as_bytes().to_vec()))
        .collect();
    keys.sort_unstable();
    for (tenant, key, taken) in store::taken(tx, keys).await? {
        if let Some(counting) = all.get_mut(&tenant) {
            counting.tally.taken.insert(key, taken);
        }
    }
    Ok(())
}

/// What was packed away of the events that were not found, of tenants of which anything was.
async fn load_packed(
    set: &[&Report],
    all: &mut BTreeMap<String, Counting>,
    tx: &mut Tx,
) -> Result<(), Error> {
    let is_new = |(tenant, event): &(&str, &Event)| {
        all.get(*tenant).is_some_and(|it| !it.tally.taken.contains_key(&event.key))
    };
    let new: Vec<(&str, &Event)> = events(set).filter(is_new).collect();
    let tenants: BTreeSet<&str> = new.iter().map(|(tenant, _)| *tenant).collect();
    if tenants.is_empty() {
        return Ok(());
    }
    let packing = packing::with_packs(tx, &tenants).await?;
    let mut keys: Vec<(String, Vec<u8>)> = new
        .into_iter()
        .filter(|(tenant, _)| packing.contains(*tenant))
        .map(|(tenant, event)| (tenant.to_owned(), event.key.as_bytes().to_vec()))
        .collect();
    keys.sort_unstable();
    for (tenant, packed) in packing::packed(tx, keys).await? {
        if let Some(counting) = all.get_mut(&tenant) {
            counting.tally.packed.insert(packed.key, packed);
        }
    }
    Ok(())
}

async fn load_apps(
    set: &[&Report],
    all: &mut BTreeMap<String, Counting>,
    tx: &mut Tx,
) -> Result<(), Error> {
    let mut named: BTreeSet<(String, String)> = BTreeSet::new();
    let mut priced: BTreeSet<(String, String)> = BTreeSet::new();
    for (tenant, event) in events(set) {
        let Some(app) = &event.app else { continue };
        named.insert((tenant.to_owned(), app.to_string()));
        if matches!(event.resource, Resource::Priced(_)) {
            priced.insert((tenant.to_owned(), app.to_string()));
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    for ((tenant, app), found) in apps::apps(tx, named.into_iter().collect()).await? {
        if let Some(counting) = all.get_mut(&tenant) {
            counting.tally.apps.insert(app_id(&app)?, found.deleted_at);
        }
    }
    if priced.is_empty() {
        return Ok(());
    }
    for ((tenant, app), resources) in
        apps::known_resources(tx, priced.into_iter().collect()).await?
    {
        let Some(counting) = all.get_mut(&tenant) else { continue };
        let app = app_id(&app)?;
        counting.tally.priced.extend(resources.into_iter().map(|it| (app.clone(), it)));
    }
    Ok(())
}

fn app_id(app: &str) -> Result<AppId, Error> {
    AppId::parse(app).map_err(|_| Error::corrupt("subscription_app", app, "app_id"))
}

/// What the events of a set touch that may count: those that were taken before touch nothing.
fn touched(set: &[&Report], all: &BTreeMap<String, Counting>) -> Touched {
    let mut touched = Touched::default();
    for (tenant, event) in events(set) {
        let Some(Counting { now, tally, .. }) = all.get(tenant) else { continue };
        if tally.taken.contains_key(&event.key) || tally.packed.contains_key(&event.key) {
            continue;
        }
        let Ok(place) = tally.grid.place(event, *now) else { continue };
        let app = event.app.as_ref().map(ToString::to_string).unwrap_or_default();
        let day = [tenant.to_owned(), place.day.to_string(), app.clone()];
        match event.resource {
            Resource::Priced(_) => touched.priced_days.insert(day),
            _ => touched.days.insert(day),
        };
        let known_in = match (place.span, event.resource.measure()) {
            (None, Measure::Level) => tally.grid.first_span_after(place.at).ok().flatten(),
            (span, _) => span,
        };
        if let Some(span) = known_in {
            touched.periods.insert([tenant.to_owned(), app, event.resource.to_string()]);
            let start = span.period.start();
            touched.since = Some(touched.since.map_or(start, |since| since.min(start)));
        }
    }
    touched
}

/// Days that are there, and for the others the levels that go on.
async fn load_days(
    mut days: BTreeSet<[String; 3]>,
    all: &mut BTreeMap<String, Counting>,
    tx: &mut Tx,
) -> Result<(), Error> {
    if days.is_empty() {
        return Ok(());
    }
    for (key, kept) in store::days(tx, days.iter().cloned().collect()).await? {
        days.remove(&store::day_key(&key));
        if let Some(counting) = all.get_mut(&key.0) {
            counting.tally.days.insert(key.1, kept);
        }
    }
    if days.is_empty() {
        return Ok(());
    }
    for (key, before) in store::days_before(tx, days.into_iter().collect()).await? {
        if let Some(counting) = all.get_mut(&key.0) {
            counting.tally.before.insert(key.1, before);
        }
    }
    Ok(())
}

async fn load_priced_days(
    days: BTreeSet<[String; 3]>,
    all: &mut BTreeMap<String, Counting>,
    tx: &mut Tx,
) -> Result<(), Error> {
    if days.is_empty() {
        return Ok(());
    }
    for (tenant, key, kept) in store::priced_days(tx, days.into_iter().collect()).await? {
        if let Some(counting) = all.get_mut(&tenant) {
            counting.tally.priced_days.insert(key, kept);
        }
    }
    Ok(())
}

/// A day as it is stored.
pub(super) fn date(text: &str) -> Result<Date, Error> {
    Date::parse(text).map_err(|_| Error::corrupt("usage_day", text, "day"))
}

/// A resource as it is stored.
pub(in super::super) fn resource(text: &str) -> Result<Resource, Error> {
    Resource::parse(text).map_err(|_| Error::corrupt("usage_event", text, "resource_type"))
}
