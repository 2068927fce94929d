//! Reading and changing a tenant's profile.

use axum::http::StatusCode;
use countinghouse_core::{
    id::TenantId,
    tenants::{CurrencyTie, CurrencyTied, Profile, ProfileChange},
};

use super::view::ProfileView;
use crate::{
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{etag::IfMatch, problem::ApiError},
    ledger, subscriptions, tenants,
};

/// Changes a tenant's profile.
#[derive(Clone, Debug)]
pub(super) struct ChangeProfile {
    /// Whose.
    pub(super) tenant: TenantId,
    /// What becomes of it.
    pub(super) change: ProfileChange,
    /// What it must be before.
    pub(super) condition: IfMatch,
}

/// A profile, and what ties its tenant to a currency.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) profile: Profile,
    pub(super) tie: Option<CurrencyTie>,
}

impl Command for ChangeProfile {
    type Facts = Known;
    type Decision = Known;
    type Data = ProfileView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Known, Error> {
        load(tx, &self.tenant).await
    }

    fn decide(&self, facts: Known, _: &Env) -> Result<Known, ApiError> {
        self.condition.allows(&ProfileView::new(&facts))?;
        let Known { profile, tie } = facts;
        Ok(Known { profile: profile.changed(self.change.clone(), tie)?, tie })
    }

    async fn save(&self, decision: Known, tx: &mut Tx) -> Result<ProfileView, Error> {
        tenants::save_profile(tx, self.tenant.as_str(), &decision.profile).await?;
        Ok(ProfileView::new(&decision))
    }
}

/// A tenant's profile as it is now; the defaults of one that was never named.
pub(super) async fn current(db: &Db, tenant: &TenantId) -> Result<ProfileView, Error> {
    view(&mut db.snapshot(Purpose::Page).await?, tenant).await
}

/// A tenant's profile as it is shown, at the moment of a snapshot.
pub async fn view(tx: &mut Tx, tenant: &TenantId) -> Result<ProfileView, Error> {
    Ok(ProfileView::new(&load(tx, tenant).await?))
}

async fn load(tx: &mut Tx, tenant: &TenantId) -> Result<Known, Error> {
    let profile = tenants::profile(tx, tenant.as_str()).await?;
    let posted = ledger::book(tx, tenant.as_str()).await?.currency().map(CurrencyTie::Posted);
    let tie = match posted {
        Some(tie) => Some(tie),
        None => subscriptions::latest_in(tx, tenant.as_str())
            .await?
            .map(|latest| CurrencyTie::Subscribed(latest.currency)),
    };
    Ok(Known { profile, tie })
}

impl From<CurrencyTied> for ApiError {
    fn from(tied: CurrencyTied) -> Self {
        Self::Conflict(tied.to_string())
    }
}
