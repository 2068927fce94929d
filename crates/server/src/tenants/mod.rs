//! Tenants: what each set about its calendar and its invoices, and about late payments.

mod dunning;
mod store;

pub use self::dunning::{
    DunningSettings, delete_dunning_settings, dunning_policies, dunning_policy, dunning_settings,
    save_dunning_settings,
};
pub use self::store::{any_but, currencies, enter_profile, profile, profiles, save_profile};
