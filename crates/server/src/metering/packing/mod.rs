//! Events that were reported long ago are packed away: a few bytes of each are kept, in which a repeat
//! of it is still found. Days, periods and what was billed stay as they are.
//!
//! A *pass* goes through the events of a tenant in the order of their keys, a step at a time, once in
//! [`PASS_DAYS`] at most. So no index by time is needed, which every event would pay for, and what a
//! step packs lies side by side, so that each pack is written once in a pass.

mod run;
mod step;
mod store;

pub(super) use self::store::{packed, with_packs};
pub use self::{run::PackRun, step::Packs};

/// How many days there are at least between the passes of a tenant.
const PASS_DAYS: i64 = 30;
