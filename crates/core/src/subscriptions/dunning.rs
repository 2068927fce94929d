//! What becomes of a subscription that is not paid for, and when it is paid after all.
//!
//! When each of it happens is the ladder's ([`dunning`](crate::dunning)). A trial has no invoice of
//! its own, so nothing is taken from it for one that somebody else made. When it is over, that counts.

use super::{Charge, Status, Subscription};
use crate::{
    calendar::{CalendarError, Instant, Zone},
    catalog::Plan,
};

/// What a subscription is when everything is paid that had failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It serves on, in the period that it was in.
    Serves(Subscription),
    /// It was suspended beyond the end of its period: a new first period begins, and is paid for.
    Begins(Subscription, Charge),
    /// It was suspended beyond the end of its period, and no other was to follow that.
    Ends(Subscription),
}

impl Subscription {
    /// Whether its period ends before a step of dunning that is due at `step_at`. Of what is due at
    /// one instant the end of a period comes first. Whoever catches up keeps that order, so that it
    /// comes to what it would have come to in time.
    pub fn ends_before(&self, step_at: Instant) -> bool {
        self.due_at().is_some_and(|end| end <= step_at)
    }

    /// After a payment for it failed or became late: access is kept. `None` where that is so
    /// already, or there is nothing to keep.
    pub fn past_due(&self) -> Option<Self> {
        (self.status == Status::Active).then(|| self.with_status(Status::PastDue))
    }

    /// After the days of grace. `None` where access has ended before.
    pub fn suspended(&self) -> Option<Self> {
        let served = matches!(self.status, Status::Active | Status::PastDue);
        served.then(|| self.with_status(Status::Suspended))
    }

    /// After the last day to pay. `None` where it has ended before.
    pub fn cancelled_unpaid(&self) -> Option<Self> {
        let lives = matches!(self.status, Status::Active | Status::PastDue | Status::Suspended);
        lives.then(|| self.ended(Status::Cancelled))
    }

    /// After nothing that had failed is due any more. `None` where nothing had been taken from it,
    /// or it has ended.
    ///
    /// `plan` is what it has in a next period ([`Self::plan_after_period`]), and `zone` the tenant's: where a new period begins, it begins at
    /// `at` with the price of today, and sets the anchor.
    pub fn restored(
        &self,
        plan: &Plan,
        zone: &Zone,
        at: Instant,
    ) -> Result<Option<Restored>, CalendarError> {
        let is_over = self.status == Status::Suspended && at >= self.period.end();
        Ok(match self.status {
            Status::Suspended if is_over && self.cancel_at_period_end => {
                Some(Restored::Ends(self.ended(Status::Cancelled)))
            }
            Status::Suspended if is_over && !self.auto_renew => {
                Some(Restored::Ends(self.ended(Status::Expired)))
            }
            Status::Suspended if is_over => {
                let cycle = self.cycle_after_period();
                let mut after = Self {
                    plan: plan.name.clone(),
                    cycle,
                    amount: plan.price(cycle),
                    next: None,
                    ..self.with_status(Status::Active)
                };
                after.start_again(zone, at)?;
                let charge = after.whole_period();
                Some(Restored::Begins(after, charge))
            }
            Status::Suspended | Status::PastDue => {
                Some(Restored::Serves(self.with_status(Status::Active)))
            }
            Status::Trial | Status::Active | Status::Cancelled | Status::Expired => None,
        })
    }

    fn with_status(&self, status: Status) -> Self {
        Self { status, version: self.version + 1, ..self.clone() }
    }
}

impl Restored {
    /// The subscription after it.
    pub const fn subscription(&self) -> &Subscription {
        match self {
            Self::Serves(after) | Self::Begins(after, _) | Self::Ends(after) => after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::{calendar::Cycle, money::Amount};

    fn of(status: Status) -> Subscription {
        Subscription { status, ..samples::active("2026-01-31T12:00:00Z", Cycle::Monthly) }
    }

    fn restored(it: &Subscription, at: &str) -> Option<Restored> {
        let plan = samples::plan("basic", 120, 1200);
        it.restored(&plan, &Zone::UTC, samples::at(at)).expect("in range")
    }

    #[test]
    fn whoever_does_not_pay_goes_down_step_by_step_and_each_step_counts_once() {
        let active = of(Status::Active);

        let past_due = active.past_due().expect("it was active");
        let suspended = past_due.suspended().expect("access was kept");
        let cancelled = suspended.cancelled_unpaid().expect("it lived");

        let statuses = [&past_due, &suspended, &cancelled].map(|it| (it.status, it.version));
        let expected = [(Status::PastDue, 2), (Status::Suspended, 3), (Status::Cancelled, 4)];
        assert_eq!(statuses, expected);
        assert_eq!(past_due.past_due(), None);
        assert_eq!((suspended.past_due(), suspended.suspended()), (None, None));
        assert_eq!(cancelled.cancelled_unpaid(), None);
    }

    #[test]
    fn the_end_of_a_period_comes_before_a_step_of_the_same_instant() {
        let end = of(Status::Active).period.end();
        let before = samples::at("2026-02-28T11:59:59Z");

        assert!(of(Status::PastDue).ends_before(end) && of(Status::Trial).ends_before(end));
        assert!(!of(Status::Active).ends_before(before));
        assert!(!of(Status::Suspended).ends_before(end) && !of(Status::Expired).ends_before(end));
    }

    #[test]
    fn a_trial_and_what_has_ended_are_not_touched() {
        for status in [Status::Trial, Status::Cancelled, Status::Expired] {
            let it = of(status);
            assert_eq!((it.past_due(), it.suspended(), it.cancelled_unpaid()), (None, None, None));
            assert_eq!(restored(&it, "2026-04-01T00:00:00Z"), None);
        }
        assert_eq!(restored(&of(Status::Active), "2026-02-01T00:00:00Z"), None);
    }

    #[test]
    fn paid_within_its_period_it_serves_on_as_it_was() {
        for status in [Status::PastDue, Status::Suspended] {
            let after = restored(&of(status), "2026-02-28T11:59:59Z");

            let expected = Subscription { version: 2, ..of(Status::Active) };
            assert_eq!(after, Some(Restored::Serves(expected)));
        }
        // Its renewal is due, and makes the next period.
        let late = restored(&of(Status::PastDue), "2026-03-05T00:00:00Z");
        assert!(matches!(late, Some(Restored::Serves(after)) if after.due_at().is_some()));
    }

    #[test]
    fn paid_after_its_period_a_suspended_one_begins_again_that_day() {
        let plan = samples::plan("basic", 120, 1200);
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");

        let after = of(Status::Suspended)
            .restored(&plan, &zone, samples::at("2026-03-31T18:00:00Z"))
            .expect("in range");

        let Some(Restored::Begins(after, charge)) = after else { panic!("{after:?}") };
        assert_eq!((after.status, after.period_number), (Status::Active, 1));
        assert_eq!(after.period.start(), samples::at("2026-03-31T18:00:00Z"));
        // The first of May at two in the morning in Shanghai.
        assert_eq!(after.period.end(), samples::at("2026-04-30T18:00:00Z"));
        assert_eq!((charge.part.amount, charge.service), (Amount::from_major(120), after.period));
    }

    #[test]
    fn paid_after_its_period_what_was_not_to_go_on_ends() {
        let unrenewed = Subscription { auto_renew: false, ..of(Status::Suspended) };
        let cancelled = Subscription { cancel_at_period_end: true, ..unrenewed.clone() };

        let status = |it| match restored(it, "2026-02-28T12:00:00Z") {
            Some(Restored::Ends(after)) => after.status,
            other => panic!("{other:?}"),
        };

        assert_eq!(status(&unrenewed), Status::Expired);
        assert_eq!(status(&cancelled), Status::Cancelled);
    }
}
