//! The end of a metering period that is not the end of a subscription's: of yearly ones, of suspended
//! ones, and what was reported of a period that nothing had been known of.
//!
//! A step is one tenant at the end of one metering period. What ends with the subscription's period is
//! left to whoever ends that.

mod close;
mod run;
mod store;

pub use self::{close::CloseUsage, run::UsageRun};
