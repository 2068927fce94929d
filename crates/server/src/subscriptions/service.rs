//! What can be done with subscriptions.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Cycle,
    catalog::Plan,
    id::{SubscriptionId, TenantId, UserId},
    subscriptions::{self, Status, Subscribe as Ask, Subscription},
    tenants::Profile,
};

use super::{bill::of_period, events, metered, store, view::SubscriptionView};
use crate::{
    catalog,
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::Ground,
    metering::Usage,
    tenants,
};

/// Starts a tenant's subscription.
#[derive(Clone, Debug)]
pub struct Subscribe {
    /// Whose.
    pub tenant: TenantId,
    /// Who asks, and administers it.
    pub caller: UserId,
    /// The plan, by name or id.
    pub plan: String,
    /// How often it is billed.
    pub cycle: Cycle,
    /// Whether it renews by itself.
    pub auto_renew: bool,
    /// How many days it is free first.
    pub trial_days: u8,
}

/// What a new subscription rests on.
#[derive(Debug)]
pub struct Facts {
    plan: Option<Plan>,
    last: Option<Subscription>,
    ground: Ground,
    usage: Usage,
}

impl Facts {
    /// The same facts, for a subscription whose payment nobody is asked for.
    #[must_use]
    pub fn asking_nobody(self) -> Self {
        Self { ground: self.ground.asking_nobody(), ..self }
    }
}

impl Command for Subscribe {
    type Facts = Facts;
    type Decision = (Subscription, Ground, Usage);
    type Data = SubscriptionView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        let usage = Usage::load(tx, self.tenant.as_str()).await?;
        Ok(Facts {
            usage: usage.with_levels(tx, self.tenant.as_str()).await?,
            plan: catalog::plan_by_name_or_id(tx, &self.plan).await?,
            last: store::latest(tx, self.tenant.as_str()).await?,
            ground: Ground::load(tx, &self.tenant, None, None).await?,
        })
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let Facts { plan, last, mut ground, mut usage } = facts;
        let plan =
            plan.ok_or_else(|| ApiError::NotFound { kind: "plan", id: self.plan.clone() })?;
        let at = ground.at(env);
        let started = subscriptions::subscribe(Ask {
            plan: &plan,
            cycle: self.cycle,
            auto_renew: self.auto_renew,
            trial_days: self.trial_days,
            admin: self.caller.clone(),
            zone: ground.profile.zone.clone(),
            currency: ground.book.currency().or(ground.profile.currency),
            last: last.map(|last| (last.ordinal, last.status)),
            id: env.id(at),
            at,
        })
        .map_err(|refusal| ApiError::Conflict(refusal.to_string()))?;
        ground.chain.append(env, &self.tenant, started.id, events::created(&started), at);
        metered::follow(&mut usage, &started, (&mut ground, at), env)?;
        if started.status == Status::Active {
            ground.issue(of_period(&started, &plan, ground.profile.tax), env)?;
        }
        Ok((started, ground, usage))
    }

    async fn save(
        &self,
        (started, ground, usage): Self::Decision,
        tx: &mut Tx,
    ) -> Result<SubscriptionView, Error> {
        store::insert(tx, self.tenant.as_str(), &started).await?;
        if ground.profile.currency.is_none() {
            // From now on it is the tenant's, posted or not.
            let profile = Profile { currency: Some(started.currency), ..ground.profile.clone() };
            tenants::save_profile(tx, self.tenant.as_str(), &profile).await?;
        }
        catalog::set_tenant_plan(tx, self.tenant.as_str(), Some(&started.plan)).await?;
        Usage::save_many(tx, [(self.tenant.as_str(), &usage)]).await?;
        ground.save(tx).await?;
        view(tx, self.tenant.as_str(), &started).await
    }
}

/// Shows a subscription, with the policy that holds for late payments.
pub async fn view(
    tx: &mut Tx,
    tenant: &str,
    subscription: &Subscription,
) -> Result<SubscriptionView, Error> {
    let policy = tenants::dunning_policy(tx, tenant).await?;
    Ok(SubscriptionView::new(tenant, subscription, &policy))
}

/// Chains that the period of a subscription began that it is in, for who makes up its past.
pub fn tell_renewed(ground: &mut Ground, it: &Subscription, env: &Env) {
    let at = ground.at(env);
    ground.tell(it.id, events::renewed(it), at, env);
}

/// The tenant's last subscription as it is shown, whatever became of it.
pub(super) async fn shown(db: &Db, tenant: &TenantId) -> Result<Option<SubscriptionView>, Error> {
    let mut snapshot = db.snapshot(Purpose::Page).await?;
    let latest = store::latest(&mut snapshot, tenant.as_str()).await?;
    let Some(latest) = latest else { return Ok(None) };
    view(&mut snapshot, tenant.as_str(), &latest).await.map(Some)
}

/// The tenant's last subscription, at the moment of a snapshot.
pub async fn latest_in(tx: &mut Tx, tenant: &str) -> Result<Option<Subscription>, Error> {
    store::latest(tx, tenant).await
}

/// One of the tenant's subscriptions.
pub async fn find(
    tx: &mut Tx,
    tenant: &str,
    id: SubscriptionId,
) -> Result<Option<Subscription>, Error> {
    store::find(tx, tenant, id).await
}

/// The tenants whose last subscription a user administers, at most `limit` of them.
pub async fn administered_by(tx: &mut Tx, user: &UserId, limit: i64) -> Result<Vec<String>, Error> {
    store::administered_by(tx, user, limit).await
}
