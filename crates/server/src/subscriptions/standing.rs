//! A subscription while invoices of it fail, and when they are paid after all.
//!
//! Whoever learns of a failure or a payment, or takes invoices back, loads a [`Standing`], tells it,
//! and saves it, in the transaction in which the invoice changes. What happens when is decided in
//! core.

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::Instant,
    catalog::Plan,
    id::TenantId,
    invoicing::InvoiceNumber,
    subscriptions::{Restored, Status, Subscription},
};

use super::{bill::of_period, events, metered, store};
use crate::{
    catalog,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{self, Ground, Notes},
    metering::Usage,
};

/// A subscription, and its invoices that failed.
#[derive(Debug)]
pub struct Standing {
    tenant: TenantId,
    /// The version that is stored.
    before: i64,
    subscription: Subscription,
    /// The plan that it has, if it may have to begin again.
    plan: Option<Plan>,
    failing: BTreeSet<InvoiceNumber>,
    /// What is metered of the tenant, if the subscription may end or begin again.
    usage: Option<Usage>,
}

impl Standing {
    /// Loads what is needed of one of the tenant's subscriptions. The tenant is locked.
    pub async fn load(
        tx: &mut Tx,
        tenant: &TenantId,
        subscription: Subscription,
    ) -> Result<Self, Error> {
        let (name, id) = (tenant.as_str(), subscription.id);
        let is_unpaid = matches!(subscription.status, Status::PastDue | Status::Suspended);
        let (mut plan, mut failing, mut usage) = (None, BTreeSet::new(), None);
        if is_unpaid {
            plan = catalog::plan_by_name_or_id(tx, subscription.plan_after_period()).await?;
            let missing = || Error::corrupt("subscription", &id.to_string(), "plan");
            plan = Some(plan.ok_or_else(missing)?);
            usage = Some(Usage::load(tx, name).await?);
        }
        if is_unpaid || subscription.status == Status::Trial {
            let numbers = invoicing::failing_of_subscription(tx, name, id).await?;
            failing = numbers.into_iter().collect();
        }
        let (tenant, before) = (tenant.clone(), subscription.version);
        Ok(Self { tenant, before, subscription, plan, failing, usage })
    }

    /// Loads what is metered of the tenant too, for a change that may cut its metering period.
    pub(super) async fn with_usage(mut self, tx: &mut Tx) -> Result<Self, Error> {
        if self.usage.is_none() {
            self.usage = Some(Usage::load(tx, self.tenant.as_str()).await?);
        }
        Ok(self)
    }

    /// The subscription as it is now.
    pub const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// The subscription became something else by other means, such as a change of its plan. Whoever
    /// changed it has told the chain.
    pub(super) fn change(&mut self, after: Subscription) {
        self.subscription = after;
    }

    /// The meter follows what the subscription became at `at`. If that cuts a metering period, what was
    /// used in it beyond what is included is billed on the ground.
    pub(super) fn meter(
        &mut self,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) -> Result<(), ApiError> {
        let Some(usage) = &mut self.usage else { return Ok(()) };
        metered::follow(usage, &self.subscription, (ground, at), env)
    }

    /// Its trial is over: what failed in it counts from now on.
    pub(super) fn heed_failures(&mut self, (ground, at): (&mut Ground, Instant), env: &Env) {
        if let Some(failed) = self.failing.first().copied() {
            self.fail(failed, (ground, at), env);
        }
    }

    /// Credit notes were issued and cancelled: what had failed may be due again, or not any more.
    pub fn heed_notes(
        &mut self,
        notes: &Notes,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) -> Result<(), ApiError> {
        for invoice in notes.failing_again() {
            self.fail(invoice, (&mut *ground, at), env);
        }
        for invoice in notes.concluded() {
            self.settle(invoice, (&mut *ground, at), env)?;
        }
        Ok(())
    }

    /// An invoice failed: its due date passed, or a payment was tried in vain.
    pub fn fail(
        &mut self,
        invoice: InvoiceNumber,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) {
        self.failing.insert(invoice);
        if let Some(after) = self.subscription.past_due() {
            let said = events::past_due(invoice);
            self.becomes(after, said, (ground, at), env);
        }
    }

    /// The days of grace of a failing invoice are over.
    pub fn suspend(
        &mut self,
        invoice: InvoiceNumber,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) {
        if let Some(after) = self.subscription.suspended() {
            let said = events::suspended(invoice);
            self.becomes(after, said, (ground, at), env);
        }
    }

    /// The last day to pay a failing invoice is over.
    pub fn cancel(
        &mut self,
        invoice: InvoiceNumber,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) -> Result<(), ApiError> {
        if let Some(after) = self.subscription.cancelled_unpaid() {
            let said = events::ended_unpaid(&after, invoice);
            self.becomes(after, said, (&mut *ground, at), env);
            self.meter((ground, at), env)?;
        }
        Ok(())
    }

    /// Nothing is due any more of an invoice. If it was the last that failed, the subscription
    /// serves again, where it must with a new period, which is billed on the ground.
    pub fn settle(
        &mut self,
        invoice: InvoiceNumber,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) -> Result<(), ApiError> {
        self.failing.remove(&invoice);
        let Some(plan) = self.plan.clone().filter(|_| self.failing.is_empty()) else {
            return Ok(());
        };
        let restored = self.subscription.restored(&plan, &ground.profile.zone, at);
        let restored = restored.map_err(|error| ApiError::Conflict(error.to_string()))?;
        let Some(restored) = restored else { return Ok(()) };
        let after = restored.subscription().clone();
        let said = match &restored {
            Restored::Serves(_) | Restored::Begins(..) => events::restored(&after, invoice),
            Restored::Ends(_) => events::ended(&after),
        };
        self.becomes(after, said, (&mut *ground, at), env);
        self.meter((&mut *ground, at), env)?;
        if let Restored::Begins(after, _) = &restored {
            ground.issue(of_period(after, &plan, ground.profile.tax), env)?;
        }
        Ok(())
    }

    /// Writes what became of the subscription.
    pub async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        let (tenant, it) = (self.tenant.as_str(), &self.subscription);
        if let Some(usage) = &self.usage {
            Usage::save_many(tx, [(tenant, usage)]).await?;
        }
        if it.version == self.before {
            return Ok(());
        }
        store::update_all(tx, [(tenant, it)]).await?;
        let plan = it.status.is_live().then_some(it.plan.as_str());
        catalog::set_tenant_plan(tx, tenant, plan).await
    }

    fn becomes(
        &mut self,
        after: Subscription,
        said: events::Event,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) {
        ground.chain.append(env, &self.tenant, after.id, said, at);
        // What one command changes is one version, however often.
        let version = self.before + 1;
        let period_since = after.period_since.min(version);
        self.subscription = Subscription { version, period_since, ..after };
    }
}
