//! Undoing the latest change of plan, with the documents that it made.

use axum::http::StatusCode;
use countinghouse_core::{
    id::TenantId,
    subscriptions::{RollbackError, Subscription},
};

use super::{
    overdue::Overdue,
    plan::{conflict, no_subscription},
    store::{self as changes, Made},
};
use crate::{
    catalog,
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{ChangeDocuments, Ground, NoteCause, NoteReason, Notes},
    subscriptions::{events, service::view, store, view::SubscriptionView},
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
    subscription: Subscription,
    latest: Option<(Made, ChangeDocuments, Notes)>,
    ground: Ground,
    overdue: Overdue,
}

impl Command for Rollback {
    type Facts = Option<Facts>;
    type Decision = (Subscription, i64, Ground, Notes);
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
        let overdue = Overdue::load(tx, tenant, &subscription).await?;
        Ok(Some(Facts { subscription, latest, ground, overdue }))
    }

    fn decide(&self, facts: Option<Facts>, env: &Env) -> Result<Self::Decision, ApiError> {
        let facts = facts.ok_or_else(|| no_subscription(&self.tenant))?;
        let Facts { subscription, latest, mut ground, overdue } = facts;
        let Some((made, documents, mut notes)) = latest else {
            return Err(conflict(RollbackError::Nothing));
        };
        if made.undone && made.version >= subscription.period_since {
            return Err(conflict(RollbackError::Undone));
        }
        let at = ground.at(env);
        let mut after = subscription.rolled_back(made.version, &made.held, at).map_err(conflict)?;
        ground.tell(after.id, events::plan_rolled_back(&after), at, env);
        let (version, reason) = (after.version, NoteReason::Rollback);
        let cause = NoteCause { subscription: after.id, version, reason };
        notes.undo(&mut ground, &documents, cause, env)?;
        overdue.restore(&mut after, &notes, (&mut ground, at), env);
        Ok((after, made.version, ground, notes))
    }

    async fn save(
        &self,
        (after, undone, ground, notes): Self::Decision,
        tx: &mut Tx,
    ) -> Result<SubscriptionView, Error> {
        let tenant = self.tenant.as_str();
        store::update_all(tx, [(tenant, &after)]).await?;
        changes::set_undone(tx, tenant, after.id, undone).await?;
        catalog::set_tenant_plan(tx, tenant, Some(&after.plan)).await?;
        ground.save(tx).await?;
        notes.save(tx, tenant).await?;
        view(tx, tenant, &after).await
    }
}
