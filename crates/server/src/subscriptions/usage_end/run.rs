//! A run: every metering period that is over and open, a group at a time.

use std::collections::BTreeSet;

use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::join_all;
use serde::Deserialize;

use super::{close::CloseUsage, store};
use crate::{
    command::{self, Commands},
    db::{Db, Error},
    env::{Env, TenantClocks},
    metering::{self, UsageDue},
};

/// How many tenants are looked up at a time.
const PAGE_SIZE: i64 = 500;

/// A run through all metering periods that are over and open, of one tenant, or of all that live by the
/// clock of the service. It may be left after any group: what is closed is closed.
#[derive(Debug)]
pub struct UsageRun {
    db: Db,
    commands: Commands,
    only: Option<TenantId>,
    clocks: TenantClocks,
    until: Instant,
    after: Option<UsageDue>,
    /// The tenants of which it has closed nothing: they are not tried twice.
    passed: BTreeSet<TenantId>,
    /// Whether anything was closed since it began at the first: a level that goes on into a month that
    /// is over too may have come in behind.
    may_be_left: bool,
}

/// What the answer of a step has under `data`.
#[derive(Deserialize)]
struct Told {
    data: bool,
}

impl UsageRun {
    /// Begins a run of what is due now: to all tenants, or to one by its own clock if it has one.
    pub async fn start(
        env: &Env,
        commands: &Commands,
        only: Option<TenantId>,
    ) -> Result<Self, Error> {
        let until = command::until(env, only.as_ref()).await?;
        let (db, commands, clocks) = (env.db.clone(), commands.clone(), env.tenant_clocks);
        let (after, passed) = (None, BTreeSet::new());
        Ok(Self { db, commands, only, clocks, until, after, passed, may_be_left: false })
    }

    /// Begins again: what waited for something else may go on now.
    pub fn begin_again(&mut self) {
        self.after = None;
        self.passed.clear();
    }

    /// Closes the next periods, and says for each whether it went well; nothing when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Vec<bool>>, Error> {
        loop {
            let whose = (self.only.as_ref(), self.clocks);
            let after = self.after.as_ref();
            let page = metering::due_usage(&self.db, whose, self.until, after, PAGE_SIZE).await?;
            self.after = page.last().cloned();
            if page.is_empty() {
                if !std::mem::take(&mut self.may_be_left) {
                    return Ok(None);
                }
                continue;
            }
            let due = self.own(page).await?;
            let closed = join_all(due.iter().map(|it| self.close(it))).await;
            for (due, done) in due.into_iter().zip(&closed) {
                if *done == Some(true) {
                    self.may_be_left = true;
                } else {
                    self.passed.insert(due.tenant);
                }
            }
            let told: Vec<bool> =
                closed.into_iter().filter(|it| *it != Some(false)).map(|it| it.is_some()).collect();
            if !told.is_empty() {
                return Ok(Some(told));
            }
        }
    }

    /// Those of a page that are for this run. A step closes all that is over by then, so a tenant is met
    /// once in a group; what ends with a subscription's period is closed with that.
    async fn own(&self, page: Vec<UsageDue>) -> Result<Vec<UsageDue>, Error> {
        let tenants = page.iter().map(|it| it.tenant.as_str()).collect();
        let ends = store::period_ends(&self.db, tenants).await?;
        let mut met = BTreeSet::new();
        let mut own = page;
        own.retain(|it| {
            let is_before = ends.get(it.tenant.as_str()).is_none_or(|end| it.at < *end);
            is_before && !self.passed.contains(&it.tenant) && met.insert(it.tenant.clone())
        });
        Ok(own)
    }

    /// Whether anything was closed; nothing if that failed.
    async fn close(&self, due: &UsageDue) -> Option<bool> {
        let command = CloseUsage { tenant: due.tenant.clone(), due: due.at };
        match self.commands.run(command, None).await {
            Ok(answer) => serde_json::from_slice::<Told>(&answer.body).ok().map(|told| told.data),
            Err(error) => {
                let tenant = due.tenant.as_str();
                tracing::warn!(?error, tenant, "a metering period was not closed");
                None
            }
        }
    }
}
