//! What is changed of a subscription while it lives: its plan and cycle, its trial, its end.
//!
//! What each change comes to is decided in [`countinghouse_core::subscriptions`]; here it is loaded,
//! billed, and written. What is *not* here: what happens by itself when a period ends.

mod api;
mod lifecycle;
mod plan;
mod rollback;
mod store;
mod update;
mod view;

pub(super) use self::api::routes;
