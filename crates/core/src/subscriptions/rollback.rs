//! Undoing the latest change of plan.
//!
//! Plan, price and dates return. What is *not* here: what becomes of the documents of the change.

use super::{Subscription, notice_at};
use crate::{
    calendar::{Anchor, Cycle, Instant, Period, Zone},
    money::Amount,
};

/// What a subscription had before a change, which the change took from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The plan.
    pub plan: String,
    /// How often it was billed.
    pub cycle: Cycle,
    /// What its period cost.
    pub amount: Amount,
    /// Where its boundaries were computed from.
    pub anchor: Anchor,
    /// The zone of the anchor.
    pub zone: Zone,
    /// Which period was running.
    pub period_number: u32,
    /// That period.
    pub period: Period,
    /// The version with which it began.
    pub period_since: i64,
}

/// Why a change can't be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    /// There is none in this period.
    #[error("there is no change of plan to undo in this period")]
    Nothing,
    /// It was undone already.
    #[error("the latest change of plan was undone already")]
    Undone,
    /// The subscription is at an end, or its payment is too late.
    #[error("the subscription is {0}")]
    NotServed(&'static str),
    /// The period is over.
    #[error("the period ended at {0}")]
    PeriodEnded(Instant),
}

impl Subscription {
    /// What a change is about to take from it.
    pub fn held(&self) -> Held {
        Held {
            plan: self.plan.clone(),
            cycle: self.cycle,
            amount: self.amount,
            anchor: self.anchor,
            zone: self.zone.clone(),
            period_number: self.period_number,
            period: self.period,
            period_since: self.period_since,
        }
    }

    /// It as before the change that made `version` of it and took `held`. Only a change of the
    /// running period is undone, and none after its end. A trial that was made longer since stays
    /// so.
    pub fn rolled_back(
        &self,
        version: i64,
        held: &Held,
        at: Instant,
    ) -> Result<Self, RollbackError> {
        if self.due_at().is_none() {
            return Err(RollbackError::NotServed(self.status.as_str()));
        }
        if version < self.period_since {
            return Err(RollbackError::Nothing);
        }
        let starts_again = version == self.period_since;
        let end = if starts_again { held.period.end() } else { self.period.end() };
        if at >= end {
            return Err(RollbackError::PeriodEnded(end));
        }
        let mut after = Self {
            plan: held.plan.clone(),
            cycle: held.cycle,
            amount: held.amount,
            next: None,
            version: self.version + 1,
            ..self.clone()
        };
        if starts_again {
            (after.anchor, after.zone) = (held.anchor, held.zone.clone());
            (after.period, after.period_number) = (held.period, held.period_number);
            after.period_since = held.period_since;
            after.notice_at = Some(notice_at(held.period));
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ChangePlan, Status, samples},
        *,
    };

    fn changed(cycle: Cycle, when: &str) -> (Subscription, Subscription) {
        let before = samples::active("2026-04-01T00:00:00Z", Cycle::Monthly);
        let plan = samples::plan("pro", 499, 4999);
        let (cycle, at) = (Some(cycle), samples::at(when));
        let ask = ChangePlan { plan: &plan, zone: &Zone::UTC, cycle, billed: &[], at };
        let after = before.change_plan(ask).expect("it can be changed").after;
        (before, after)
    }

    #[test]
    fn everything_returns_but_the_version() {
        for cycle in [Cycle::Monthly, Cycle::Yearly] {
            let (before, after) = changed(cycle, "2026-04-16T00:00:00Z");

            let back = after.rolled_back(2, &before.held(), samples::at("2026-04-20T00:00:00Z"));

            assert_eq!(back, Ok(Subscription { version: 3, ..before }));
        }
    }

    #[test]
    fn what_followed_the_change_otherwise_stays() {
        let (before, after) = changed(Cycle::Monthly, "2026-04-16T00:00:00Z");
        let after =
            Subscription { status: Status::PastDue, auto_renew: false, version: 9, ..after };

        let back = after.rolled_back(2, &before.held(), samples::at("2026-04-20T00:00:00Z"));

        let back = back.expect("it can be undone");
        assert_eq!((back.status, back.auto_renew, back.version), (Status::PastDue, false, 10));
        assert_eq!((back.plan, back.amount), (before.plan, before.amount));
    }

    #[test]
    fn nothing_is_undone_after_the_period_or_of_one_before() {
        let (before, after) = changed(Cycle::Yearly, "2026-04-16T00:00:00Z");
        let end = before.period.end();
        let renewed = Subscription { period_since: 3, version: 3, ..after.clone() };
        let suspended = Subscription { status: Status::Suspended, ..after.clone() };
        let now = samples::at("2026-04-20T00:00:00Z");

        let held = before.held();
        assert_eq!(after.rolled_back(2, &held, end), Err(RollbackError::PeriodEnded(end)));
        assert_eq!(renewed.rolled_back(2, &held, now), Err(RollbackError::Nothing));
        let refused = Err(RollbackError::NotServed("suspended"));
        assert_eq!(suspended.rolled_back(2, &held, now), refused);
    }
}
