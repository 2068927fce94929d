//! What becomes of an invoice that is not paid.

use super::{Invoice, InvoiceStatus};
use crate::{
    calendar::Instant,
    dunning::{Dunning, Policy, Step, StepKind},
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

    /// After `step`, the last of all that were `done`.
    #[must_use]
    pub fn stepped(&self, step: Step, done: &[Step], policy: Policy) -> Self {
        let status = match step.kind {
            StepKind::Overdue => InvoiceStatus::Overdue,
            StepKind::Retry | StepKind::Suspend | StepKind::Cancel => self.status,
        };
        let dunning = self.dunning.stepped(step, done, self.due_at, policy);
        Self { status, dunning, ..self.clone() }
    }

    /// The same, but nobody asks for its payment, and no step follows.
    #[must_use]
    pub fn left_alone(self) -> Self {
        Self { dunning: Dunning::default(), ..self }
    }
}
