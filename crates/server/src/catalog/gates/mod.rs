//! Feature gates: what a tenant may do, by its plan and in spite of it.
//!
//! Nothing is kept in memory: a check is one statement of a few rows by their keys, so it is right at
//! once in every process.

pub(super) mod api;
mod ask;
mod service;
mod store;
mod view;

pub use self::{
    service::{end_tenant_plans, gate_overrides, set_tenant_plan, tenant_plan},
    view::GateOverride,
};
