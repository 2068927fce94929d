//! The sandbox: tenants that live by clocks of their own, so that a year passes in a second.
//!
//! Moving a clock runs what falls due on the way, in the order of instants: each thing is a step of
//! its own, decided at its own instant and committed together with the clock that shows it. What
//! falls due comes from the list of [`DueWork`]. How a command sees the clock is the room's below,
//! `command`. Outside a sandbox nothing here is served.

pub mod api;
mod clock;
mod due;
mod dunning;
mod months;
mod notices;
mod renewals;
mod usage;
mod view;

pub use self::{
    clock::move_clock,
    due::{Due, DueWork, Step, Stepped},
};
