//! Apps of tenants as they are billed: whether each is used, and what use of it costs.
//!
//! An app is there from the first time that a price, a report of usage or an event of its billing
//! names it. Its prices are lists: setting them adds one, and no list ever changes. What is *not*
//! here: what was used, what a plan includes, and which price a period is billed by, which core says.

pub mod api;
mod ask;
mod list;
mod service;
mod store;
mod view;

pub use self::{
    list::export,
    store::{
        NewApp, apps, deleted, enter, insert_list, known_resources, newest_change, price_lists,
    },
    view::SubscriptionAppView,
};
