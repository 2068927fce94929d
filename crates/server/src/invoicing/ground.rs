//! Grounds of tenants: loaded, and written with all that was issued on them.
//!
//! There is one way for one tenant and for a thousand: a number of statements that does not depend
//! on how many they are.

use std::collections::BTreeSet;

use countinghouse_core::{
    id::{AppId, SubscriptionId, TenantId},
    invoicing::Series,
    tenants::Profile,
};

use super::{
    document::{Collecting, Ground},
    issued::Issued,
    search, store,
};
use crate::{
    chain::Chain,
    db::{Error, Tx},
    ledger,
    outbox::Outbox,
    tenants,
};

/// Whose ground is to be loaded, and what documents on it may be about.
#[derive(Clone, Debug)]
pub struct GroundOf<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// The apps that documents may be for.
    pub apps: Vec<&'a AppId>,
    /// The subscription that they may be for, if it exists yet.
    pub subscription: Option<SubscriptionId>,
}

impl Ground {
    /// Loads what documents for `app`, about `subscription`, rest on. The tenant is locked.
    pub async fn load(
        tx: &mut Tx,
        tenant: &TenantId,
        app: Option<&AppId>,
        subscription: Option<SubscriptionId>,
    ) -> Result<Self, Error> {
        Self::load_for_apps(tx, tenant, app, subscription).await
    }

    /// The same, for documents of several apps.
    pub async fn load_for_apps<'a>(
        tx: &mut Tx,
        tenant: &'a TenantId,
        apps: impl IntoIterator<Item = &'a AppId>,
        subscription: Option<SubscriptionId>,
    ) -> Result<Self, Error> {
        let asked = GroundOf { tenant, apps: apps.into_iter().collect(), subscription };
        let mut grounds = Self::load_many(tx, &[asked]).await?;
        grounds.pop().ok_or_else(|| Error::corrupt("tenant", tenant.as_str(), "tenant_id"))
    }

    /// The same for any number of different tenants, in their order. They are locked.
    pub async fn load_many(tx: &mut Tx, asked: &[GroundOf<'_>]) -> Result<Vec<Self>, Error> {
        let named: BTreeSet<&str> = asked.iter().map(|it| it.tenant.as_str()).collect();
        let mut profiles = tenants::profiles(tx, &named).await?;
        let mut books = ledger::books(tx, &named).await?;
        let ends: Vec<_> = asked.iter().map(|it| (it.tenant.as_str(), it.subscription)).collect();
        let chains = Chain::load_many(tx, &ends).await?;
        let mut outboxes = Outbox::load_many(tx, &named).await?;
        let mut counters = store::counters(tx, lists(asked)).await?;
        let mut serials = store::serials(tx, Series::Invoice, &named).await?;
        let grounds = asked.iter().zip(chains).map(|(GroundOf { tenant, .. }, chain)| Self {
            tenant: (*tenant).clone(),
            profile: profiles.remove(tenant.as_str()).unwrap_or_default(),
            book: books.remove(tenant.as_str()).unwrap_or_default(),
            chain,
            outbox: outboxes.remove(tenant.as_str()).unwrap_or_default(),
            collecting: Collecting::Asked,
            counters: counters.remove(tenant.as_str()).unwrap_or_default(),
            serials: serials.remove(tenant.as_str()).unwrap_or_default(),
            entries: Vec::new(),
            issued: Vec::new(),
            voided: Vec::new(),
        });
        Ok(grounds.collect())
    }

    /// Writes everything that was issued and settled.
    pub async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        Self::save_many(tx, &[self]).await
    }

    /// The same for any number of different tenants.
    pub async fn save_many(tx: &mut Tx, grounds: &[Self]) -> Result<(), Error> {
        let billed: Vec<&Self> = grounds.iter().filter(|it| !it.issued.is_empty()).collect();
        if !billed.is_empty() {
            let all = || billed.iter().map(|it| (it.tenant.as_str(), *it));
            store::save_counters(tx, all().map(|(tenant, it)| (tenant, &it.counters))).await?;
            store::save_serials(
                tx,
                Series::Invoice,
                all().map(|(tenant, it)| (tenant, &it.serials)),
            )
            .await?;
            let documents: Vec<(&str, &Profile, &[Issued])> =
                all().map(|(tenant, it)| (tenant, &it.profile, &it.issued[..])).collect();
            store::insert(tx, &documents).await?;
            for (tenant, it) in all() {
                search::seal_full_chunks(tx, tenant, it.counters.all, it.issued.len()).await?;
            }
        }
        let voided = grounds.iter().map(|it| (it.tenant.as_str(), &it.voided[..]));
        store::insert_voids(tx, voided).await?;
        let (mut books, mut entries) = (Vec::new(), Vec::new());
        for it in grounds.iter().filter(|it| !it.entries.is_empty()) {
            books.push((it.tenant.as_str(), &it.book));
            entries.extend(it.entries.iter().map(|new| (it.tenant.as_str(), new)));
        }
        ledger::save_all(tx, books, entries).await?;
        let chains = grounds.iter().map(|it| (it.tenant.as_str(), &it.chain));
        Chain::save_many(tx, chains).await?;
        let outboxes = grounds.iter().map(|it| (it.tenant.as_str(), &it.outbox));
        Outbox::save_many(tx, outboxes).await
    }
}

/// The lists that documents may be added to: each tenant's own, and those of apps.
fn lists(asked: &[GroundOf<'_>]) -> Vec<(String, String)> {
    let of_tenant = |it: &GroundOf<'_>| {
        let tenant = it.tenant.to_string();
        let apps = it.apps.iter().map(|app| app.as_str()).chain([""]);
        apps.map(|app| (tenant.clone(), app.to_owned())).collect::<Vec<_>>()
    };
    asked.iter().flat_map(of_tenant).collect()
}
