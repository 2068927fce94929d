//! Dunning: what a tenant set about late payments, and the steps that are taken while an invoice is
//! not paid.
//!
//! The settings' rows are the room's below, `tenants`, and how far an invoice is stands in its own
//! row. A step is a command of its own, so whoever finds it due may take it: it comes once. What is
//! *not* here: what others say of a payment ([`payments`](crate::payments)), and what a failure
//! does to a subscription ([`subscriptions`](crate::subscriptions)).

pub mod api;
mod ladders;
mod run;
mod settings;
mod step;
mod store;
mod view;

pub use self::{
    run::{DunningDone, DunningRun, run_due},
    step::{DunningStep, next_step},
};
