//! Reports of usage: each event counts once, for ever.
//!
//! A report is one command of a set, however many events it has. What a set needs is read in a handful
//! of statements, counted in core ([`Tally`](countinghouse_core::metering::Tally)), and written in as
//! many: the events as they came, and the days and metering periods that they change, in one
//! transaction. A day or a period is the sum of rows that are there, never of what was sent.

mod alarm;
pub(super) mod api;
mod ask;
mod load;
mod report;
mod store;
mod take_back;
mod view;

pub(super) use self::{load::resource, store::app_of};
pub use self::{
    report::Report,
    view::{BatchView, EventResult, ReportView, Reported},
};
