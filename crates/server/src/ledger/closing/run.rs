//! A run: every month that is over, a group at a time.

use std::collections::BTreeSet;

use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::join_all;

use super::{
    close::CloseMonth,
    store::{self, DueMonth},
};
use crate::{
    command::{self, Commands, Sets},
    db::{Db, Error},
    env::{Env, TenantClocks},
};

/// How many tenants are looked up at a time. The set lanes hold as many, and divide them.
const PAGE_SIZE: i64 = 2_000;

/// A run through all months that are over, of one tenant, or of all that live by the clock of the
/// service. It may be left after any group: what is closed is closed.
///
/// Whoever missed several months is met again for each of them.
#[derive(Debug)]
pub struct ClosingRun {
    db: Db,
    sets: Sets<CloseMonth>,
    only: Option<TenantId>,
    clocks: TenantClocks,
    until: Instant,
    /// The last one of this round that was looked at.
    after: Option<DueMonth>,
    /// Whether this round has found anything.
    found: bool,
    /// Tenants whose month was not closed: it is not tried twice.
    passed: BTreeSet<TenantId>,
}

impl ClosingRun {
    /// Begins a run of what is due now: to all tenants, or to one by its own clock if it has one.
    pub async fn start(
        env: &Env,
        commands: &Commands,
        only: Option<TenantId>,
    ) -> Result<Self, Error> {
        let until = command::until(env, only.as_ref()).await?;
        let (db, sets, clocks) = (env.db.clone(), commands.sets(), env.tenant_clocks);
        let (after, found, passed) = (None, false, BTreeSet::new());
        Ok(Self { db, sets, only, clocks, until, after, found, passed })
    }

    /// Closes the next months, and says for each whether it went well; nothing when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Vec<bool>>, Error> {
        let due = self.next_page().await?;
        if due.is_empty() {
            return Ok(None);
        }
        let closed = join_all(due.iter().map(|it| self.close(it))).await;
        for (due, well) in due.into_iter().zip(&closed) {
            if !well {
                self.passed.insert(due.tenant);
            }
        }
        Ok(Some(closed))
    }

    /// The next page; empty when a whole round found nothing.
    async fn next_page(&mut self) -> Result<Vec<DueMonth>, Error> {
        loop {
            let after = self.after.as_ref();
            let whose = (self.only.as_ref(), self.clocks);
            let mut page = store::due(&self.db, whose, self.until, after, PAGE_SIZE).await?;
            self.after = page.last().cloned();
            let is_last = page.is_empty();
            page.retain(|due| !self.passed.contains(&due.tenant));
            self.found |= !page.is_empty();
            if !page.is_empty() || (is_last && !std::mem::take(&mut self.found)) {
                return Ok(page);
            }
        }
    }

    async fn close(&self, due: &DueMonth) -> bool {
        let command = CloseMonth { tenant: due.tenant.clone(), due: due.at };
        match self.sets.run(command, None).await {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(?error, tenant = due.tenant.as_str(), "a month was not closed");
                false
            }
        }
    }
}
