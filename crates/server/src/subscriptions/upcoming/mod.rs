//! What the next renewal would bill, as things are now.

pub(super) mod api;
mod service;
mod view;
