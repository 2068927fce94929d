//! What a lane runs: one command with its caller, or a set of them.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::calendar::Instant;
use futures_util::future::BoxFuture;

use crate::{
    db::{Error, Tx},
    http::problem::ApiError,
};

/// The tenants that a transaction holds, and what the own clock of each shows that has one.
pub(super) type Held = BTreeMap<String, Option<Instant>>;

/// A command of any type, with the caller who waits for it, or several.
pub(super) trait Job: Send {
    /// Adds the tenants whose data change.
    fn tenants<'a>(&'a self, all: &mut BTreeSet<&'a str>);

    /// How many callers wait.
    fn size(&self) -> usize {
        1
    }

    /// Runs, and keeps the outcome until [`Job::answer`]. Whose tenant is not among `held` is busy.
    fn run<'a>(&'a mut self, tx: &'a mut Tx, held: &'a Held) -> BoxFuture<'a, Outcome>;

    /// Keeps an outcome that the job did not make itself.
    fn fail(&mut self, why: Failure);

    /// Gives the parts that can be run alone.
    fn split(self: Box<Self>) -> Vec<Box<dyn Job>>;

    /// Tells the callers.
    fn answer(self: Box<Self>);
}

/// What a run means for the transaction that it shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Whatever it wrote may be committed.
    Sound,
    /// The same, but nothing may follow it in the transaction: it changed what the lock had read.
    Last,
    /// It failed half-way, so the transaction must be undone.
    Spoilt,
    /// The same, but it lost a race and may win the next one.
    LostRace,
}

/// Why a job came to nothing through no fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Others held the tenant, or won every race. Nothing was done.
    Busy,
    /// The database was not to be had. Nothing was done.
    Away,
    /// The connection broke while the change was being committed.
    Unknown,
    /// The database would not take it.
    Refused,
}

impl Outcome {
    /// What an error of the store, after something was written, means.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::LostRace(_) | Error::Locked(_) => Self::LostRace,
            _ => Self::Spoilt,
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy => Self::Busy,
            Failure::Away => Self::Unavailable("the database cannot be reached; nothing was done"),
            Failure::Refused => {
                Self::Unavailable("the database would not save the change; nothing was done")
            }
            Failure::Unknown => Self::OutcomeUnknown,
        }
    }
}
