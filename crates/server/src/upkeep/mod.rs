//! What falls due to tenants, in its order: the months that are over, the ends of periods, and the
//! steps of dunning between.
//!
//! Whoever is suspended is not renewed, so neither can be caught up without the other. Each end and
//! each step waits, under the tenant's lock, for what was due before it; a [`Upkeep`] takes both in
//! turn until nothing is left. So a run after a downtime comes to what runs in time come to.
//!
//! What is *not* here: what an end and a step do ([`subscriptions`](crate::subscriptions),
//! [`dunning`](crate::dunning)), and who looks when.

pub mod api;
mod run;
mod service;

pub use self::run::{Kept, Upkeep};
