//! When a tenant is told that its period ends soon.

use super::Subscription;
use crate::calendar::{Instant, Period};

/// How many days before the end of a period its tenant is told.
pub const NOTICE_DAYS: i64 = 3;

impl Subscription {
    /// When its tenant is to be told that the running period ends and another follows. `None` once
    /// it was told, and where nothing follows.
    pub fn notice_due_at(&self) -> Option<Instant> {
        self.notice_at.filter(|_| self.renews())
    }

    /// Whether the end of the running period renews it, as things are.
    pub fn renews(&self) -> bool {
        self.due_at().is_some() && self.auto_renew && !self.cancel_at_period_end
    }
}

/// When the tenant is told of the end of a period: three days before it, but not before the period.
pub fn notice_at(period: Period) -> Instant {
    let before = period.end().plus_days(-NOTICE_DAYS).unwrap_or(period.start());
    before.max(period.start())
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::{
        calendar::{Cycle, Zone},
        subscriptions::{AtPeriodEnd, Status},
    };

    #[test]
    fn a_tenant_is_told_three_days_before_the_end_or_at_once() {
        let month = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);
        let days = samples::trial("2026-01-17T12:00:00Z", 2);

        assert_eq!(month.notice_due_at(), Some(samples::at("2026-02-25T12:00:00Z")));
        assert_eq!(days.notice_due_at(), Some(days.period.start()));
    }

    #[test]
    fn of_an_end_nobody_is_told_and_again_after_it_was_taken_back() {
        let active = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);
        let day = samples::at("2026-02-02T00:00:00Z");

        let cancelled = active.cancel(day).expect("it is live");
        let back = cancelled.set_auto_renew(true, day).expect("it is live");
        let suspended = Subscription { status: Status::Suspended, ..active.clone() };

        assert_eq!((cancelled.notice_due_at(), suspended.notice_due_at()), (None, None));
        assert_eq!(back.notice_due_at(), active.notice_due_at());
    }

    #[test]
    fn every_period_and_every_longer_trial_has_a_notice_of_its_own() {
        let told = Subscription { notice_at: None, ..samples::trial("2026-01-17T12:00:00Z", 14) };

        let longer = told.extend_trial(7, samples::at("2026-01-30T00:00:00Z"));
        let next = told.at_period_end(&samples::plan("basic", 99, 990), &Zone::UTC);

        let longer = longer.expect("it is a trial");
        assert_eq!(longer.notice_due_at(), Some(samples::at("2026-02-04T12:00:00Z")));
        let Ok(AtPeriodEnd::Renews(paid, _)) = next else { panic!("it is not renewed") };
        assert_eq!(paid.notice_due_at(), Some(samples::at("2026-02-25T12:00:00Z")));
    }
}
