//! One command with the caller who waits for it.

use std::collections::BTreeSet;

use countinghouse_core::calendar::Instant;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::{
    Command, Told,
    job::{Failure, Held, Job, Outcome},
    store,
};
use crate::{
    db::{Error, Tx},
    env::Env,
    http::{envelope::Answer, idempotency::Key, problem::ApiError},
};

pub(super) struct Waiting<C: Command> {
    env: Env,
    command: C,
    key: Option<Key>,
    outcome: Told,
    caller: oneshot::Sender<Told>,
}

impl<C: Command> Waiting<C> {
    pub(super) fn new(
        env: Env,
        command: C,
        key: Option<Key>,
        caller: oneshot::Sender<Told>,
    ) -> Self {
        Self { env, command, key, outcome: Err(ApiError::Busy), caller }
    }

    /// Gives what the caller is told, or what went wrong after something may have been written.
    async fn once_per_key(&self, tx: &mut Tx, clock: Option<Instant>) -> Result<Told, Error> {
        let tenant = self.command.tenant();
        if let Some(key) = &self.key
            && let Some(kept) = store::find(tx, tenant, key).await?
        {
            return Ok(kept);
        }
        let facts = self.command.load(tx).await?;
        let decision = match self.command.decide(facts, &self.env.of_tenant(clock)) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let data = self.command.save(decision, tx).await?;
        let now = self.env.now();
        let answer = match C::body(&data, now) {
            Ok(body) => Answer { status: C::STATUS, body, replayed: false },
            Err(fault) => return Ok(Err(fault)),
        };
        if let Some(key) = &self.key {
            store::keep(tx, [(tenant, key, &answer)], now).await?;
        }
        Ok(Ok(answer))
    }
}

impl<C: Command> Job for Waiting<C> {
    fn tenants<'a>(&'a self, all: &mut BTreeSet<&'a str>) {
        all.insert(self.command.tenant());
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx, held: &'a Held) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Some(clock) = held.get(self.command.tenant()) else {
                self.outcome = Err(ApiError::Busy);
                return Outcome::Sound;
            };
            self.outcome = Err(ApiError::internal("the command panicked"));
            let (told, outcome) = match self.once_per_key(tx, *clock).await {
                Ok(told) if C::MOVES_CLOCK => (told, Outcome::Last),
                Ok(told) => (told, Outcome::Sound),
                Err(error) => {
                    let outcome = Outcome::of(&error);
                    (Err(error.into()), outcome)
                }
            };
            self.outcome = told;
            outcome
        })
    }

    fn fail(&mut self, why: Failure) {
        self.outcome = Err(why.into());
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        vec![self]
    }

    fn answer(self: Box<Self>) {
        // A caller that hung up does not undo what was committed.
        drop(self.caller.send(self.outcome));
    }
}
