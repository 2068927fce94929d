//! Undoing the latest change of plan, with the documents that it made.

use axum::http::StatusCode;
use countinghouse_core::{id::TenantId, subscriptions::RollbackError};

use super::{
    plan::{conflict, no_subscription},
    store::{self as changes, Made},
};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{ChangeDocuments, Ground, NoteCause, NoteReason, Notes},
    subscriptions::{Standing, events, service::view, store, view::SubscriptionView},
};

/// Undoes the latest change of a tenant's plan.
#[derive(Clone, Debug)]
pub(super) struct Rollback {
    /// Whose.
    pub(super) tenant: TenantId,
}

/// What undoing rests on.
#[derive(Debug)]
pub(super) struct Facts {
    standing: Standing,
    latest: Option<(Made, ChangeDocuments, Notes)>,
    ground: Ground,
}

impl Command for Rollback {
    type Facts = Option<Facts>;
    type Decision = (Standing, i64, Ground, Notes);
    type Data = SubscriptionView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Facts>, Error> {
        let Some(subscription) = store::latest(tx, self.tenant.as_str()).await? else {
            return Ok(None);
        };
        let tenant = self.tenant.as_str();
        let latest = match changes::latest(tx, tenant, subscription.id).await? {
            Some(made) => {
                let change = (subscription.id, made.version);
                let (documents, notes) =
                    ChangeDocuments::load(tx, tenant, change, made.invoice).await?;
                Some((made, documents, notes))
            }
            None => None,
        };
        let ground = Ground::load(tx, &self.tenant, None, Some(subscription.id)).await?;
        let standing = Standing::load(tx, &self.tenant, subscription).await?;
        let standing = standing.with_usage(tx).await?;
        Ok(Some(Facts { standing, latest, ground }))
    }

    fn decide(&self, facts: Option<Facts>, env: &Env) -> Result<Self::Decision, ApiError> {
        let facts = facts.ok_or_else(|| no_subscription(&self.tenant))?;
        let Facts { mut standing, latest, mut ground } = facts;
        let subscription = standing.subscription();
        let Some((made, documents, mut notes)) = latest else {
            return Err(conflict(RollbackError::Nothing));
        };
        if made.undone && made.version >= subscription.period_since {
            return Err(conflict(RollbackError::Undone));
        }
        let at = ground.at(env);
        let after = subscription.rolled_back(made.version, &made.held, at).map_err(conflict)?;
        ground.tell(after.id, events::plan_rolled_back(&after), at, env);
        let (version, reason) = (after.version, NoteReason::Rollback);
        let cause = NoteCause { subscription: after.id, version, reason };
        notes.undo(&mut ground, &documents, cause, env)?;
        standing.change(after);
        standing.meter((&mut ground, at), env)?;
        standing.heed_notes(&notes, (&mut ground, at), env)?;
        Ok((standing, made.version, ground, notes))
    }

    async fn save(
        &self,
        (standing, undone, ground, notes): Self::Decision,
        tx: &mut Tx,
    ) -> Result<SubscriptionView, Error> {
        let tenant = self.tenant.as_str();
        let after = standing.subscription().clone();
        standing.save(tx).await?;
        changes::set_undone(tx, tenant, after.id, undone).await?;
        ground.save(tx).await?;
        notes.save(tx, tenant).await?;
        view(tx, tenant, &after).await
    }
}
