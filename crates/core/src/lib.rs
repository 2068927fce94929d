//! The rules of billing.

pub mod search;
