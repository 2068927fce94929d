//! Tenants: what each set about its calendar and its invoices.

mod store;

pub use self::store::{currencies, profile};
