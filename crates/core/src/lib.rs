//! The rules of billing, as plain functions over plain values.
//!
//! Nothing here reads a clock, draws a random number, talks to a database or knows HTTP; the
//! manifest has no dependency that could. A caller loads state, asks this crate to decide, and
//! stores what it decided.

pub mod calendar;
pub mod catalog;
pub mod chain;
pub mod dunning;
pub mod gateways;
pub mod id;
pub mod invoicing;
pub mod ledger;
pub mod metering;
pub mod money;
pub mod refunds;
pub mod reports;
pub mod search;
pub mod subscriptions;
pub mod tenants;
