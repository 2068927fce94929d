//! The service.

pub mod http;
