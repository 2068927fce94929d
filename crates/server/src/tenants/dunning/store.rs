//! Settings about late payments in the database.

use std::collections::BTreeMap;

use countinghouse_core::dunning::{Policy, RetrySchedule};

use super::DunningSettings;
use crate::db::{Error, Rows, Stmt, Time, Tx};

#[derive(sqlx::FromRow)]
struct SettingsRow {
    tenant_id: String,
    retry_schedule: String,
    grace_period_days: i64,
    auto_cancel_days: i64,
    email_templates: Option<String>,
    created_at: Time,
    updated_at: Time,
}

const SETTINGS: &[&str] = &[
    "tenant_id",
    "retry_schedule",
    "grace_period_days",
    "auto_cancel_days",
    "email_templates",
    "created_at",
    "updated_at",
];

/// What a tenant set, if it set anything.
pub async fn find(tx: &mut Tx, tenant: &str) -> Result<Option<DunningSettings>, Error> {
    Ok(find_all(tx, [tenant]).await?.remove(tenant))
}

/// What those of `tenants` set that set anything.
pub(super) async fn find_all(
    tx: &mut Tx,
    tenants: impl IntoIterator<Item = &str>,
) -> Result<BTreeMap<String, DunningSettings>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, retry_schedule, grace_period_days, auto_cancel_days, email_templates,
                created_at, updated_at
         FROM dunning_settings WHERE tenant_id",
    );
    let rows: Vec<SettingsRow> = tx.fetch_all(stmt.push_any_text(tenants)).await?;
    rows.into_iter().map(SettingsRow::settings).collect()
}

/// Writes settings over those that there may be.
pub async fn save(tx: &mut Tx, tenant: &str, it: &DunningSettings) -> Result<(), Error> {
    let mut rows = Rows::new("dunning_settings", SETTINGS).otherwise(
        "ON CONFLICT (tenant_id) DO UPDATE SET retry_schedule = excluded.retry_schedule,
            grace_period_days = excluded.grace_period_days,
            auto_cancel_days = excluded.auto_cancel_days,
            email_templates = excluded.email_templates, updated_at = excluded.updated_at",
    );
    rows.push(vec![
        tenant.into(),
        it.policy.retry_schedule().to_string().into(),
        i64::from(it.policy.grace_period_days()).into(),
        i64::from(it.policy.auto_cancel_days()).into(),
        it.email_templates.as_deref().into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

/// Takes settings away, if there are any.
pub async fn delete(tx: &mut Tx, tenant: &str) -> Result<(), Error> {
    let stmt = Stmt::new("DELETE FROM dunning_settings WHERE tenant_id = $1");
    tx.execute(stmt.bind(tenant)).await?;
    Ok(())
}

impl SettingsRow {
    fn settings(self) -> Result<(String, DunningSettings), Error> {
        let corrupt = |column| Error::corrupt("dunning_settings", &self.tenant_id, column);
        let schedule = RetrySchedule::parse(&self.retry_schedule);
        let schedule = schedule.map_err(|_| corrupt("retry_schedule"))?;
        let grace = u8::try_from(self.grace_period_days);
        let grace = grace.map_err(|_| corrupt("grace_period_days"))?;
        let cancel = u8::try_from(self.auto_cancel_days);
        let cancel = cancel.map_err(|_| corrupt("auto_cancel_days"))?;
        let policy = Policy::new(schedule, grace, cancel);
        let settings = DunningSettings {
            policy: policy.map_err(|_| corrupt("auto_cancel_days"))?,
            email_templates: self.email_templates,
            created_at: self.created_at.instant()?,
            updated_at: self.updated_at.instant()?,
        };
        Ok((self.tenant_id, settings))
    }
}
