//! One step: some events of a tenant, one after the other by their keys, and what may go of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    metering::{EventKey, Measure, Old, Pack, Packed},
};
use serde::{Deserialize, Serialize};

use super::{
    PASS_DAYS,
    store::{self, Pass, Series},
};
use crate::{
    command::{self, Command},
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
};

/// How many events a step looks at.
const STEP: i64 = 2_000;

/// Packs away what may go of the next events of a tenant.
#[derive(Clone, Debug)]
pub(super) struct PackStep {
    pub(super) env: Env,
    pub(super) tenant: TenantId,
    /// How many days ago an event was reported at least that goes.
    pub(super) days: i64,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packs {
    /// How many events were packed away, what took others back among them.
    pub packed: u64,
    /// Whether the pass is at its end.
    pub is_done: bool,
}

/// What that rests on.
#[derive(Debug)]
pub(super) struct Facts {
    pass: Pass,
    /// What is kept of each event that goes.
    gone: Vec<Packed>,
    /// The packs in whose ranges these are.
    packs: BTreeMap<EventKey, Pack>,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Decision {
    pass: Pass,
    gone: Vec<EventKey>,
    packs: Vec<Pack>,
}

impl Command for PackStep {
    type Facts = Option<Facts>;
    type Decision = Option<Decision>;
    type Data = Packs;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Facts>, Error> {
        let tenant = self.tenant.as_str();
        let Some((mut pass, limit)) = self.pass(tx).await? else { return Ok(None) };
        let from = pass.next_key.unwrap_or(EventKey::from_bytes([0; 16]));
        let page = store::page(tx, tenant, from, STEP).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|count| count < STEP);
        pass.next_key = page.last().filter(|_| !is_last).and_then(|last| after(last.key));
        let gone = self.going(tx, page, limit).await?;
        let packs = self.packs(tx, &gone).await?;
        Ok(Some(Facts { pass, gone, packs }))
    }

    fn decide(&self, facts: Option<Facts>, _: &Env) -> Result<Option<Decision>, ApiError> {
        Ok(facts.map(|Facts { pass, gone, packs }| {
            let keys = gone.iter().map(|it| it.key).collect();
            Decision { pass, gone: keys, packs: merged(packs, gone) }
        }))
    }

    async fn save(&self, decision: Option<Decision>, tx: &mut Tx) -> Result<Packs, Error> {
        let Some(Decision { pass, gone, packs }) = decision else {
            return Ok(Packs { packed: 0, is_done: true });
        };
        let tenant = self.tenant.as_str();
        let is_done = pass.next_key.is_none();
        store::put_pass(tx, tenant, pass).await?;
        // The packs first: the database lets no event go that is in none.
        store::put_packs(tx, tenant, &packs).await?;
        let packed = store::remove(tx, tenant, &gone).await?;
        Ok(Packs { packed, is_done })
    }
}

impl PackStep {
    /// The pass that is under way, or the next if that is due, and before when an event was reported
    /// that goes now.
    async fn pass(&self, tx: &mut Tx) -> Result<Option<(Pass, Instant)>, Error> {
        let tenant = self.tenant.as_str();
        let now = command::now_of(tx, &self.env, tenant).await?;
        let Ok(limit) = now.plus_days(-self.days) else { return Ok(None) };
        let last = store::pass(tx, tenant).await?;
        match last {
            // The setting, or the tenant's clock, may have changed since it began.
            Some(pass) if pass.next_key.is_some() => Ok(Some((pass, limit.min(pass.before)))),
            Some(pass) if pass.before.plus_days(PASS_DAYS).is_ok_and(|due| due > limit) => Ok(None),
            _ => Ok(Some((Pass { before: limit, next_key: None }, limit))),
        }
    }

    /// What may go of a page of events, and of what takes them back, in the order of the keys.
    async fn going(
        &self,
        tx: &mut Tx,
        page: Vec<Old>,
        limit: Instant,
    ) -> Result<Vec<Packed>, Error> {
        let tenant = self.tenant.as_str();
        let mut page = page;
        page.retain(|it| it.taken.amount > 0 && it.is_settled && it.received_at < limit);
        let levels = page.iter().filter(|it| it.taken.resource.measure() == Measure::Level);
        let series: BTreeSet<Series> = levels.map(Series::of).collect();
        let last = store::last_of_levels(tx, tenant, series, limit).await?;
        let back_keys = page.iter().chain(last.values()).map(|it| it.key.of_taking_back());
        let backs = store::by_keys(tx, tenant, back_keys.collect()).await?;
        let backs: HashMap<EventKey, Old> = backs.into_iter().map(|it| (it.key, it)).collect();
        let back_of = |it: &Old| backs.get(&it.key.of_taking_back());
        let mut gone = Vec::new();
        for old in &page {
            let last = last.get(&Series::of(old)).filter(|it| back_of(it).is_none());
            let back = back_of(old);
            if old.may_go(back, limit, last) {
                gone.push(old.packed());
                gone.extend(back.map(Old::packed));
            }
        }
        gone.sort_unstable_by_key(|it| it.key);
        Ok(gone)
    }

    /// The packs in whose ranges events are, by the first keys of these.
    async fn packs(&self, tx: &mut Tx, gone: &[Packed]) -> Result<BTreeMap<EventKey, Pack>, Error> {
        let tenant = self.tenant.as_str();
        let firsts = store::firsts(tx, tenant, gone.iter().map(|it| it.key)).await?;
        let packs = store::packs(tx, tenant, firsts).await?;
        let mut packs: BTreeMap<_, _> = packs.into_iter().map(|it| (it.first(), it)).collect();
        if packs.is_empty() {
            let all = Pack::of_all();
            packs.insert(all.first(), all);
        }
        Ok(packs)
    }
}

/// The key after another; none after the last.
fn after(key: EventKey) -> Option<EventKey> {
    let number = u128::from_be_bytes(*key.as_bytes()).checked_add(1)?;
    Some(EventKey::from_bytes(number.to_be_bytes()))
}

/// Packs with what goes into each. The range of every entry is that of the last that begins before it.
fn merged(mut packs: BTreeMap<EventKey, Pack>, gone: Vec<Packed>) -> Vec<Pack> {
    let mut parts: BTreeMap<EventKey, Vec<Packed>> = BTreeMap::new();
    for entry in gone {
        if let Some((first, _)) = packs.range(..=entry.key).next_back() {
            parts.entry(*first).or_default().push(entry);
        }
    }
    let grown = parts
        .into_iter()
        .filter_map(|(first, part)| packs.remove(&first).map(|pack| pack.with(part)));
    grown.flatten().collect()
}
