//! The end of a period, and what follows it.
//!
//! Each step is taken at the instant at which it was due, however late somebody looks: whoever
//! catches up takes one after the other. What is *not* here: the invoice of the new period, and the
//! steps of dunning.

use super::{Charge, Part, Status, Subscription, notice_at};
use crate::{
    calendar::{CalendarError, Cycle, Instant, Period, Zone, days_between},
    catalog::Plan,
};

/// What happens at the end of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtPeriodEnd {
    /// The subscription ends.
    Ends(Subscription),
    /// The next period begins, and is paid for.
    Renews(Subscription, Charge),
    /// A payment is too late: nothing, until it comes.
    Waits,
}

impl Subscription {
    /// When the running period ends by itself, if anything happens then.
    pub fn due_at(&self) -> Option<Instant> {
        let served = matches!(self.status, Status::Trial | Status::Active | Status::PastDue);
        served.then_some(self.period.end())
    }

    /// The name of the plan that it has after the running period, if it goes on.
    pub fn plan_after_period(&self) -> &str {
        self.next.as_ref().map_or(&self.plan, |next| &next.plan)
    }

    /// How often it is billed after the running period, if it goes on.
    pub fn cycle_after_period(&self) -> Cycle {
        self.next.as_ref().map_or(self.cycle, |next| next.cycle)
    }

    /// What happens when the running period ends, if `plan` is what it has then
    /// ([`Self::plan_after_period`]), and `zone` the tenant's: it is cancelled, expires, or is renewed at what the plan costs now. The first paid
    /// period follows a trial. In another zone the new period ends at the anchor's local time there.
    pub fn at_period_end(&self, plan: &Plan, zone: &Zone) -> Result<AtPeriodEnd, CalendarError> {
        if self.due_at().is_none() {
            return Ok(AtPeriodEnd::Waits);
        }
        if self.cancel_at_period_end {
            return Ok(AtPeriodEnd::Ends(self.ended(Status::Cancelled)));
        }
        if !self.auto_renew {
            return Ok(AtPeriodEnd::Ends(self.ended(Status::Expired)));
        }
        let status = if self.status == Status::Trial { Status::Active } else { self.status };
        let cycle = self.cycle_after_period();
        let mut after = Self {
            plan: plan.name.clone(),
            status,
            cycle,
            amount: plan.price(cycle),
            zone: zone.clone(),
            next: None,
            period_since: self.version + 1,
            version: self.version + 1,
            ..self.clone()
        };
        if cycle == self.cycle {
            let next = self.period_number.checked_add(1).ok_or(CalendarError::OutOfRange)?;
            let end = self.anchor.boundary(zone, cycle, next)?;
            after.period = Period::new(self.period.end(), end)?;
            after.period_number = next;
            after.notice_at = Some(notice_at(after.period));
        } else {
            after.start_again(zone, self.period.end())?;
        }
        let charge = after.whole_period();
        Ok(AtPeriodEnd::Renews(after, charge))
    }

    /// Asks for the whole running period.
    pub(super) fn whole_period(&self) -> Charge {
        let days = days_between(self.period.start(), self.period.end(), &self.zone);
        let part = Part { amount: self.amount, days, of: days };
        Charge { price: self.amount, part, service: self.period }
    }

    /// It at its end, under the name of that end.
    pub(super) fn ended(&self, status: Status) -> Self {
        Self {
            status,
            auto_renew: false,
            cancel_at_period_end: false,
            next: None,
            notice_at: None,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::samples, *};
    use crate::{
        calendar::{Anchor, first_period},
        money::Amount,
    };

    fn renewed(subscription: &Subscription, plan: &Plan) -> (Subscription, Charge) {
        match subscription.at_period_end(plan, &subscription.zone) {
            Ok(AtPeriodEnd::Renews(after, charge)) => (after, charge),
            other => panic!("it is not renewed: {other:?}"),
        }
    }

    #[test]
    fn periods_follow_each_other_from_the_anchor_and_not_from_the_period_before() {
        let plan = samples::plan("basic", 99, 990);
        let mut subscription = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);

        let mut ends = Vec::new();
        for _ in 0..3 {
            let before = subscription.period.end();
            subscription = renewed(&subscription, &plan).0;
            assert_eq!(subscription.period.start(), before);
            ends.push(subscription.period.end().to_string());
        }

        let expected = ["2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z", "2026-05-31T12:00:00Z"];
        assert_eq!(ends, expected);
    }

    #[test]
    fn a_new_price_counts_from_the_next_period_on() {
        let dearer = samples::plan("basic", 120, 1200);
        let subscription = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);
        assert_eq!(subscription.amount, Amount::from_major(99));

        let (after, charge) = renewed(&subscription, &dearer);

        assert_eq!((after.amount, charge.part.amount), (charge.price, Amount::from_major(120)));
        assert_eq!((charge.part.days, charge.service), (31, after.period));
    }

    #[test]
    fn another_zone_counts_from_the_next_period_on_without_a_gap() {
        let plan = samples::plan("basic", 99, 990);
        let before = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");

        let Ok(AtPeriodEnd::Renews(after, _)) = before.at_period_end(&plan, &zone) else {
            panic!("it is not renewed")
        };

        assert_eq!(after.period.start(), before.period.end());
        // Noon on the 31st of March in Shanghai.
        assert_eq!(after.period.end().to_string(), "2026-03-31T04:00:00Z");
        assert_eq!(renewed(&after, &plan).0.period.end().to_string(), "2026-04-30T04:00:00Z");
    }

    #[test]
    fn a_trial_that_runs_out_becomes_the_first_paid_period() {
        let trial = samples::trial("2026-01-17T12:00:00Z", 14);

        let (paid, _) = renewed(&trial, &samples::plan("basic", 99, 990));

        assert_eq!((paid.status, paid.period_number), (Status::Active, 1));
        assert_eq!(paid.period.start(), trial.period.end());
        assert_eq!(paid.period.end(), samples::at("2026-02-28T12:00:00Z"));
    }

    #[test]
    fn the_day_on_which_a_trial_ends_is_that_of_the_zone() {
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        // One in the morning on the first of May in Shanghai, still April in UTC.
        let trial = samples::trial("2026-04-16T17:00:00Z", 14);
        let end = samples::at("2026-04-30T17:00:00Z");
        assert_eq!(trial.period.end(), end);
        let trial = Subscription { anchor: Anchor::of(end, &zone), zone, ..trial };

        let (paid, charge) = renewed(&trial, &samples::plan("basic", 99, 990));

        assert_eq!(
            (paid.period.start(), paid.anchor.to_string().as_str()),
            (end, "2026-05-01T01:00:00")
        );
        // The first of June there, and not the day before.
        assert_eq!(paid.period.end(), samples::at("2026-05-31T17:00:00Z"));
        assert_eq!((charge.part.days, charge.service), (31, paid.period));
    }

    #[test]
    fn what_is_not_to_go_on_ends_by_its_name() {
        let plan = samples::plan("basic", 99, 990);
        let active = samples::active("2026-01-31T12:00:00Z", Cycle::Yearly);
        let status =
            |subscription: Subscription| match subscription.at_period_end(&plan, &Zone::UTC) {
                Ok(AtPeriodEnd::Ends(after)) => Some(after.status),
                _ => None,
            };

        let unrenewed = Subscription { auto_renew: false, ..active.clone() };
        let cancelled = Subscription { cancel_at_period_end: true, ..unrenewed.clone() };
        let trial = Subscription { status: Status::Trial, ..cancelled.clone() };
        assert_eq!(status(unrenewed), Some(Status::Expired));
        assert_eq!(status(cancelled), Some(Status::Cancelled));
        assert_eq!(status(trial), Some(Status::Cancelled));
        assert_eq!(status(active), None);
    }

    #[test]
    fn late_payment_renews_and_too_late_payment_waits() {
        let plan = samples::plan("basic", 99, 990);
        let active = samples::active("2026-01-31T12:00:00Z", Cycle::Monthly);
        let of = |status| Subscription { status, ..active.clone() };

        assert_eq!(renewed(&of(Status::PastDue), &plan).0.status, Status::PastDue);
        for status in [Status::Suspended, Status::Cancelled, Status::Expired] {
            assert_eq!(of(status).at_period_end(&plan, &Zone::UTC), Ok(AtPeriodEnd::Waits));
            assert_eq!(of(status).due_at(), None);
        }
    }

    proptest! {
        #[test]
        fn whatever_clocks_do_sixty_periods_have_every_day_once(
            zone in prop::sample::select(vec![
                "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia",
                "Africa/Casablanca", "America/St_Johns",
            ]),
            second in 1_200_000_000..1_700_000_000_i64,
        ) {
            let zone = Zone::parse(zone).expect("a zone");
            let start = Instant::from_second(second).expect("in range");
            let (anchor, period) =
                first_period(start, &zone, Cycle::Monthly).expect("in range");
            let plan = samples::plan("basic", 99, 990);
            let mut subscription = Subscription {
                anchor,
                zone: zone.clone(),
                period,
                ..samples::active(&start.to_string(), Cycle::Monthly)
            };
            let mut days = subscription.whole_period().part.of;
            for _ in 1..60 {
                let (after, charge) = renewed(&subscription, &plan);
                prop_assert_eq!(after.period.start(), subscription.period.end());
                prop_assert!((27..=31).contains(&charge.part.of), "{:?}", after.period);
                days += charge.part.of;
                subscription = after;
            }
            prop_assert_eq!(days, days_between(start, subscription.period.end(), &zone));
        }

        #[test]
        fn sixty_periods_have_neither_gap_nor_overlap(
            second in 0..4_000_000_000_i64,
            yearly: bool,
            trial_days in 0..90_u8,
        ) {
            let cycle = if yearly { Cycle::Yearly } else { Cycle::Monthly };
            let start = Instant::from_second(second).expect("in range").to_string();
            let plan = samples::plan("basic", 99, 990);
            let mut subscription = match trial_days {
                0 => samples::active(&start, cycle),
                days => Subscription { cycle, ..samples::trial(&start, days) },
            };

            for n in 1..60 {
                let (after, _) = renewed(&subscription, &plan);
                prop_assert_eq!(after.period.start(), subscription.period.end());
                prop_assert_eq!(after.version, n + 1);
                subscription = after;
            }
        }
    }
}
