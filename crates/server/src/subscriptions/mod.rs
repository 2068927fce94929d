//! Subscriptions: who has which plan, and for which period.

mod account;
pub mod api;
mod bill;
mod due;
mod events;
mod renewal;
mod service;
mod store;
mod upcoming;
mod view;

pub use self::{
    renewal::{Renew, RenewalOutcome, RenewalResult, RenewalRun, RenewalRunReport},
    service::{Subscribe, administered_by, find, latest_in},
    view::SubscriptionView,
};
