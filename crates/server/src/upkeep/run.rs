//! A run: everything that is due, a group at a time.

use countinghouse_core::id::TenantId;

use crate::{
    command::Commands,
    db::Error,
    dunning::{DunningDone, DunningRun},
    env::Env,
    subscriptions::{RenewalOutcome, RenewalRun},
};

/// A run of all that is due. It may be left after any group: what is done is done, and the next run
/// goes on from there.
///
/// Ends of periods are taken in sets, as many as there are, and then the steps of dunning that are
/// due. An end that waits for a step is met again after these, and a step that waits for an end
/// likewise.
#[derive(Debug)]
pub struct Upkeep {
    renewals: RenewalRun,
    dunning: DunningRun,
    turn: Turn,
}

/// What became of a group.
#[derive(Debug)]
pub enum Kept {
    /// Ends of periods.
    Renewals(Vec<RenewalOutcome>),
    /// Steps of dunning.
    Dunning(DunningDone),
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
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
        let renewals = RenewalRun::start(env, commands, only.clone()).await?;
        let dunning = DunningRun::start(env, commands, only).await?;
        Ok(Self { renewals, dunning, turn: Turn::Renewals })
    }

    /// Takes the next group; nothing when none is left.
    pub async fn next_group(&mut self) -> Result<Option<Kept>, Error> {
        loop {
            match self.turn {
                Turn::Renewals => match self.renewals.next_group().await? {
                    Some(outcomes) => return Ok(Some(Kept::Renewals(outcomes))),
                    None => self.turn = Turn::Dunning { has_taken: false },
                },
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
