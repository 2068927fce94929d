//! Notices before the end of a period: `trial.will_end` and `invoice.upcoming`, once a period.

mod notify;
mod run;

pub use self::{notify::Notify, run::NoticeRun};
