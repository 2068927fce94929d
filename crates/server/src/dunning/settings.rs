//! Reading, changing and removing what a tenant set about late payments.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    dunning::{Policy, PolicyError, RetrySchedule},
    id::TenantId,
    invoicing::Invoice,
};

use super::{ladders::Ladders, view::DunningSettingsView};
use crate::{
    command::Command,
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{envelope, etag::IfMatch, problem::ApiError},
    invoicing,
    tenants::{self, DunningSettings},
};

/// Changes the settings of a tenant. Whatever fails already goes on by the new policy.
#[derive(Clone, Debug)]
pub(super) struct ChangeSettings {
    /// Whose.
    pub(super) tenant: TenantId,
    /// What becomes of them.
    pub(super) change: SettingsChange,
    /// What they must be before.
    pub(super) condition: IfMatch,
}

/// Removes the settings of a tenant, so that the defaults hold. Where there are none, that is done.
#[derive(Clone, Debug)]
pub(super) struct RemoveSettings {
    /// Whose.
    pub(super) tenant: TenantId,
    /// What they must be before.
    pub(super) condition: IfMatch,
}

/// What is to change. What is absent stays.
#[derive(Clone, Debug, Default)]
pub(super) struct SettingsChange {
    pub(super) retry_schedule: Option<RetrySchedule>,
    pub(super) grace_period_days: Option<u8>,
    pub(super) auto_cancel_days: Option<u8>,
    /// An empty one clears it.
    pub(super) email_templates: Option<String>,
}

/// What the settings meet.
#[derive(Debug)]
pub(super) struct Facts {
    settings: Option<DunningSettings>,
    ladders: Ladders,
}

impl Command for ChangeSettings {
    type Facts = Facts;
    type Decision = (DunningSettings, Vec<Invoice>);
    type Data = DunningSettingsView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        load(tx, self.tenant()).await
    }

    fn decide(&self, facts: Facts, env: &Env) -> Result<Self::Decision, ApiError> {
        let Facts { settings, ladders } = facts;
        self.condition.allows(&DunningSettingsView::new(&self.tenant, settings.as_ref()))?;
        let after = self.change.made_to(settings, env.now())?;
        let moved = ladders.moved(after.policy);
        Ok((after, moved))
    }

    async fn save(
        &self,
        (after, moved): Self::Decision,
        tx: &mut Tx,
    ) -> Result<DunningSettingsView, Error> {
        tenants::save_dunning_settings(tx, self.tenant(), &after).await?;
        save_moved(tx, self.tenant(), &moved).await?;
        Ok(DunningSettingsView::new(&self.tenant, Some(&after)))
    }
}

impl Command for RemoveSettings {
    type Facts = Facts;
    type Decision = Vec<Invoice>;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Facts, Error> {
        load(tx, self.tenant()).await
    }

    fn decide(&self, facts: Facts, _: &Env) -> Result<Vec<Invoice>, ApiError> {
        self.condition.allows(&DunningSettingsView::new(&self.tenant, facts.settings.as_ref()))?;
        Ok(facts.ladders.moved(Policy::DEFAULT))
    }

    async fn save(&self, moved: Vec<Invoice>, tx: &mut Tx) -> Result<(), Error> {
        tenants::delete_dunning_settings(tx, self.tenant()).await?;
        save_moved(tx, self.tenant(), &moved).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl SettingsChange {
    /// The settings after it. Whatever was never set was the default.
    fn made_to(
        &self,
        before: Option<DunningSettings>,
        at: Instant,
    ) -> Result<DunningSettings, ApiError> {
        let policy = before.as_ref().map_or(Policy::DEFAULT, |before| before.policy);
        let schedule = self.retry_schedule.unwrap_or(*policy.retry_schedule());
        let grace = self.grace_period_days.unwrap_or(policy.grace_period_days());
        let cancel = self.auto_cancel_days.unwrap_or(policy.auto_cancel_days());
        let policy = Policy::new(schedule, grace, cancel).map_err(|error| self.refusal(error))?;
        let (templates, created, updated) = match before {
            Some(it) => (it.email_templates, it.created_at, it.updated_at.max(at)),
            None => (None, at, at),
        };
        let email_templates = self.email_templates.clone().or(templates);
        Ok(DunningSettings {
            policy,
            email_templates: email_templates.filter(|text| !text.is_empty()),
            created_at: created,
            updated_at: updated,
        })
    }

    /// Tells of the member that was sent, if the other one is as it was.
    fn refusal(&self, error: PolicyError) -> ApiError {
        let field = match error {
            PolicyError::Grace => "grace_period_days",
            PolicyError::CancelledInGrace { .. } if self.auto_cancel_days.is_none() => {
                let rule = "must be less than `auto_cancel_days`, which stays as it is";
                return ApiError::invalid("grace_period_days", "out_of_range", rule);
            }
            PolicyError::Cancel | PolicyError::CancelledInGrace { .. } => "auto_cancel_days",
        };
        ApiError::invalid(field, "out_of_range", error.to_string())
    }
}

/// A tenant's settings as they are now.
pub(super) async fn current(db: &Db, tenant: &TenantId) -> Result<DunningSettingsView, Error> {
    let mut snapshot = db.snapshot(Purpose::Page).await?;
    let settings = tenants::dunning_settings(&mut snapshot, tenant.as_str()).await?;
    Ok(DunningSettingsView::new(tenant, settings.as_ref()))
}

async fn load(tx: &mut Tx, tenant: &str) -> Result<Facts, Error> {
    Ok(Facts {
        settings: tenants::dunning_settings(tx, tenant).await?,
        ladders: Ladders::load(tx, tenant).await?,
    })
}

async fn save_moved(tx: &mut Tx, tenant: &str, moved: &[Invoice]) -> Result<(), Error> {
    for invoice in moved {
        invoicing::save_dunning(tx, tenant, invoice).await?;
    }
    Ok(())
}
