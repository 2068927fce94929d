//! Tenants as customers: what a tenant says about itself, its calendar and its invoices.
//!
//! The rows are the room's below, `tenants`. What stands here knows of money and subscriptions too,
//! which tie a tenant to its currency.

pub mod api;
mod profile;
mod view;

pub use self::{profile::view as profile_view, view::ProfileView};
