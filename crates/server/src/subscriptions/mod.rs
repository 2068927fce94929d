//! Subscriptions: who has which plan, and for which period.

pub mod api;
mod change_api;
mod change_plan;
mod change_view;
mod changes;
mod lifecycle;
mod list;
mod rollback;
mod service;
mod store;
mod update;
mod view;

pub use self::{
    service::{Subscribe, administered_by, find, latest_in},
    view::SubscriptionView,
};
