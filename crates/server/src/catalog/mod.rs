//! Plans: what the catalogue lists, and what its administrators make of it.

mod admin;
pub mod api;
mod gates;
mod pricing;
mod service;
mod store;
mod view;

pub use self::{
    gates::{GateOverride, end_tenant_plans, gate_overrides, set_tenant_plan, tenant_plan},
    service::{SeedPlans, plan_by_name_or_id, plans},
};
