//! Trials: made longer, cut short.
//!
//! What happens when a trial runs out by itself is the end of a period
//! ([`Subscription::at_period_end`]).

use super::{Charge, Status, Subscription, notice_at};
use crate::{
    calendar::{Anchor, CalendarError, Instant, Period, Zone},
    catalog::Plan,
};

/// How many days a trial is made longer at most, at once.
pub const EXTEND_DAYS_MAX: u8 = 90;

/// Why a trial stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// There is none any more.
    #[error("the subscription is {0}, so there is no trial")]
    NoTrial(&'static str),
    /// It is over, and what follows it is not there yet.
    #[error("the trial ended at {0}")]
    Ended(Instant),
    /// It would end beyond the calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl Subscription {
    /// Makes the trial so many days longer, counted from its end: it ends at the same time of day.
    pub fn extend_trial(&self, days: u8, at: Instant) -> Result<Self, TrialError> {
        self.refuse_without_trial(at)?;
        let end = Anchor::of(self.period.end(), &self.zone).days_later(&self.zone, days)?;
        let period = Period::new(self.period.start(), end)?;
        Ok(Self {
            anchor: Anchor::of(end, &self.zone),
            period,
            trial_end: Some(end),
            notice_at: Some(notice_at(period)),
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// Ends the trial: the first paid period begins now, in the `zone` of the tenant, at what the plan
    /// costs now that it has then ([`Self::plan_after_period`]).
    pub fn cancel_trial(
        &self,
        plan: &Plan,
        zone: &Zone,
        at: Instant,
    ) -> Result<(Self, Charge), TrialError> {
        self.refuse_without_trial(at)?;
        let mut after = Self {
            plan: plan.name.clone(),
            status: Status::Active,
            cycle: self.cycle_after_period(),
            amount: plan.price(self.cycle_after_period()),
            next: None,
            trial_end: Some(at),
            version: self.version + 1,
            ..self.clone()
        };
        after.start_again(zone, at)?;
        let charge = after.whole_period();
        Ok((after, charge))
    }

    fn refuse_without_trial(&self, at: Instant) -> Result<(), TrialError> {
        if self.status != Status::Trial {
            return Err(TrialError::NoTrial(self.status.as_str()));
        }
        if at >= self.period.end() { Err(TrialError::Ended(self.period.end())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Subscribe, samples, subscribe},
        *,
    };
    use crate::{calendar::Cycle, id::SubscriptionId};

    #[test]
    fn a_longer_trial_moves_its_end_and_the_anchor() {
        let trial = samples::trial("2026-01-17T12:00:00Z", 14);

        let longer = trial.extend_trial(1, samples::at("2026-01-20T00:00:00Z"));

        let longer = longer.expect("it is a trial");
        assert_eq!(longer.period.end(), samples::at("2026-02-01T12:00:00Z"));
        assert_eq!(longer.trial_end, Some(longer.period.end()));
        assert_eq!(longer.anchor.to_string(), "2026-02-01T12:00:00");
        assert_eq!((longer.period.start(), longer.version), (trial.period.start(), 2));
    }

    #[test]
    fn a_trial_cut_short_is_followed_by_a_paid_period_at_once() {
        let trial = samples::trial("2026-01-17T12:00:00Z", 30);
        let (plan, now) = (samples::plan("basic", 99, 990), samples::at("2026-01-31T12:00:00Z"));

        let (paid, charge) = trial.cancel_trial(&plan, &Zone::UTC, now).expect("it is a trial");

        assert_eq!((paid.status, paid.period_number), (Status::Active, 1));
        assert_eq!(paid.period.start(), now);
        assert_eq!(paid.period.end(), samples::at("2026-02-28T12:00:00Z"));
        assert_eq!((charge.part.amount, charge.service), (plan.price(Cycle::Monthly), paid.period));
    }

    #[test]
    fn a_trial_across_the_start_of_summer_time_ends_on_the_day_that_it_names() {
        let plan = samples::plan("basic", 99, 990);
        // Half past eleven in the evening of the first of March; clocks go forward on the 29th.
        let trial = subscribe(Subscribe {
            plan: &plan,
            cycle: Cycle::Monthly,
            auto_renew: true,
            trial_days: 30,
            admin: samples::trial("2026-01-01T00:00:00Z", 1).admin,
            zone: Zone::parse("Europe/Berlin").expect("a zone"),
            currency: None,
            last: None,
            id: SubscriptionId::from_parts(0, 1),
            at: samples::at("2026-03-01T22:30:00Z"),
        });

        let trial = trial.expect("it begins");

        // Not the first of April.
        assert_eq!(trial.anchor.to_string(), "2026-03-31T23:30:00");
        assert_eq!(trial.trial_end, Some(samples::at("2026-03-31T21:30:00Z")));
    }

    #[test]
    fn a_longer_trial_ends_at_the_same_time_of_day_across_summer_time() {
        let zone = Zone::parse("Europe/Berlin").expect("a zone");
        // Half past eleven in the evening; clocks go forward on 29 March.
        let end = samples::at("2026-03-22T22:30:00Z");
        let trial = samples::trial("2026-03-01T22:30:00Z", 21);
        let trial = Subscription { anchor: Anchor::of(end, &zone), zone, ..trial };

        let longer = trial.extend_trial(9, trial.period.start()).expect("it is a trial");

        assert_eq!(longer.period.end(), samples::at("2026-03-31T21:30:00Z"));
        assert_eq!(longer.anchor.to_string(), "2026-03-31T23:30:00");
    }

    #[test]
    fn the_paid_period_of_a_trial_cut_short_is_in_the_zone_of_today() {
        let trial = samples::trial("2026-01-17T12:00:00Z", 30);
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        let plan = samples::plan("basic", 99, 990);

        // The first of February at two in the morning in Shanghai.
        let now = samples::at("2026-01-31T18:00:00Z");
        let (paid, _) = trial.cancel_trial(&plan, &zone, now).expect("it is a trial");

        assert_eq!((&paid.zone, paid.anchor.to_string().as_str()), (&zone, "2026-02-01T02:00:00"));
        assert_eq!(paid.period.end(), samples::at("2026-02-28T18:00:00Z"));
    }

    #[test]
    fn without_a_trial_or_after_it_there_is_nothing_to_change() {
        let trial = samples::trial("2026-01-17T12:00:00Z", 14);
        let paid = Subscription { status: Status::PastDue, ..trial.clone() };
        let end = trial.period.end();

        assert_eq!(trial.extend_trial(1, end), Err(TrialError::Ended(end)));
        let now = trial.period.start();
        assert_eq!(paid.extend_trial(1, now), Err(TrialError::NoTrial("past_due")));
        let plan = samples::plan("basic", 99, 990);
        assert_eq!(paid.cancel_trial(&plan, &Zone::UTC, now), Err(TrialError::NoTrial("past_due")));
    }

    #[test]
    fn a_trial_does_not_reach_beyond_the_calendar() {
        let trial = samples::trial("9999-12-01T00:00:00Z", 14);

        let longer = trial.extend_trial(EXTEND_DAYS_MAX, trial.period.start());

        assert_eq!(longer, Err(TrialError::Calendar(CalendarError::OutOfRange)));
    }
}
