//! Usage alerts, as people of a tenant and administrators keep them, and that they fired.
//!
//! Whoever counts usage looks up which alerts watch it ([`watching`]) and which of them have fired
//! already ([`fired`]), asks core whether more do, and says so ([`save_firings`]), all in the
//! transaction in which it counts and under the tenant's lock. What is *not* here: usage and its
//! limits (`metering`), and telling anybody (`outbox`).

mod admin;
pub mod api;
mod ask;
mod list;
mod service;
mod store;
mod view;

pub use self::{
    store::{
        Firing, FiringKey, Watch, alerts, alerts_by, fired, insert_alerts, newest_alert,
        save_firings, watching,
    },
    view::UsageAlertView,
};
