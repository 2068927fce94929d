//! A run: every step that is due, a group at a time.

use std::collections::BTreeSet;

use countinghouse_core::id::{SubscriptionId, TenantId};
use futures_util::future::join_all;
use serde::Deserialize;

use super::{
    super::due::{Due, List, Walk},
    renew::Renew,
    view::{RenewalOutcome, RenewalResult},
};
use crate::{
    command::{Commands, Sets},
    db::{Db, Error},
    env::Env,
    http::{envelope::Answer, problem::ApiError},
};

/// A run of renewals. It may be left after any group: what is done is done, and the next run goes
/// on from there.
///
/// What waits for a step of dunning is passed by until nothing else is left, and met again if the run
/// is asked once more.
#[derive(Debug)]
pub struct RenewalRun {
    db: Db,
    sets: Sets<Renew>,
    walk: Walk,
    /// What waits for a step of dunning.
    waiting: Vec<(TenantId, SubscriptionId)>,
    /// Tenants whose period can't be ended as things are.
    refused: BTreeSet<TenantId>,
}

/// What the answer of a step has under `data`.
#[derive(Deserialize)]
struct Told {
    data: RenewalOutcome,
}

impl RenewalRun {
    /// Begins a run of what is due now: to every tenant that lives by the clock of the service, or
    /// to one tenant by its own clock.
    pub async fn start(
        env: &Env,
        commands: &Commands,
        only: Option<TenantId>,
    ) -> Result<Self, Error> {
        let walk = Walk::start(env, List::PeriodEnds, only).await?;
        let (db, sets) = (env.db.clone(), commands.sets());
        Ok(Self { db, sets, walk, waiting: Vec::new(), refused: BTreeSet::new() })
    }

    /// Takes the next steps, and says what became of each; nothing when none is left. A
    /// subscription that missed several periods is met again for each of them. One that fails is
    /// not tried again, and stops nobody else.
    pub async fn next_group(&mut self) -> Result<Option<Vec<RenewalOutcome>>, Error> {
        if self.walk.is_at_start() {
            for (tenant, _) in self.waiting.drain(..) {
                self.walk.meet_again(&tenant);
            }
        }
        loop {
            let due = self.walk.next(&self.db).await?;
            if due.is_empty() {
                return Ok(None);
            }
            let told = join_all(due.iter().map(|it| self.step(it))).await;
            let mut outcomes = Vec::with_capacity(told.len());
            for (due, told) in due.into_iter().zip(told) {
                if matches!(told, Err(ApiError::Conflict(_))) {
                    self.refused.insert(due.tenant.clone());
                }
                let outcome = told.unwrap_or_else(|error| failed(&due, &error));
                if outcome.result() == RenewalResult::Waits {
                    self.waiting.push((due.tenant.clone(), due.subscription));
                }
                if !outcome.is_taken() {
                    self.walk.pass_by(due.tenant);
                }
                if outcome.result() != RenewalResult::Waits {
                    outcomes.push(outcome);
                }
            }
            if !outcomes.is_empty() {
                return Ok(Some(outcomes));
            }
        }
    }

    /// What still waits, as what failed: a step that should have come first was not taken.
    pub fn give_up(&mut self) -> Vec<RenewalOutcome> {
        let why = "a step of dunning that was due before could not be taken".to_owned();
        let why = ApiError::Conflict(why);
        let left = self.waiting.drain(..);
        left.map(|(tenant, id)| RenewalOutcome::failed(&tenant, id, &why)).collect()
    }

    /// Tenants whose period can't be ended as things are: no later run does it either, unless
    /// somebody changes something.
    pub const fn refused(&self) -> &BTreeSet<TenantId> {
        &self.refused
    }

    async fn step(&self, due: &Due) -> Result<RenewalOutcome, ApiError> {
        let Due { tenant, subscription, at } = due.clone();
        let told = self.sets.run(Renew { tenant, subscription, due: at }, None).await;
        told.and_then(|answer| read(&answer))
    }
}

fn failed(due: &Due, error: &ApiError) -> RenewalOutcome {
    let (tenant, id) = (due.tenant.as_str(), due.subscription);
    tracing::warn!(?error, tenant, subscription = %id, "a period could not be ended");
    RenewalOutcome::failed(&due.tenant, id, error)
}

fn read(answer: &Answer) -> Result<RenewalOutcome, ApiError> {
    let told: Told = serde_json::from_slice(&answer.body).map_err(ApiError::internal)?;
    Ok(told.data)
}
