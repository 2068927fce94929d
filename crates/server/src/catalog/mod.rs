//! Plans, as the catalogue lists them.

pub mod api;
mod service;
mod store;
mod view;

pub use self::service::{SeedPlans, plan_by_name_or_id};
