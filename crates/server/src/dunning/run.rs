//! Taking all steps that are due, of all tenants.

use std::collections::BTreeSet;

use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::join_all;
use serde::Deserialize;

use super::step::DunningStep;
use crate::{
    command::{self, Commands},
    db::Error,
    env::Env,
    http::{envelope::Answer, problem::ApiError},
    invoicing::{self, DunningDue},
};

/// How many invoices are looked up at a time; their steps are taken together.
const PAGE: i64 = 256;

/// A walk through every step that is due, of one tenant, or of all that live by the clock of the
/// service. It may be left after any group: what is done is done.
///
/// Any number of walks may go on at once: a step comes once. Who was not served for days has all
/// steps that were missed, one after the other.
#[derive(Debug)]
pub struct DunningRun {
    env: Env,
    commands: Commands,
    only: Option<TenantId>,
    until: Instant,
    /// The last one that was looked at, since the walk last began at the earliest.
    after: Option<DunningDue>,
    /// Whether a step was taken since then: the next one of that invoice may be due as well.
    is_on: bool,
    failed: BTreeSet<DunningDue>,
    /// Tenants whose steps wait for no end of a period.
    alone: BTreeSet<TenantId>,
}

/// What became of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DunningDone {
    /// Steps that were taken, or put off by a trial.
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
    let mut run = DunningRun::start(env, commands, None).await?;
    let mut all = DunningDone::default();
    while let Some(group) = run.next_group().await? {
        all.taken += group.taken;
        all.failed += group.failed;
    }
    Ok(all)
}

impl DunningRun {
    /// Begins a walk of what is due now: to all tenants, or to one by its own clock if it has one.
    pub async fn start(
        env: &Env,
        commands: &Commands,
        only: Option<TenantId>,
    ) -> Result<Self, Error> {
        let until = command::until(env, only.as_ref()).await?;
        let (env, commands) = (env.clone(), commands.clone());
        let (failed, alone) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { env, commands, only, until, after: None, is_on: false, failed, alone })
    }

    /// Lets the steps of these tenants wait no more for the ends of their periods, which can't be
    /// had.
    pub fn go_alone(&mut self, tenants: &BTreeSet<TenantId>) {
        self.alone.clone_from(tenants);
    }

    /// Takes the next steps, earliest first; nothing when none is left, until others make more due.
    /// One that fails is not tried again in this walk, and stops nobody else.
    pub async fn next_group(&mut self) -> Result<Option<DunningDone>, Error> {
        loop {
            let page = self.page().await?;
            let Some(last) = page.last().cloned() else {
                self.after = None;
                if !std::mem::take(&mut self.is_on) {
                    return Ok(None);
                }
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
        let whose = (self.only.as_ref(), self.env.tenant_clocks);
        invoicing::dunning_due(&self.env.db, whose, self.until, self.after.as_ref(), PAGE).await
    }

    async fn take(&mut self, due: Vec<DunningDue>) -> DunningDone {
        let steps = due.iter().map(|it| {
            let (tenant, is_alone) = (it.tenant.clone(), self.alone.contains(&it.tenant));
            let step = DunningStep { tenant, invoice: it.invoice, is_alone };
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

/// Whether anything was done; it was not where others did it, or where it waits.
fn was_taken(answer: &Answer) -> Result<bool, ApiError> {
    let told: Told = serde_json::from_slice(&answer.body).map_err(ApiError::internal)?;
    Ok(told.data)
}
