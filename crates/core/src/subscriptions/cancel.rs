//! Ending a subscription: at the end of its period, or at once; and bringing it back before.
//!
//! What is *not* here: the end itself ([`Subscription::at_period_end`]), and the invoice of what was
//! used up to it.

use super::{Billed, Credited, Status, Subscription, credit_from};
use crate::calendar::Instant;

/// Why a subscription can't be cancelled or brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// It is at an end.
    #[error("the subscription is {0}")]
    Ended(&'static str),
    /// Its period is over, and what follows it is not there yet.
    #[error("the period ended at {0}")]
    PeriodEnded(Instant),
}

impl Subscription {
    /// Lets it serve to the end of the period, and end then. It is itself again if that was so.
    pub fn cancel(&self, at: Instant) -> Result<Self, CancelError> {
        self.refuse_at_an_end(at)?;
        Ok(self.with_flags(false, true))
    }

    /// Sets whether another period follows. `true` also takes a cancellation back.
    pub fn set_auto_renew(&self, auto_renew: bool, at: Instant) -> Result<Self, CancelError> {
        self.refuse_at_an_end(at)?;
        Ok(self.with_flags(auto_renew, self.cancel_at_period_end && !auto_renew))
    }

    /// Ends it at once, and says what is given back of the lines `billed` for the running period.
    /// A trial and what is overdue give nothing back that was not billed.
    pub fn end_now(
        &self,
        billed: &[Billed],
        at: Instant,
    ) -> Result<(Self, Vec<Credited>), CancelError> {
        if !self.status.is_live() {
            return Err(CancelError::Ended(self.status.as_str()));
        }
        let credited = credit_from(at, billed, &self.zone, self.currency);
        Ok((self.ended(Status::Cancelled), credited))
    }

    fn refuse_at_an_end(&self, at: Instant) -> Result<(), CancelError> {
        if !self.status.is_live() {
            return Err(CancelError::Ended(self.status.as_str()));
        }
        let over = self.due_at().is_some() && at >= self.period.end();
        if over { Err(CancelError::PeriodEnded(self.period.end())) } else { Ok(()) }
    }

    fn with_flags(&self, auto_renew: bool, cancel_at_period_end: bool) -> Self {
        if (self.auto_renew, self.cancel_at_period_end) == (auto_renew, cancel_at_period_end) {
            return self.clone();
        }
        let version = self.version + 1;
        Self { auto_renew, cancel_at_period_end, version, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::calendar::Cycle;

    fn april() -> Subscription {
        samples::active("2026-04-01T00:00:00Z", Cycle::Monthly)
    }

    fn day(day: u8) -> Instant {
        samples::at(&format!("2026-04-{day:02}T00:00:00Z"))
    }

    #[test]
    fn what_was_cancelled_serves_on_and_can_be_brought_back_before_the_end() {
        let cancelled = april().cancel(day(16)).expect("it is live");
        let again = cancelled.cancel(day(17)).expect("it is live");
        let back = cancelled.set_auto_renew(true, day(30)).expect("it has not ended");

        assert_eq!((cancelled.status, cancelled.due_at()), (Status::Active, april().due_at()));
        assert_eq!((cancelled.auto_renew, cancelled.cancel_at_period_end), (false, true));
        assert_eq!(again, cancelled);
        assert_eq!(back, Subscription { version: 3, ..april() });
    }

    #[test]
    fn without_another_period_it_is_not_cancelled_but_runs_out() {
        let quiet = april().set_auto_renew(false, day(2)).expect("it is live");
        let cancelled = april().cancel(day(2)).expect("it is live");

        assert_eq!((quiet.auto_renew, quiet.cancel_at_period_end), (false, false));
        assert_eq!(cancelled.set_auto_renew(false, day(3)), Ok(cancelled));
    }

    #[test]
    fn ended_at_once_it_gives_the_days_back_that_are_left() {
        let billed = [Billed { amount: april().amount, service: april().period }];

        let (ended, credited) = april().end_now(&billed, day(16)).expect("it is live");

        assert_eq!((ended.status, ended.due_at()), (Status::Cancelled, None));
        assert_eq!(credited[0].part.amount.to_string(), "49.5");
        assert_eq!(ended.end_now(&billed, day(17)), Err(CancelError::Ended("cancelled")));
    }

    #[test]
    fn after_the_end_of_the_period_the_renewal_comes_first() {
        let end = april().period.end();

        assert_eq!(april().cancel(end), Err(CancelError::PeriodEnded(end)));
        assert_eq!(april().set_auto_renew(true, end), Err(CancelError::PeriodEnded(end)));
        let expired = Subscription { status: Status::Expired, ..april() };
        assert_eq!(expired.cancel(day(2)), Err(CancelError::Ended("expired")));
    }
}
