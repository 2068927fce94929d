//! Payment gateways, as the platform's administrators configure them.
//!
//! Secret parts of a configuration are sealed before they are stored and never shown again: what is
//! shown has a mask in their places, and sending the mask keeps them. What is *not* here: charging
//! through a gateway, which others do (`outbox`).

pub mod api;
mod ask;
mod config;
mod list;
mod seal;
mod service;
mod store;
mod view;
