//! What a tenant set about late payments.

mod store;

use std::collections::BTreeMap;

use countinghouse_core::{calendar::Instant, dunning::Policy};

pub use self::store::{
    delete as delete_dunning_settings, find as dunning_settings, save as save_dunning_settings,
};
use crate::db::{Error, Tx};

/// What a tenant set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DunningSettings {
    /// What happens when.
    pub policy: Policy,
    /// What mails about it say, in whatever form those have who send them.
    pub email_templates: Option<String>,
    /// When it was set first.
    pub created_at: Instant,
    /// When it was set last.
    pub updated_at: Instant,
}

/// The policy that holds for a tenant: what it set, or the default.
pub async fn dunning_policy(tx: &mut Tx, tenant: &str) -> Result<Policy, Error> {
    let settings = store::find(tx, tenant).await?;
    Ok(settings.map_or(Policy::DEFAULT, |settings| settings.policy))
}

/// The policies of those of `tenants` that set one; the default holds for the rest.
pub async fn dunning_policies(
    tx: &mut Tx,
    tenants: impl IntoIterator<Item = &str>,
) -> Result<BTreeMap<String, Policy>, Error> {
    let settings = store::find_all(tx, tenants).await?;
    Ok(settings.into_iter().map(|(tenant, it)| (tenant, it.policy)).collect())
}
