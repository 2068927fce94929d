//! Making, changing and removing alerts.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    id::{TenantId, UsageAlertId, UserId},
    metering::{ALERTS_MAX, Alert, AlertChange, AlertStatus},
};

use super::{
    ask::{NewAlert, not_found},
    store::{self, Made},
    view::UsageAlertView,
};
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::{etag::IfMatch, problem::ApiError},
};

/// Makes an alert.
#[derive(Clone, Debug)]
pub(super) struct CreateAlert {
    /// Whose it is to be.
    pub(super) tenant: TenantId,
    /// Who makes it.
    pub(super) by: UserId,
    /// What it is to be.
    pub(super) new: NewAlert,
}

/// Changes an alert.
#[derive(Clone, Debug)]
pub(super) struct ChangeAlert {
    /// Whose it is.
    pub(super) tenant: TenantId,
    /// Which one.
    pub(super) id: UsageAlertId,
    /// The versions that may be changed.
    pub(super) if_match: IfMatch,
    /// What is changed.
    pub(super) change: AlertChange,
}

/// Removes an alert.
#[derive(Clone, Debug)]
pub(super) struct RemoveAlert {
    /// Whose it is.
    pub(super) tenant: TenantId,
    /// Which one.
    pub(super) id: UsageAlertId,
    /// The versions that may be removed.
    pub(super) if_match: IfMatch,
}

/// An alert as it is to be stored, and as it is shown now.
pub(super) type Written = (Alert, UsageAlertView);

impl Command for CreateAlert {
    type Facts = Made;
    type Decision = Written;
    type Data = UsageAlertView;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Made, Error> {
        store::made(tx, self.tenant()).await
    }

    fn decide(&self, made: Made, env: &Env) -> Result<Written, ApiError> {
        if made.count >= ALERTS_MAX {
            return Err(ApiError::Conflict(format!("a tenant has at most {ALERTS_MAX} alerts")));
        }
        let now = env.now();
        // The list is in the order of arrival, whatever clock an earlier one was made by.
        let at = made.newest.map_or(now, |newest| newest.max(now));
        let NewAlert { app, name, resource, threshold, channels } = self.new.clone();
        let alert = Alert {
            id: env.id(at),
            app,
            name,
            resource,
            threshold,
            channels,
            status: AlertStatus::Active,
            created_by: self.by.clone(),
            fired: None,
            created_at: at,
            updated_at: at,
        };
        let view = UsageAlertView::new(&self.tenant, &alert, now);
        Ok((alert, view))
    }

    async fn save(&self, (alert, view): Written, tx: &mut Tx) -> Result<UsageAlertView, Error> {
        store::insert_alerts(tx, &self.tenant, &[alert]).await?;
        Ok(view)
    }
}

impl Command for ChangeAlert {
    type Facts = Option<Alert>;
    type Decision = Written;
    type Data = UsageAlertView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        store::find(tx, self.tenant(), self.id).await
    }

    fn decide(&self, found: Self::Facts, env: &Env) -> Result<Written, ApiError> {
        let now = env.now();
        let before = found.ok_or_else(|| not_found(self.id.to_string()))?;
        self.if_match.allows(&UsageAlertView::new(&self.tenant, &before, now))?;
        let after = before.changed(&self.change, now);
        let view = UsageAlertView::new(&self.tenant, &after, now);
        Ok((after, view))
    }

    async fn save(&self, (alert, view): Written, tx: &mut Tx) -> Result<UsageAlertView, Error> {
        store::update(tx, self.tenant(), &alert).await?;
        Ok(view)
    }
}

impl Command for RemoveAlert {
    type Facts = Option<Alert>;
    type Decision = ();
    type Data = ();
    const STATUS: StatusCode = StatusCode::NO_CONTENT;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        store::find(tx, self.tenant(), self.id).await
    }

    fn decide(&self, found: Self::Facts, env: &Env) -> Result<(), ApiError> {
        let alert = found.ok_or_else(|| not_found(self.id.to_string()))?;
        self.if_match.allows(&UsageAlertView::new(&self.tenant, &alert, env.now()))
    }

    async fn save(&self, (): (), tx: &mut Tx) -> Result<(), Error> {
        store::delete(tx, self.tenant(), self.id).await
    }

    fn body((): &(), _: Instant) -> Result<Bytes, ApiError> {
        Ok(Bytes::new())
    }
}
