//! A run: everything that is due, a group at a time.

use countinghouse_core::id::TenantId;

use crate::{
    command::Commands,
    db::Error,
    dunning::{DunningDone, DunningRun},
    env::Env,
    ledger::ClosingRun,
    subscriptions::{RenewalOutcome, RenewalRun, UsageRun},
};

/// A run of all that is due. It may be left after any group: what is done is done, and the next run
/// goes on from there.
///
/// Months are closed before anything is billed in the next. Metering periods that ended before the
/// period of a subscription are taken before that. Ends of periods are taken in sets, as many as there
/// are, then the metering periods that ended since, and then the steps of dunning that are due. An end that waits for a step is met again after these, and a step that waits for an end
/// likewise.
#[derive(Debug)]
pub struct Upkeep {
    closing: ClosingRun,
    renewals: RenewalRun,
    usage: UsageRun,
    dunning: DunningRun,
    turn: Turn,
}

/// What became of a group.
#[derive(Debug)]
pub enum Kept {
    /// Months that were closed; for each whether it went well.
    Months(Vec<bool>),
    /// Ends of periods.
    Renewals(Vec<RenewalOutcome>),
    /// Metering periods; for each tenant whether it went well.
    Usage(Vec<bool>),
    /// Steps of dunning.
    Dunning(DunningDone),
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Months,
    Usage {
        /// Whether no period was ended yet.
        is_first: bool,
    },
    Renewals,
    Dunning {
        /// Whether a step was taken in this turn. What waited for it can go on then.
        has_taken: bool,
    },
    /// Nothing is left but what still waits.
    Over,
}

impl Upkeep {
    /// Begins a run of what is due now: to every tenant that lives by the clock of the service, or
    /// to one tenant by its own clock.
    pub async fn start(
        env: &Env,
        commands: &Commands,
        only: Option<TenantId>,
    ) -> Result<Self, Error> {
        let closing = ClosingRun::start(env, commands, only.clone()).await?;
        let renewals = RenewalRun::start(env, commands, only.clone()).await?;
        let usage = UsageRun::start(env, commands, only.clone()).await?;
        let dunning = DunningRun::start(env, commands, only).await?;
        Ok(Self { closing, renewals, usage, dunning, turn: Turn::Months })
    }

    /// Takes the next group; nothing when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Kept>, Error> {
        loop {
            match self.turn {
                Turn::Months => match self.closing.next_group().await? {
                    Some(closed) => return Ok(Some(Kept::Months(closed))),
                    None => self.turn = Turn::Usage { is_first: true },
                },
                Turn::Renewals => {
                    if let Some(outcomes) = self.renewals.next_group().await? {
                        return Ok(Some(Kept::Renewals(outcomes)));
                    }
                    self.usage.begin_again();
                    self.turn = Turn::Usage { is_first: false };
                }
                Turn::Usage { is_first } => {
                    if let Some(closed) = self.usage.next_group().await? {
                        return Ok(Some(Kept::Usage(closed)));
                    }
                    if is_first {
                        self.turn = Turn::Renewals;
                        continue;
                    }
                    self.dunning.go_alone(self.renewals.refused());
                    self.turn = Turn::Dunning { has_taken: false };
                }
                Turn::Dunning { has_taken } => match self.dunning.next_group().await? {
                    Some(done) => {
                        let has_taken = has_taken || done.taken > 0;
                        self.turn = Turn::Dunning { has_taken };
                        return Ok(Some(Kept::Dunning(done)));
                    }
                    None if has_taken => self.turn = Turn::Renewals,
                    None => self.turn = Turn::Over,
                },
                Turn::Over => {
                    let left = self.renewals.give_up();
                    return Ok((!left.is_empty()).then_some(Kept::Renewals(left)));
                }
            }
        }
    }
}
