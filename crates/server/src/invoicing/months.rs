//! Closing months on a ground, for whoever issues documents of many months.

use countinghouse_core::calendar::Instant;

use super::document::Ground;
use crate::{env::Env, http::problem::ApiError, ledger};

impl Ground {
    /// Closes the months that are over by now, with what they earned.
    pub fn close_months(&mut self, env: &Env) -> Result<(), ApiError> {
        let entries = ledger::close_months(&mut self.book, &self.profile.zone, env)?;
        self.entries.extend(entries);
        Ok(())
    }

    /// When the first month that earns something is over, if there is one.
    pub fn month_end(&self) -> Option<Instant> {
        self.book.state().schedule.due_at(&self.profile.zone)
    }
}
