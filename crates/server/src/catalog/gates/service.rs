//! What can be done with gates.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    catalog::{FREE, Gates, Override, Plan, PlanStatus, Verdict, set_override},
    id::{GateKey, TenantId, UserId},
};

use super::{
    super::{service::LISTED, store as plans},
    store,
    view::{GateList, GateOverride, OverrideList},
};
use crate::{
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{envelope, problem::ApiError},
};

/// The most overrides that a list over all tenants shows.
const RECENT_MAX: i64 = 1_000;

/// Opens or closes a gate for a tenant.
#[derive(Clone, Debug)]
pub(super) struct SetOverride {
    /// For whom.
    pub(super) tenant: TenantId,
    /// By whom.
    pub(super) caller: UserId,
    /// Which gate.
    pub(super) gate: GateKey,
    /// Whether it is open.
    pub(super) enabled: bool,
}

/// Leaves a gate to the tenant's plan again.
#[derive(Clone, Debug)]
pub(super) struct DeleteOverride {
    /// For whom.
    pub(super) tenant: TenantId,
    /// Which gate.
    pub(super) gate: GateKey,
}

impl Command for SetOverride {
    type Facts = Vec<Override>;
    type Decision = Override;
    type Data = OverrideList;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        store::overrides(tx, self.tenant.as_str()).await
    }

    fn decide(&self, own: Self::Facts, env: &Env) -> Result<Override, ApiError> {
        let at = env.now();
        let new = Override {
            id: env.id(at),
            gate: self.gate.clone(),
            enabled: self.enabled,
            updated_by: self.caller.clone(),
            created_at: at,
            updated_at: at,
        };
        set_override(&own, new).map_err(|refused| ApiError::Conflict(refused.to_string()))
    }

    async fn save(&self, new: Override, tx: &mut Tx) -> Result<OverrideList, Error> {
        let tenant = self.tenant.as_str();
        store::save_override(tx, tenant, &new).await?;
        Ok(OverrideList::of(&self.tenant, &store::overrides(tx, tenant).await?))
    }

    fn body(list: &OverrideList, now: Instant) -> Result<Bytes, ApiError> {
        envelope::members(list, now)
    }
}

impl Command for DeleteOverride {
    type Facts = ();
    type Decision = ();
    type Data = OverrideList;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&self, (): (), _: &Env) -> Result<(), ApiError> {
        Ok(())
    }

    async fn save(&self, (): (), tx: &mut Tx) -> Result<OverrideList, Error> {
        let tenant = self.tenant.as_str();
        store::delete_override(tx, tenant, &self.gate).await?;
        Ok(OverrideList::of(&self.tenant, &store::overrides(tx, tenant).await?))
    }

    fn body(list: &OverrideList, now: Instant) -> Result<Bytes, ApiError> {
        envelope::members(list, now)
    }
}

/// Says which plan a tenant has from now on: that of its live subscription, or none when it has no
/// such subscription any more. Whoever starts, changes or ends a subscription says it in the same
/// transaction.
pub async fn set_tenant_plan(tx: &mut Tx, tenant: &str, plan: Option<&str>) -> Result<(), Error> {
    match plan {
        Some(plan) => store::subscribe(tx, tenant, plan).await,
        None => end_tenant_plans(tx, &[tenant]).await,
    }
}

/// Says that tenants have no live subscription any more.
pub async fn end_tenant_plans(tx: &mut Tx, tenants: &[&str]) -> Result<(), Error> {
    if tenants.is_empty() {
        return Ok(());
    }
    store::unsubscribe(tx, tenants).await
}

/// The plan whose quotas a tenant has now: that of its live subscription, else `free`.
pub async fn tenant_plan(tx: &mut Tx, tenant: &str) -> Result<Plan, Error> {
    let plan = plans::of_tenant(tx, tenant, FREE).await?;
    plan.ok_or_else(|| Error::corrupt("tenant_plan", tenant, "plan"))
}

/// Whether a tenant may pass a gate, and why.
pub(super) async fn check(db: &Db, tenant: &TenantId, gate: &GateKey) -> Result<Verdict, Error> {
    store::verdict(db, tenant.as_str(), gate).await
}

/// The gates that a tenant's plan names or that were set for it, and what holds for it.
pub(super) async fn of_tenant(db: &Db, tenant: &TenantId) -> Result<GateList, Error> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let plan = store::subscribed(&mut tx, tenant.as_str()).await?;
    let listing = plans::listing(&mut tx, plan.as_deref().unwrap_or(FREE)).await?;
    let mut gates = listing.map(|listing| listing.all_gates()).unwrap_or_default();
    let own = store::overrides(&mut tx, tenant.as_str()).await?;
    gates.extend(own.into_iter().map(|it| (it.gate, it.enabled)));
    Ok(GateList::from(gates))
}

/// Every gate that a plan names, and whether a plan that takes subscribers grants it.
pub(super) async fn of_platform(db: &Db) -> Result<GateList, Error> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let mut all = Gates::new();
    for (_, listing) in plans::listings(&mut tx, LISTED).await? {
        let is_active = listing.plan.status == PlanStatus::Active;
        for (key, enabled) in listing.all_gates() {
            *all.entry(key).or_default() |= enabled && is_active;
        }
    }
    Ok(GateList::from(all))
}

/// A tenant's overrides as they are shown, at the moment of a snapshot.
pub async fn gate_overrides(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<GateOverride>, Error> {
    let own = store::overrides(tx, tenant.as_str()).await?;
    Ok(own.iter().map(|it| GateOverride::new(tenant, it)).collect())
}

/// A tenant's overrides; without a tenant those of all that were set last.
pub(super) async fn overrides(db: &Db, tenant: Option<&TenantId>) -> Result<OverrideList, Error> {
    let Some(tenant) = tenant else {
        return Ok(OverrideList::from(store::recent_overrides(db, RECENT_MAX).await?));
    };
    let mut tx = db.snapshot(Purpose::Page).await?;
    Ok(OverrideList::of(tenant, &store::overrides(&mut tx, tenant.as_str()).await?))
}
