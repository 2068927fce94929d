//! A walk through what is due, in order of due date.

mod store;

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::Instant,
    id::{SubscriptionId, TenantId},
};

use crate::{
    command,
    db::{Db, Error},
    env::{Env, TenantClocks},
};

/// How many are read at a time. The set lanes hold as many, and divide them.
const PAGE_SIZE: i64 = 2_000;

/// What is walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Periods that are over.
    PeriodEnds,
    /// Notices before a period ends.
    Notices,
}

/// A subscription that something is due of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Which.
    pub(super) subscription: SubscriptionId,
    /// Since when.
    pub(super) at: Instant,
}

/// Goes through all that is due until nothing is left, whole pages at a time.
///
/// What is done makes room for what is due next, of the same subscription too: after the last page
/// the walk begins anew, until a round finds nothing. What was left undone is passed by.
#[derive(Debug)]
pub(super) struct Walk {
    list: List,
    only: Option<TenantId>,
    clocks: TenantClocks,
    until: Instant,
    after: Option<(Instant, TenantId)>,
    /// Tenants whose step was not taken: it is not tried twice.
    passed: BTreeSet<TenantId>,
    /// Whether this round has found anything.
    found: bool,
}

impl Walk {
    /// Begins a walk through what is due now: to all tenants, or to one by its own clock if it has
    /// one.
    pub(super) async fn start(
        env: &Env,
        list: List,
        only: Option<TenantId>,
    ) -> Result<Self, Error> {
        let until = command::until(env, only.as_ref()).await?;
        let clocks = env.tenant_clocks;
        let (after, passed) = (None, BTreeSet::new());
        Ok(Self { list, only, clocks, until, after, passed, found: false })
    }

    /// The next page; empty when nothing is left.
    pub(super) async fn next(&mut self, db: &Db) -> Result<Vec<Due>, Error> {
        loop {
            let mut page = store::due(db, self, PAGE_SIZE).await?;
            self.after = page.last().map(|last| (last.at, last.tenant.clone()));
            let is_last = page.is_empty();
            page.retain(|due| !self.passed.contains(&due.tenant));
            self.found |= !page.is_empty();
            if !page.is_empty() || (is_last && !std::mem::take(&mut self.found)) {
                return Ok(page);
            }
        }
    }

    /// Passes a tenant by from now on.
    pub(super) fn pass_by(&mut self, tenant: TenantId) {
        self.passed.insert(tenant);
    }

    /// Passes a tenant by no more.
    pub(super) fn meet_again(&mut self, tenant: &TenantId) {
        self.passed.remove(tenant);
    }

    /// Whether the next page is the first of all, or the last walk is over.
    pub(super) fn is_at_start(&self) -> bool {
        self.after.is_none() && !self.found
    }

    /// The last of the page before; what no page goes before at the beginning of a round.
    fn after(&self) -> (Instant, &str) {
        self.after.as_ref().map_or((Instant::MIN, ""), |(at, tenant)| (*at, tenant.as_str()))
    }
}
