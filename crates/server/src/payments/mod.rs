//! Payments: what others say of money that they collected, or tried to.

pub mod api;
mod service;
mod view;

pub use self::service::{RecordPayment, Subject};
