//! Tenants: what each set about its calendar and its invoices.

mod store;

pub use self::store::{any_but, currencies, enter_profile, profile, profiles, save_profile};
