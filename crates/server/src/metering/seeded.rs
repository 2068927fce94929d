//! Usage, alerts and metered periods that are entered in bulk.
//!
//! What is there already stays as it is: a row whose key is taken is left out.

use countinghouse_core::{
    calendar::{Date, Instant, Period},
    id::{AppId, UsageAlertId, UserId},
    money::Amount,
};

use crate::db::{Error, Rows, Stmt, Tx};

/// What was used on one day of the tenant's calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedDay {
    /// The day.
    pub day: Date,
    /// The app that used it.
    pub app: Option<AppId>,
    /// How much.
    pub used: Used,
}

/// How much of each resource was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Requests.
    pub api_requests: i64,
    /// Bytes that were stored at the end of the day.
    pub storage: i64,
    /// Bytes that were sent.
    pub bandwidth: i64,
    /// Users at the end of the day.
    pub users: i64,
    /// Text messages.
    pub sms: i64,
    /// Mails.
    pub email: i64,
    /// Logins, those that failed included.
    pub login_attempts: i64,
    /// Logins that failed.
    pub failed_logins: i64,
    /// Second factors that were checked.
    pub mfa_verifications: i64,
}

/// A watch over a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// `ua_…`
    pub id: UsageAlertId,
    /// The app that it watches, or all.
    pub app: Option<AppId>,
    /// What it is called.
    pub name: String,
    /// What it watches.
    pub resource: &'static str,
    /// The part of the quota at which it fires, 1 to 100.
    pub threshold_percent: i64,
    /// Where it tells, as a comma list.
    pub channels: &'static str,
    /// `active`, `silenced` or `triggered`.
    pub status: &'static str,
    /// When it last fired.
    pub last_triggered_at: Option<Instant>,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Instant,
}

/// What an app used of a resource in a metering period, as it is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeteredPeriod {
    /// The period.
    pub period: Period,
    /// The app.
    pub app: AppId,
    /// The resource.
    pub resource: &'static str,
    /// How much was used.
    pub total: i64,
    /// How much is free.
    pub included: i64,
    /// How much was used beyond that.
    pub overage: i64,
    /// What it costs.
    pub amount: Amount,
    /// Whether it is on an invoice.
    pub is_invoiced: bool,
}

const DAY: &[&str] = &[
    "tenant_id",
    "day",
    "app_id",
    "api_requests",
    "storage_used",
    "bandwidth_used",
    "user_count",
    "sms",
    "email",
    "login_attempts",
    "failed_logins",
    "mfa_verifications",
];

const ALERT: &[&str] = &[
    "tenant_id",
    "alert_id",
    "app_id",
    "name",
    "resource_type",
    "threshold_percent",
    "notification_channels",
    "status",
    "created_by",
    "last_triggered_at",
    "created_at",
    "updated_at",
];

const METERED: &[&str] = &[
    "tenant_id",
    "period_start",
    "app_id",
    "resource_type",
    "period_end",
    "total_usage",
    "included_units",
    "overage_units",
    "overage_amount",
    "status",
];

/// Enters days.
pub async fn enter_days(tx: &mut Tx, tenant: &str, days: &[UsedDay]) -> Result<(), Error> {
    let mut rows = Rows::new("usage_day", DAY).otherwise("ON CONFLICT DO NOTHING");
    for it in days {
        rows.push(vec![
            tenant.into(),
            it.day.to_string().into(),
            it.app.as_ref().map_or("", AppId::as_str).into(),
            it.used.api_requests.into(),
            it.used.storage.into(),
            it.used.bandwidth.into(),
            it.used.users.into(),
            it.used.sms.into(),
            it.used.email.into(),
            it.used.login_attempts.into(),
            it.used.failed_logins.into(),
            it.used.mfa_verifications.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Whether the tenant has any alert.
pub async fn has_alerts(tx: &mut Tx, tenant: &str) -> Result<bool, Error> {
    let stmt = Stmt::new("SELECT alert_id FROM usage_alert WHERE tenant_id = $1 LIMIT 1");
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.is_some())
}

/// Enters alerts.
pub async fn enter_alerts(tx: &mut Tx, tenant: &str, alerts: &[Alert]) -> Result<(), Error> {
    let mut rows = Rows::new("usage_alert", ALERT).otherwise("ON CONFLICT DO NOTHING");
    for it in alerts {
        rows.push(vec![
            tenant.into(),
            it.id.to_string().into(),
            it.app.as_ref().map(AppId::as_str).into(),
            it.name.as_str().into(),
            it.resource.into(),
            it.threshold_percent.into(),
            it.channels.into(),
            it.status.into(),
            it.created_by.as_str().into(),
            it.last_triggered_at.into(),
            it.created_at.into(),
            it.last_triggered_at.unwrap_or(it.created_at).into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Enters metered periods.
pub async fn enter_metered(
    tx: &mut Tx,
    tenant: &str,
    periods: &[MeteredPeriod],
) -> Result<(), Error> {
    let mut rows = Rows::new("metered_usage", METERED).otherwise("ON CONFLICT DO NOTHING");
    for it in periods {
        rows.push(vec![
            tenant.into(),
            it.period.start().into(),
            it.app.as_str().into(),
            it.resource.into(),
            it.period.end().into(),
            it.total.into(),
            it.included.into(),
            it.overage.into(),
            it.amount.into(),
            (if it.is_invoiced { "invoiced" } else { "open" }).into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}
