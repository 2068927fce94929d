//! Subscriptions: who has which plan, and for which period.

pub mod api;
mod bill;
mod change;
mod list;
mod service;
mod standing;
mod store;
mod view;

pub use self::{
    service::{Subscribe, administered_by, find, latest_in, view},
    standing::Standing,
    view::SubscriptionView,
};
