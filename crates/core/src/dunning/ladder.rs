//! The steps of one invoice, in their order.

use super::Policy;
use crate::calendar::Instant;

/// How far the dunning of an invoice is, as the invoice itself knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dunning {
    /// When it first failed: a payment was tried in vain, or the due date passed.
    pub failed_at: Option<Instant>,
    /// When something was due of it again after nothing had been, if that was so.
    pub reopened_at: Option<Instant>,
    /// How often its payment was asked for. The next attempt has this number.
    pub attempts: u32,
    /// When its next step is due, if there is one.
    pub next_at: Option<Instant>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// The due date passes.
    Overdue,
    /// The payment is tried again.
    Retry,
    /// Access ends.
    Suspend,
    /// The subscription ends.
    Cancel,
}

/// A step, and the instant that the policy has for it. They sort in the order in which they are
/// taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: StepKind,
}

/// A policy laid on an invoice.
///
/// ```
/// # use countinghouse_core::{calendar::Instant, dunning::{Ladder, Policy, StepKind}};
/// let due_at = Instant::parse("2026-04-15T00:00:00Z").unwrap();
/// let failed_at = Some(due_at);
/// let (reopened_at, kept_until) = (None, None);
/// let ladder = Ladder { policy: Policy::DEFAULT, due_at, failed_at, reopened_at, kept_until };
/// let first = ladder.next(&[]).unwrap();
/// assert_eq!((first.kind, first.at), (StepKind::Overdue, due_at));
/// let second = ladder.next(&[first]).unwrap();
/// assert_eq!((second.kind, second.at.to_string()), (StepKind::Retry, "2026-04-16T00:00:00Z".into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// The policy that holds now. It may be another than when the first steps were taken.
    pub policy: Policy,
    /// When the invoice is due.
    pub due_at: Instant,
    /// When it first failed, if it did.
    pub failed_at: Option<Instant>,
    /// When something was due of it again after nothing had been. Nobody could pay it before, so
    /// days are counted from there at the earliest.
    pub reopened_at: Option<Instant>,
    /// Until when access is kept whatever fails: to the end of a trial, which nobody pays for. The
    /// days until access ends, and the subscription, are counted from there at the earliest.
    pub kept_until: Option<Instant>,
}

impl Dunning {
    /// Of an invoice that is asked for at once, and due then.
    pub const fn asked(due_at: Instant) -> Self {
        Self { failed_at: None, reopened_at: None, attempts: 1, next_at: Some(due_at) }
    }

    /// After nothing is due any more: no step is left.
    #[must_use]
    pub const fn dropped(self) -> Self {
        Self { next_at: None, ..self }
    }

    /// After something is due again at `at`. Whose payment was never asked for is not dunned; else
    /// the next step is found when it is looked for, which is not before.
    #[must_use]
    pub fn reopened(self, at: Instant, due_at: Instant) -> Self {
        let next_at = if self.failed_at.is_some() { at } else { due_at };
        Self { reopened_at: Some(at), next_at: (self.attempts > 0).then_some(next_at), ..self }
    }

    /// After a payment was tried in vain at `at`. Only the first failure counts, and none is later
    /// than the due date. If access is kept for a trial, the next step may be later than it says.
    #[must_use]
    pub fn failed(self, at: Instant, due_at: Instant, policy: Policy) -> Self {
        if self.failed_at.is_some() {
            return self;
        }
        let failed_at = Some(at.min(due_at));
        let (reopened_at, kept_until) = (self.reopened_at, None);
        let next = Ladder { policy, due_at, failed_at, reopened_at, kept_until }.next(&[]);
        Self { failed_at, next_at: next.map(|step| step.at), ..self }
    }

    /// After `step`, the last of all that were `done` on `ladder`.
    #[must_use]
    pub fn stepped(self, step: Step, done: &[Step], ladder: Ladder) -> Self {
        let due_at = ladder.due_at;
        let failed_at = self.failed_at.or((step.kind == StepKind::Overdue).then_some(due_at));
        let next = Ladder { failed_at, ..ladder }.next(done);
        Self {
            failed_at,
            reopened_at: self.reopened_at,
            attempts: self.attempts + u32::from(step.kind == StepKind::Retry),
            next_at: next.map(|step| step.at),
        }
    }
}

impl Ladder {
    /// The step after those that were done, in whatever order and by whichever policy they were.
    ///
    /// The due date, the suspension and the cancellation come once each; the latter two once more
    /// after something was due again, since what they had ended may have been given back. A retry comes
    /// after the last one: days of a new schedule that are over by then are left out. The cancellation is the
    /// last but for a due date that is later still. A step beyond the calendar never comes.
    pub fn next(&self, done: &[Step]) -> Option<Step> {
        let is_done = |kind| done.iter().any(|step| step.kind == kind && self.counts(*step));
        let once = |kind, at: Option<Instant>| {
            let at = at.filter(|_| !is_done(kind))?;
            Some(Step { at, kind })
        };
        let overdue = once(StepKind::Overdue, Some(self.due_at));
        if is_done(StepKind::Cancel) {
            return overdue;
        }
        let suspend = once(StepKind::Suspend, self.end(self.policy.grace_period_days()));
        let cancel = once(StepKind::Cancel, self.end(self.policy.auto_cancel_days()));
        [overdue, self.retry(done), suspend, cancel].into_iter().flatten().min()
    }

    /// Whether a step that was done still is: what took access away before something was due again is
    /// not.
    fn counts(&self, step: Step) -> bool {
        let is_before = self.reopened_at.is_some_and(|reopened_at| step.at <= reopened_at);
        !is_before || matches!(step.kind, StepKind::Overdue | StepKind::Retry)
    }

    fn retry(&self, done: &[Step]) -> Option<Step> {
        let last =
            done.iter().filter(|step| step.kind == StepKind::Retry).map(|step| step.at).max();
        let days = self.policy.retry_schedule().days().iter();
        let mut instants = days.filter_map(|day| self.day(*day));
        let at = instants.find(|at| last.is_none_or(|last| *at > last))?;
        Some(Step { at, kind: StepKind::Retry })
    }

    /// So many days after access could first end.
    fn end(&self, days: u8) -> Option<Instant> {
        let from = self.from()?.max(self.kept_until.unwrap_or(Instant::MIN));
        from.plus_days(i64::from(days)).ok()
    }

    /// So many days after the first failure.
    fn day(&self, days: u8) -> Option<Instant> {
        self.from()?.plus_days(i64::from(days)).ok()
    }

    /// From when days are counted.
    fn from(&self) -> Option<Instant> {
        Some(self.failed_at?.max(self.reopened_at.unwrap_or(Instant::MIN)))
    }
}

impl StepKind {
    /// Every kind, in their order at one instant.
    pub const ALL: [Self; 4] = [Self::Overdue, Self::Retry, Self::Suspend, Self::Cancel];

    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Retry => "retry",
            Self::Suspend => "suspend",
            Self::Cancel => "cancel",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

#[cfg(test)]
mod tests;
