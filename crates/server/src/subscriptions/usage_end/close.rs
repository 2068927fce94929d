//! One step: what was metered of a tenant until an instant is closed, and billed.

use axum::http::StatusCode;
use countinghouse_core::{calendar::Instant, id::TenantId, subscriptions::Subscription};

use super::super::{metered, store};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::Ground,
    metering::Usage,
};

/// Closes the metering periods of a tenant that were over at an instant, and bills what was used in
/// them beyond what is included.
#[derive(Clone, Debug)]
pub struct CloseUsage {
    /// Whose.
    pub tenant: TenantId,
    /// The end of the period.
    pub due: Instant,
}

/// What that rests on.
#[derive(Debug)]
pub struct Facts {
    subscription: Subscription,
    ground: Ground,
    usage: Usage,
}

impl Command for CloseUsage {
    type Facts = Option<Facts>;
    type Decision = Option<Facts>;
    type Data = bool;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Facts>, Error> {
        let tenant = self.tenant.as_str();
        let Some(subscription) = store::latest(tx, tenant).await? else { return Ok(None) };
        let ground = Ground::load(tx, &self.tenant, None, Some(subscription.id)).await?;
        let usage = Usage::load(tx, tenant).await?;
        Ok(Some(Facts { subscription, ground, usage }))
    }

    fn decide(&self, facts: Option<Facts>, env: &Env) -> Result<Option<Facts>, ApiError> {
        let Some(mut facts) = facts else { return Ok(None) };
        let it = &facts.subscription;
        let ends_with_it = it.due_at().is_some_and(|due| due <= self.due);
        if ends_with_it || self.due > env.now() {
            return Ok(None);
        }
        let of = metered::meter_of(it);
        let overage = facts.usage.go_on(of, self.due, it.currency)?;
        metered::issue(it, &overage, &mut facts.ground, env)?;
        Ok(Some(facts))
    }

    /// Tells whether anything was done.
    async fn save(&self, facts: Option<Facts>, tx: &mut Tx) -> Result<bool, Error> {
        let Some(Facts { ground, usage, .. }) = facts else { return Ok(false) };
        let is_done = usage.is_changed();
        Usage::save_many(tx, [(self.tenant.as_str(), &usage)]).await?;
        ground.save(tx).await?;
        Ok(is_done)
    }
}
