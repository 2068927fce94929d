//! Dunning: what happens, step by step, while an invoice is not paid.
//!
//! A [`Policy`] says when; a [`Ladder`] is the policy laid on one invoice, and names the next step
//! after those that were done. What is *not* here: what a step does to the invoice
//! ([`invoicing`](crate::invoicing)) and to the subscription ([`subscriptions`](crate::subscriptions)).

mod ladder;
mod policy;
mod schedule;

pub use self::{
    ladder::{Dunning, Ladder, Step, StepKind},
    policy::{AUTO_CANCEL_DAYS_MAX, GRACE_PERIOD_DAYS_MAX, Policy, PolicyError},
    schedule::{RETRIES_MAX, RETRY_DAY_MAX, RetrySchedule, ScheduleError},
};
