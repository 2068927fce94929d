//! What becomes of an invoice that is not paid.

use super::{Invoice, InvoiceStatus};
use crate::{
    calendar::Instant,
    dunning::{Dunning, Ladder, Policy, Step, StepKind},
};

impl Invoice {
    /// Whether it failed and something is due of it.
    pub fn is_failing(&self) -> bool {
        self.is_open() && self.dunning.failed_at.is_some()
    }

    /// After a payment was tried in vain. What is not open stays as it is.
    #[must_use]
    pub fn failed(&self, at: Instant, policy: Policy) -> Self {
        if !self.is_open() {
            return self.clone();
        }
        Self { dunning: self.dunning.failed(at, self.due_at, policy), ..self.clone() }
    }

    /// Its ladder by `policy`, if access is kept until then whatever fails.
    pub fn ladder(&self, policy: Policy, kept_until: Option<Instant>) -> Ladder {
        let Dunning { failed_at, reopened_at, .. } = self.dunning;
        Ladder { policy, due_at: self.due_at, failed_at, reopened_at, kept_until }
    }

    /// After `step`, the last of all that were `done` on its `ladder`.
    #[must_use]
    pub fn stepped(&self, step: Step, done: &[Step], ladder: Ladder) -> Self {
        let status = match step.kind {
            StepKind::Overdue => InvoiceStatus::Overdue,
            StepKind::Retry | StepKind::Suspend | StepKind::Cancel => self.status,
        };
        let dunning = self.dunning.stepped(step, done, ladder);
        Self { status, dunning, ..self.clone() }
    }

    /// The same, but nobody asks for its payment, and no step follows.
    #[must_use]
    pub fn left_alone(self) -> Self {
        Self { dunning: Dunning::default(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::Period,
        invoicing::{
            Draft, InvoiceKind, InvoiceNumber, Issue, PricedLine, RecordStatus, Settlement, issue,
        },
        money::{Amount, Currency, TaxMode, TaxRate, UnitPrice},
        tenants::TaxTerms,
    };

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    /// An invoice of 100 of the first of April, due on the fifteenth, of which credit paid a part.
    fn invoice(credit: i64) -> Invoice {
        let period = Period::new(at("2026-04-01T00:00:00Z"), at("2026-05-01T00:00:00Z"));
        let period = period.expect("a period");
        let line = PricedLine {
            description: "Pro".to_owned(),
            resource_type: "subscription".to_owned(),
            quantity: 1,
            unit_price: UnitPrice::from(Amount::from_major(100)),
            service: Some(period),
            tax: None,
        };
        let terms = TaxTerms { rate: TaxRate::ZERO, mode: TaxMode::Exclusive };
        let draft = Draft::new(vec![line], terms, Currency::CNY).expect("a draft");
        let issued = issue(
            &draft,
            Issue {
                number: InvoiceNumber { year: 2026, serial: 1 },
                subscription: None,
                kind: InvoiceKind::Period,
                period,
                credit: Amount::from_major(credit),
                due_days: 14,
                at: period.start(),
            },
        );
        issued.expect("an invoice")
    }

    #[test]
    fn what_is_due_waits_for_its_date_and_what_is_covered_for_nothing() {
        let (due, covered) = (invoice(40), invoice(100));

        assert_eq!(due.dunning, Dunning::asked(due.due_at));
        assert_eq!(covered.dunning, Dunning::default());
        assert_eq!(covered.failed(covered.issued_at, Policy::DEFAULT), covered);
        assert_eq!(due.left_alone().dunning, Dunning::default());
    }

    #[test]
    fn the_due_date_makes_it_overdue_and_other_steps_leave_its_status() {
        let issued = invoice(0);
        let overdue = Step { at: issued.due_at, kind: StepKind::Overdue };
        let retry = Step { at: at("2026-04-16T00:00:00Z"), kind: StepKind::Retry };

        let ladder = issued.ladder(Policy::DEFAULT, None);
        let late = issued.stepped(overdue, &[overdue], ladder);
        let ladder = late.ladder(Policy::DEFAULT, None);
        let tried = late.stepped(retry, &[overdue, retry], ladder);

        assert_eq!((late.status, late.is_failing()), (InvoiceStatus::Overdue, true));
        assert_eq!(late.dunning.next_at, Some(retry.at));
        assert_eq!((tried.status, tried.dunning.attempts), (InvoiceStatus::Overdue, 2));
        assert!(!issued.is_failing());
    }

    #[test]
    fn paid_or_withdrawn_it_has_no_step_left_and_does_not_fail() {
        let failed = invoice(0).failed(at("2026-04-03T00:00:00Z"), Policy::DEFAULT);
        assert!(failed.is_failing());

        let now = at("2026-04-05T00:00:00Z");
        let paid = failed.settle(Amount::from_major(100), Currency::CNY, RecordStatus::Paid, now);
        let void = failed.void().expect("it is open");

        let Ok(Settlement::Paid { invoice: paid, .. }) = paid else { panic!("{paid:?}") };
        for after in [paid, void] {
            assert_eq!((after.dunning.next_at, after.is_failing()), (None, false));
            assert_eq!(after.dunning.failed_at, failed.dunning.failed_at);
        }
    }
}
