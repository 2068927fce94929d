//! Taking all steps that are due, of all tenants.

use std::collections::BTreeSet;

use countinghouse_core::calendar::Instant;
use futures_util::future::join_all;
use serde::Deserialize;

use super::step::DunningStep;
use crate::{
    command::Commands,
    db::Error,
    env::Env,
    http::{envelope::Answer, problem::ApiError},
    invoicing::{self, DunningDue},
};

/// How many invoices are looked up at a time; their steps are taken together.
const PAGE: i64 = 256;

/// A walk through every step that is due, of all tenants that live by the clock of the service. It
/// may be left after any group: what is done is done.
///
/// Any number of walks may go on at once: a step comes once. Who was not served for days has all
/// steps that were missed, one after the other.
#[derive(Debug)]
pub struct DunningRun {
    env: Env,
    commands: Commands,
    until: Instant,
    /// The last one that was looked at, since the walk last began at the earliest.
    after: Option<DunningDue>,
    /// Whether a step was taken since then: the next one of that invoice may be due as well.
    is_on: bool,
    failed: BTreeSet<DunningDue>,
}

/// What became of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DunningDone {
    /// Steps that were taken.
    pub taken: u64,
    /// Steps that failed. They are due still.
    pub failed: u64,
}

/// What the answer of a step has under `data`.
#[derive(Deserialize)]
struct Told {
    data: bool,
}

/// Takes every step that is due now.
pub async fn run_due(commands: &Commands, env: &Env) -> Result<DunningDone, Error> {
    let mut run = DunningRun::start(env, commands);
    let mut all = DunningDone::default();
    while let Some(group) = run.next_group().await? {
        all.taken += group.taken;
        all.failed += group.failed;
    }
    Ok(all)
}

impl DunningRun {
    /// Begins a walk of what is due now.
    pub fn start(env: &Env, commands: &Commands) -> Self {
        Self {
            env: env.clone(),
            commands: commands.clone(),
            until: env.now(),
            after: None,
            is_on: false,
            failed: BTreeSet::new(),
        }
    }

    /// Takes the next steps, earliest first; nothing when none is left. One that fails is not tried
    /// again in this walk, and stops nobody else.
    pub async fn next_group(&mut self) -> Result<Option<DunningDone>, Error> {
        loop {
            let page = self.page().await?;
            let Some(last) = page.last().cloned() else {
                if !std::mem::take(&mut self.is_on) {
                    return Ok(None);
                }
                self.after = None;
                continue;
            };
            self.after = Some(last);
            let due: Vec<_> = page.into_iter().filter(|it| !self.failed.contains(it)).collect();
            if !due.is_empty() {
                return Ok(Some(self.take(due).await));
            }
        }
    }

    async fn page(&self) -> Result<Vec<DunningDue>, Error> {
        let Env { db, tenant_clocks, .. } = &self.env;
        invoicing::dunning_due(db, *tenant_clocks, self.until, self.after.as_ref(), PAGE).await
    }

    async fn take(&mut self, due: Vec<DunningDue>) -> DunningDone {
        let steps = due.iter().map(|it| {
            let step = DunningStep { tenant: it.tenant.clone(), invoice: it.invoice };
            self.commands.run(step, None)
        });
        let results = join_all(steps).await;
        let mut done = DunningDone::default();
        for (result, due) in results.into_iter().zip(due) {
            match result.and_then(|answer| was_taken(&answer)) {
                Ok(true) => done.taken += 1,
                Ok(false) => (),
                Err(error) => {
                    let (tenant, invoice) = (due.tenant.as_str(), due.invoice);
                    tracing::warn!(?error, tenant, %invoice, "a step of dunning was not taken");
                    done.failed += 1;
                    self.failed.insert(due);
                }
            }
        }
        self.is_on |= done.taken > 0;
        done
    }
}

/// Whether a step was taken; it was not where others took it, or where it waits.
fn was_taken(answer: &Answer) -> Result<bool, ApiError> {
    let told: Told = serde_json::from_slice(&answer.body).map_err(ApiError::internal)?;
    Ok(told.data)
}
