//! The end of a period: renewals, and subscriptions that are not renewed.
//!
//! A step is one subscription at the end of one period, whole or not at all. It is known by that
//! end, so whoever takes it a second time, or at the same time, finds it taken. Steps are taken in
//! sets, a thousand tenants with a handful of statements; a set leaves what one by one leaves. What
//! waits for a step of dunning is passed by: whoever runs both takes that first.

mod renew;
mod run;
mod view;

pub use self::{
    renew::Renew,
    run::RenewalRun,
    view::{RenewalOutcome, RenewalResult, RenewalRunReport},
};

pub(crate) use self::view::RenewalRunBody;
