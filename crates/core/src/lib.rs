//! The rules of billing.
