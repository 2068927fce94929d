//! What a user may have of a tenant's data.

use countinghouse_core::{
    calendar::Instant,
    id::{TenantId, UserId},
};

use crate::{
    catalog,
    catalog::GateOverride,
    customers,
    customers::ProfileView,
    db::{Error, Purpose, Tx},
    env::Env,
    http::{
        problem::ApiError,
        stream::{self, Parts},
    },
    invoicing, ledger,
    ledger::CreditBalanceView,
    subscriptions,
    subscriptions::SubscriptionView,
};

/// An export that is ready to be written: a snapshot, and what of it is the user's.
#[derive(Debug)]
pub struct Export {
    pub(super) tx: Tx,
    pub(super) user: UserId,
    pub(super) share: Share,
    pub(super) at: Instant,
    pub(super) env: Env,
}

/// What of a tenant's data is the user's.
#[derive(Debug)]
pub(super) enum Share {
    /// All of it, since they administer the latest subscription.
    Whole(Box<Whole>),
    /// What they made.
    Own(TenantId),
    /// No tenant was named, and none is theirs.
    Nothing,
}

/// The small parts of a tenant's data. The rest is streamed.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) tenant: TenantId,
    pub(super) subscription: SubscriptionView,
    pub(super) balance: CreditBalanceView,
    pub(super) profile: ProfileView,
    pub(super) overrides: Vec<GateOverride>,
    records: i64,
}

/// Takes the snapshot, and finds out what of it is the user's. Without a tenant it is the one whose
/// latest subscription they administer; several are refused.
pub async fn export(env: &Env, user: UserId, tenant: Option<TenantId>) -> Result<Export, ApiError> {
    let at = env.now();
    let mut tx = env.db.snapshot(Purpose::Export).await?;
    let tenant = match tenant {
        Some(tenant) => Some(tenant),
        None => only_tenant_of(&mut tx, &user).await?,
    };
    let share = match tenant {
        Some(tenant) => share_of(&mut tx, &user, tenant).await?,
        None => Share::Nothing,
    };
    Ok(Export { tx, user, share, at, env: env.clone() })
}

/// The one tenant that a user administers.
async fn only_tenant_of(tx: &mut Tx, user: &UserId) -> Result<Option<TenantId>, ApiError> {
    let tenants = subscriptions::administered_by(tx, user, 2).await?;
    if tenants.len() > 1 {
        let rule = "is required, since the user administers several tenants";
        return Err(ApiError::invalid("X-Tenant-ID", "required", rule));
    }
    let tenant = tenants.first().map(|tenant| {
        TenantId::parse(tenant).map_err(|_| Error::corrupt("subscription", tenant, "tenant_id"))
    });
    Ok(tenant.transpose()?)
}

async fn share_of(tx: &mut Tx, user: &UserId, tenant: TenantId) -> Result<Share, Error> {
    let latest = subscriptions::latest_in(tx, tenant.as_str()).await?;
    let Some(subscription) = latest.filter(|latest| latest.admin == *user) else {
        return Ok(Share::Own(tenant));
    };
    let subscription = subscriptions::view(tx, tenant.as_str(), &subscription).await?;
    let balance = ledger::balance_view(tx, &tenant).await?;
    let profile = customers::profile_view(tx, &tenant).await?;
    let overrides = catalog::gate_overrides(tx, &tenant).await?;
    let records = invoicing::newest_record(tx, &tenant).await?;
    let whole = Whole { tenant, subscription, balance, profile, overrides, records };
    Ok(Share::Whole(Box::new(whole)))
}

impl Export {
    /// About how many rows it has, for whoever watches it.
    pub fn rows(&self) -> u64 {
        match &self.share {
            Share::Whole(whole) => u64::try_from(whole.records).unwrap_or(0),
            Share::Own(_) | Share::Nothing => 0,
        }
    }

    /// Starts to write it.
    pub fn start(self) -> Parts {
        let db = self.env.db.clone();
        stream::start(self, async move { db.closing().await })
    }
}
