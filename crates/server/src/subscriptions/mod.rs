//! Subscriptions: who has which plan, and for which period.

pub mod api;
mod change;
mod list;
mod service;
mod store;
mod view;

pub use self::{
    service::{Subscribe, administered_by, find, latest_in},
    view::SubscriptionView,
};
