//! What the platform's administrators do with plans.

pub(super) mod api;
mod ask;
mod service;
