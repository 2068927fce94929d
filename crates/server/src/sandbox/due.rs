//! What happens by itself while a clock moves.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{calendar::Instant, id::TenantId, tenants::may_move_clock};
use futures_util::future::BoxFuture;

use super::{
    dunning::DunningWork, months::Months, notices::Notices, renewals::PeriodEnds, usage::UsageEnds,
};
use crate::{
    command::{self, Command, Commands},
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
};

/// Everything that happens by itself. Of what falls due at the same instant, the first in the list
/// happens first.
pub(super) const ALL: &[&dyn DueWork] = &[&Months, &Notices, &PeriodEnds, &UsageEnds, &DunningWork];

/// A kind of thing that happens by itself when its time comes.
pub trait DueWork: Send + Sync {
    /// The first thing of this kind that is due to a tenant at `until` or before, if there is one.
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>>;

    /// Does it, by one command that is made a part of the step ([`Step::of`]). It must not be due
    /// any more then, be it that it failed.
    fn run<'a>(
        &'a self,
        commands: &'a Commands,
        tenant: &'a TenantId,
        step: Step,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Since when.
    pub at: Instant,
    /// What kind of thing it is, such as `renewal`.
    pub kind: &'static str,
    /// What it is about, such as a subscription.
    pub id: String,
}

/// Where a clock stops on its way, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is due.
    pub due: Due,
    /// What the clock shows: when it is due, but never before what the clock has shown, or before
    /// the tenant's newest row.
    pub at: Instant,
}

/// A command that is run at the instant of a step, and moves the tenant's clock there.
#[derive(Clone, Debug)]
pub struct Stepped<C> {
    command: C,
    at: Instant,
}

impl Step {
    /// The command as a part of this step.
    pub fn of<C: Command>(&self, command: C) -> Stepped<C> {
        Stepped { command, at: self.at }
    }
}

impl<C: Command> Command for Stepped<C> {
    type Facts = (Option<Instant>, C::Facts);
    type Decision = C::Decision;
    type Data = C::Data;
    const STATUS: StatusCode = C::STATUS;
    const MOVES_CLOCK: bool = true;

    fn tenant(&self) -> &str {
        self.command.tenant()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        let shown = command::clock(tx, self.tenant()).await?;
        Ok((shown, self.command.load(tx).await?))
    }

    fn decide(&self, (shown, facts): Self::Facts, env: &Env) -> Result<C::Decision, ApiError> {
        // Somebody else may have moved the clock beyond this step.
        may_move_clock(shown, None, self.at)?;
        self.command.decide(facts, &env.standing_at(self.at))
    }

    async fn save(&self, decision: C::Decision, tx: &mut Tx) -> Result<C::Data, Error> {
        command::set_clock(tx, self.tenant(), Some(self.at)).await?;
        self.command.save(decision, tx).await
    }

    fn body(data: &C::Data, now: Instant) -> Result<Bytes, ApiError> {
        C::body(data, now)
    }
}
