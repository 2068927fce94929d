//! A subscription with all that the steps of its life rest on.

use std::collections::BTreeMap;

use countinghouse_core::{
    catalog::Plan,
    id::{SubscriptionId, TenantId},
    subscriptions::{AtPeriodEnd, Status, Subscription},
};

use super::{bill::of_period, events, metered, store};
use crate::{
    catalog,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{self, Ground, GroundOf, Issued, Unpaid},
    metering::Usage,
};

/// A subscription, the plan of its next period, and the ground of its tenant.
#[derive(Debug)]
pub struct Account {
    pub(super) tenant: TenantId,
    pub(super) subscription: Subscription,
    pub(super) plan: Plan,
    pub(super) ground: Ground,
    /// What is metered of its tenant.
    usage: Usage,
    /// Its invoices of which something is due.
    unpaid: Vec<Unpaid>,
    /// Whether a period began with another plan than the one before.
    has_another_plan: bool,
}

/// The accounts of tenants, one of each.
pub(super) type Accounts = BTreeMap<TenantId, Account>;

/// Loads the accounts of subscriptions of different tenants, in a number of statements that does not
/// depend on how many they are. One that is not there has no account.
pub(super) async fn load<'a>(
    tx: &mut Tx,
    named: impl IntoIterator<Item = (&'a TenantId, SubscriptionId)>,
) -> Result<Accounts, Error> {
    let (mut tenants, mut pairs) = (BTreeMap::new(), Vec::new());
    for (tenant, id) in named {
        tenants.insert(tenant.as_str(), tenant);
        pairs.push((tenant.to_string(), id.to_string()));
    }
    let found = store::find_many(tx, pairs.clone()).await?;
    let mut unpaid = invoicing::unpaid_of_subscriptions(tx, pairs).await?;
    let plans = catalog::plans(tx, found.iter().map(|(_, it)| it.plan_after_period())).await?;
    let found: Vec<(&TenantId, Subscription)> = found
        .into_iter()
        .filter_map(|(tenant, it)| Some((*tenants.get(tenant.as_str())?, it)))
        .collect();
    let asked: Vec<GroundOf<'_>> = found
        .iter()
        .map(|(tenant, it)| GroundOf { tenant, apps: Vec::new(), subscription: Some(it.id) })
        .collect();
    let grounds = Ground::load_many(tx, &asked).await?;
    let mut usages = Usage::load_many(tx, &tenants.keys().copied().collect()).await?;
    let accounts = found.into_iter().zip(grounds).map(|((tenant, subscription), ground)| {
        let plan = plans.get(subscription.plan_after_period()).cloned();
        let missing = || Error::corrupt("subscription", &subscription.id.to_string(), "plan");
        let plan = plan.ok_or_else(missing)?;
        let (tenant, has_another_plan) = (tenant.clone(), false);
        let unpaid = unpaid.remove(tenant.as_str()).unwrap_or_default();
        let usage = usages.remove(tenant.as_str()).unwrap_or_default();
        let account = Account {
            tenant: tenant.clone(),
            subscription,
            plan,
            ground,
            usage,
            unpaid,
            has_another_plan,
        };
        Ok((tenant, account))
    });
    accounts.collect()
}

impl Account {
    /// Leaves what was used out that is billed by itself before the period ends.
    pub(super) fn leave_earlier_usage_out(&mut self) {
        self.usage.leave_out_before(self.subscription.period.end());
    }

    /// Whether a step of dunning was due before the end of the period, and was not taken yet. It may
    /// end the access, and then nothing is renewed.
    pub(super) fn waits_for_dunning(&self) -> bool {
        let mut steps = self.unpaid.iter().filter_map(|it| it.dunning_at);
        steps.any(|at| !self.subscription.ends_before(at))
    }

    /// Takes the step at the end of the running period, at what plan and terms are now: the next
    /// period begins and is billed, or the subscription ends. Nothing happens where it waits.
    pub(super) fn end_period(&mut self, env: &Env) -> Result<Option<Issued>, ApiError> {
        let zone = self.ground.profile.zone.clone();
        let end = self.subscription.at_period_end(&self.plan, &zone);
        let over = self.subscription.period.end();
        match end.map_err(|error| ApiError::Conflict(error.to_string()))? {
            AtPeriodEnd::Waits => Ok(None),
            AtPeriodEnd::Ends(after) => {
                self.append(events::ended(&after), env);
                metered::follow(&mut self.usage, &after, (&mut self.ground, over), env)?;
                self.subscription = after;
                Ok(None)
            }
            AtPeriodEnd::Renews(after, _) => {
                self.append(events::renewed(&after), env);
                self.has_another_plan |= after.plan != self.subscription.plan;
                let mut bill = of_period(&after, &self.plan, self.ground.profile.tax);
                let meter = metered::meter_of(&after);
                let overage = self.usage.go_on(meter, over, after.currency)?;
                bill.lines.extend(metered::lines(&overage, &self.ground.profile.zone));
                let was_trial = self.subscription.status == Status::Trial;
                self.subscription = after;
                let issued = self.ground.issue(bill, env)?;
                if was_trial {
                    self.heed_failures(env);
                }
                Ok(Some(issued))
            }
        }
    }

    /// What failed in a trial makes the subscription past due when that is over.
    fn heed_failures(&mut self, env: &Env) {
        let failing = self.unpaid.iter().filter(|it| it.is_failing);
        let failed = failing.min_by_key(|it| it.number);
        let Some((failed, after)) = failed.zip(self.subscription.past_due()) else { return };
        self.append(events::past_due(failed.number), env);
        // It is a part of the step, so of its version.
        self.subscription = Subscription { version: self.subscription.version, ..after };
    }

    fn append(&mut self, event: events::Event, env: &Env) {
        let at = self.ground.at(env);
        self.ground.chain.append(env, &self.tenant, self.subscription.id, event, at);
    }

    /// Writes accounts that a step was taken on.
    pub(super) async fn save_all(accounts: Vec<Self>, tx: &mut Tx) -> Result<(), Error> {
        let changed = accounts.iter().map(|it| (it.tenant.as_str(), &it.subscription));
        store::update_all(tx, changed).await?;
        for it in accounts.iter().filter(|it| it.has_another_plan) {
            let plan = Some(it.subscription.plan.as_str());
            catalog::set_tenant_plan(tx, it.tenant.as_str(), plan).await?;
        }
        let ended = accounts.iter().filter(|it| !it.subscription.status.is_live());
        let ended: Vec<&str> = ended.map(|it| it.tenant.as_str()).collect();
        catalog::end_tenant_plans(tx, &ended).await?;
        let usages = accounts.iter().map(|it| (it.tenant.as_str(), &it.usage));
        Usage::save_many(tx, usages).await?;
        let grounds: Vec<Ground> = accounts.into_iter().map(|it| it.ground).collect();
        Ground::save_many(tx, &grounds).await
    }
}
