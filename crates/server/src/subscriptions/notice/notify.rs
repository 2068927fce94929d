//! One notice: a tenant is told that its period ends soon, and what follows.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    catalog::Plan,
    id::{SubscriptionId, TenantId},
    subscriptions::{Status, Subscription},
};

use super::super::store;
use crate::{
    catalog,
    command::SetCommand,
    db::{Error, Tx},
    env::Env,
    http::{number::Number, problem::ApiError, text::Timestamp},
    outbox::{Message, Outbox},
};

/// Tells a tenant, through the outbox, that its trial ends or its period is renewed soon. It is told
/// once a period; where that is over by now there is nothing to tell any more.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Whom.
    pub tenant: TenantId,
    /// Of which subscription.
    pub subscription: SubscriptionId,
    /// Since when it is due. At any other instant it is done already, or not due.
    pub due: Instant,
}

/// Whom there is something to tell.
#[derive(Debug)]
pub struct Subject {
    subscription: Subscription,
    plan: Plan,
    outbox: Outbox,
}

impl Subject {
    fn message(&self) -> Message {
        let it = &self.subscription;
        let plan_id = self.plan.name.clone();
        let amount = Number(self.plan.price(it.cycle_after_period()));
        let (subscription_id, currency, end) = (it.id, it.currency, Timestamp(it.period.end()));
        if it.status == Status::Trial {
            Message::TrialWillEnd { subscription_id, plan_id, trial_end: end, amount, currency }
        } else {
            let period_start = end;
            Message::InvoiceUpcoming { subscription_id, plan_id, period_start, amount, currency }
        }
    }
}

impl SetCommand for Notify {
    type State = BTreeMap<String, Subject>;
    type Decision = Option<(String, Outbox)>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(set: &[&Self], tx: &mut Tx) -> Result<Self::State, Error> {
        let named = set.iter().map(|it| (it.tenant.to_string(), it.subscription.to_string()));
        let found = store::find_many(tx, named.collect()).await?;
        let plans = catalog::plans(tx, found.iter().map(|(_, it)| it.plan_after_period())).await?;
        let tenants: BTreeSet<&str> = found.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let mut outboxes = Outbox::load_many(tx, &tenants).await?;
        let subjects = found.into_iter().map(|(tenant, subscription)| {
            let missing = || Error::corrupt("subscription", &subscription.id.to_string(), "plan");
            let plan = plans.get(subscription.plan_after_period()).cloned().ok_or_else(missing)?;
            let outbox = outboxes.remove(&tenant).unwrap_or_default();
            Ok((tenant, Subject { subscription, plan, outbox }))
        });
        subjects.collect()
    }

    fn decide(
        &self,
        subjects: &mut Self::State,
        env: &Env,
    ) -> Result<(Self::Decision, ()), ApiError> {
        let tenant = self.tenant.to_string();
        let mut subject = subjects.remove(&tenant).ok_or(ApiError::Busy)?;
        let (it, now) = (&subject.subscription, env.now());
        let is_due =
            it.id == self.subscription && it.notice_due_at() == Some(self.due) && self.due <= now;
        if !is_due {
            return Ok((None, ()));
        }
        if now < it.period.end() {
            let message = subject.message();
            subject.outbox.push(env, now, message);
        }
        Ok((Some((tenant, subject.outbox)), ()))
    }

    async fn save(_: Self::State, told: Vec<Self::Decision>, tx: &mut Tx) -> Result<(), Error> {
        let told: Vec<(String, Outbox)> = told.into_iter().flatten().collect();
        if told.is_empty() {
            return Ok(());
        }
        store::told(tx, told.iter().map(|(tenant, _)| tenant.as_str())).await?;
        Outbox::save_many(tx, told.iter().map(|(tenant, outbox)| (tenant.as_str(), outbox))).await
    }
}
