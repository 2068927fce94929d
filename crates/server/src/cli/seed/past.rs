//! The outside world as it was at an instant of the past.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use countinghouse_core::calendar::Instant;

use crate::{
    command::Command,
    db::{Error, Tx},
    env::{Clock, Env, Ids},
    http::problem::ApiError,
};

/// An instant, and the ids of what was made then.
#[derive(Clone, Debug)]
pub(super) struct Past {
    at: Arc<Mutex<Instant>>,
    ids: Ids,
}

impl Past {
    /// The past at `at`.
    pub(super) fn new(at: Instant, ids: Ids) -> Self {
        Self { at: Arc::new(Mutex::new(at)), ids }
    }

    /// Moves to another instant.
    pub(super) fn move_to(&self, at: Instant) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// The same database then.
    pub(super) fn env(&self, env: &Env) -> Env {
        let clock = Clock::Manual(Arc::clone(&self.at));
        Env { clock, ids: self.ids.clone(), ..env.clone() }
    }
}

/// A command as if it had been run in the past.
#[derive(Clone, Debug)]
pub(super) struct AsOf<C> {
    pub(super) command: C,
    pub(super) past: Past,
}

impl<C: Command> Command for AsOf<C> {
    type Facts = C::Facts;
    type Decision = C::Decision;
    type Data = C::Data;
    const STATUS: StatusCode = C::STATUS;

    fn tenant(&self) -> &str {
        self.command.tenant()
    }

    async fn load(&self, tx: &mut Tx) -> Result<C::Facts, Error> {
        self.command.load(tx).await
    }

    fn decide(&self, facts: C::Facts, env: &Env) -> Result<C::Decision, ApiError> {
        self.command.decide(facts, &self.past.env(env))
    }

    async fn save(&self, decision: C::Decision, tx: &mut Tx) -> Result<C::Data, Error> {
        self.command.save(decision, tx).await
    }
}
