//! A subscription that began in the past and was renewed up to now.

use axum::http::StatusCode;
use countinghouse_core::{calendar::Instant, subscriptions::notice_at};

use super::{months::leave_months, past::Past};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    subscriptions::{self, Subscribe, SubscriptionView},
};

/// Starts a subscription as if it had been asked for at an earlier instant. It stands in the period
/// that runs now; the invoices of those between are for whoever sows them.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// What would have been asked.
    pub(super) subscribe: Subscribe,
    /// When, and with which ids.
    pub(super) past: Past,
    /// When the period that it stands in runs.
    pub(super) until: Instant,
}

impl Command for Found {
    type Facts = <Subscribe as Command>::Facts;
    type Decision = <Subscribe as Command>::Decision;
    type Data = SubscriptionView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.subscribe.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        self.subscribe.load(tx).await
    }

    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let facts = facts.asking_nobody();
        let now = env.now();
        let env = self.past.env(env);
        let (mut started, mut ground, usage) = self.subscribe.decide(facts, &env)?;
        leave_months(&mut ground, now);
        while started.period.end() <= self.until {
            let next = started.anchor.period(&started.zone, started.cycle, started.period_number);
            started.period = next.map_err(|error| ApiError::Conflict(error.to_string()))?;
            started.period_number += 1;
            started.notice_at = Some(notice_at(started.period));
            started.version += 1;
            subscriptions::tell_renewed(&mut ground, &started, &env);
        }
        Ok((started, ground, usage))
    }

    async fn save(&self, decision: Self::Decision, tx: &mut Tx) -> Result<SubscriptionView, Error> {
        self.subscribe.save(decision, tx).await
    }
}
