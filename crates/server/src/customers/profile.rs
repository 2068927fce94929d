//! Reading and changing a tenant's profile.

use axum::http::StatusCode;
use countinghouse_core::{
    id::TenantId,
    ledger::Book,
    tenants::{CurrencyTie, CurrencyTied, Profile, ProfileChange},
};

use super::view::ProfileView;
use crate::{
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{etag::IfMatch, problem::ApiError},
    ledger::{self, NewEntry},
    subscriptions, tenants,
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

/// What a change does to a profile, and to the months of its tenant's book where these end in another
/// zone.
#[derive(Debug)]
pub(super) struct Changed {
    known: Known,
    months: Option<(Book, Vec<NewEntry>)>,
}

impl Command for ChangeProfile {
    type Facts = (Known, Book);
    type Decision = Changed;
    type Data = ProfileView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<(Known, Book), Error> {
        load(tx, &self.tenant).await
    }

    fn decide(&self, (facts, book): (Known, Book), env: &Env) -> Result<Changed, ApiError> {
        self.condition.allows(&ProfileView::new(&facts))?;
        let Known { profile: before, tie } = facts;
        let profile = before.clone().changed(self.change.clone(), tie)?;
        let months = months_in_another_zone(book, &before, &profile, env)?;
        Ok(Changed { known: Known { profile, tie }, months })
    }

    async fn save(
        &self,
        Changed { known, months }: Changed,
        tx: &mut Tx,
    ) -> Result<ProfileView, Error> {
        let tenant = self.tenant.as_str();
        tenants::save_profile(tx, tenant, &known.profile).await?;
        if let Some((book, entries)) = months {
            ledger::save_all(tx, [(tenant, &book)], entries.iter().map(|it| (tenant, it))).await?;
        }
        Ok(ProfileView::new(&known))
    }
}

/// The book after its months end in another zone, and what that entered. Months that were over are
/// closed first, so that it does not matter whether they had been.
fn months_in_another_zone(
    mut book: Book,
    before: &Profile,
    after: &Profile,
    env: &Env,
) -> Result<Option<(Book, Vec<NewEntry>)>, ApiError> {
    if before.zone == after.zone || book.currency().is_none() {
        return Ok(None);
    }
    let entries = ledger::move_to_zone(&mut book, (&before.zone, &after.zone), env)?;
    Ok(Some((book, entries)))
}

/// A tenant's profile as it is now; the defaults of one that was never named.
pub(super) async fn current(db: &Db, tenant: &TenantId) -> Result<ProfileView, Error> {
    view(&mut db.snapshot(Purpose::Page).await?, tenant).await
}

/// A tenant's profile as it is shown, at the moment of a snapshot.
pub async fn view(tx: &mut Tx, tenant: &TenantId) -> Result<ProfileView, Error> {
    Ok(ProfileView::new(&load(tx, tenant).await?.0))
}

async fn load(tx: &mut Tx, tenant: &TenantId) -> Result<(Known, Book), Error> {
    let profile = tenants::profile(tx, tenant.as_str()).await?;
    let book = ledger::book(tx, tenant.as_str()).await?;
    let tie = match book.currency().map(CurrencyTie::Posted) {
        Some(tie) => Some(tie),
        None => subscriptions::latest_in(tx, tenant.as_str())
            .await?
            .map(|latest| CurrencyTie::Subscribed(latest.currency)),
    };
    Ok((Known { profile, tie }, book))
}

impl From<CurrencyTied> for ApiError {
    fn from(tied: CurrencyTied) -> Self {
        Self::Conflict(tied.to_string())
    }
}
