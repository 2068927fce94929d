//! Alerts in the database.

mod firing;
mod listed;

use countinghouse_core::{
    calendar::Instant,
    id::{AppId, TenantId, UsageAlertId, UserId},
    metering::{Alert, AlertStatus, Channels, Fired, Resource, Threshold},
};
use futures_util::{StreamExt as _, stream::BoxStream};

pub use self::firing::{Firing, FiringKey, Watch, fired, save_firings, watching};
pub(super) use self::listed::{Asked, Listed, count, page};
use crate::db::{Db, Error, Rows, Stmt, Time, Tx, Value};

/// An alert as it is stored.
#[derive(Debug, sqlx::FromRow)]
struct AlertRow {
    tenant_id: String,
    alert_id: String,
    app_id: Option<String>,
    name: String,
    resource_type: String,
    threshold_percent: i64,
    notification_channels: String,
    status: String,
    created_by: String,
    last_triggered_at: Option<Time>,
    triggered_until: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// What a tenant has of alerts before another is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// How many there are.
    pub(super) count: i64,
    /// When the newest was made.
    pub(super) newest: Option<Instant>,
}

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
    "triggered_until",
    "created_at",
    "updated_at",
];

const COLUMNS: &str = "tenant_id, alert_id, app_id, name, resource_type, threshold_percent,
    notification_channels, status, created_by, last_triggered_at, triggered_until, created_at,
    updated_at";

fn selected() -> Stmt {
    Stmt::new("SELECT ").push(COLUMNS).push(" FROM usage_alert")
}

/// A tenant's alerts, newest first.
pub fn alerts<'t>(
    tx: &'t mut Tx,
    tenant: &TenantId,
) -> Result<BoxStream<'t, Result<Alert, Error>>, Error> {
    let stmt = selected().push(" WHERE tenant_id = $1 ORDER BY alert_id DESC");
    stream(tx, stmt.bind(tenant.as_str()))
}

/// Those of a tenant's alerts that a user made, newest first.
pub fn alerts_by<'t>(
    tx: &'t mut Tx,
    tenant: &TenantId,
    user: &UserId,
) -> Result<BoxStream<'t, Result<Alert, Error>>, Error> {
    let stmt = selected().push(" WHERE tenant_id = $1 AND created_by = $2 ORDER BY alert_id DESC");
    stream(tx, stmt.bind(tenant.as_str()).bind(user.as_str()))
}

fn stream(tx: &mut Tx, stmt: Stmt) -> Result<BoxStream<'_, Result<Alert, Error>>, Error> {
    let rows = tx.stream::<AlertRow>(stmt)?;
    Ok(rows.map(|row| row?.read().map(|(_, alert)| alert)).boxed())
}

/// When the newest alert was made, or one was last changed.
pub async fn newest_alert(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT updated_at FROM usage_alert WHERE tenant_id = $1 ORDER BY updated_at DESC LIMIT 1",
    );
    let row: Option<(Time,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    row.map(|(at,)| at.instant()).transpose()
}

/// An alert of a tenant.
pub(super) async fn find(
    tx: &mut Tx,
    tenant: &str,
    id: UsageAlertId,
) -> Result<Option<Alert>, Error> {
    let stmt = selected().push(" WHERE tenant_id = $1 AND alert_id = $2");
    let row: Option<AlertRow> = tx.fetch_optional(stmt.bind(tenant).bind(id.to_string())).await?;
    row.map(|row| row.read().map(|(_, alert)| alert)).transpose()
}

/// The tenant of an alert.
pub(super) async fn tenant_of(db: &Db, id: UsageAlertId) -> Result<Option<TenantId>, Error> {
    let stmt = Stmt::new("SELECT tenant_id FROM usage_alert WHERE alert_id = $1");
    let row: Option<(String,)> = db.fetch_optional(stmt.bind(id.to_string())).await?;
    let corrupt = |_| Error::corrupt("usage_alert", &id.to_string(), "tenant_id");
    row.map(|(tenant,)| TenantId::parse(&tenant).map_err(corrupt)).transpose()
}

/// What a tenant has of alerts: it has few enough to be counted.
pub(super) async fn made(tx: &mut Tx, tenant: &str) -> Result<Made, Error> {
    let stmt = Stmt::new("SELECT COUNT(*), MAX(created_at) FROM usage_alert WHERE tenant_id = $1");
    let row: Option<(i64, Option<Time>)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    let (count, newest) = row.unwrap_or_default();
    Ok(Made { count, newest: newest.map(Time::instant).transpose()? })
}

/// Enters alerts. The tenant has to be there, and none of them.
pub async fn insert_alerts(tx: &mut Tx, tenant: &TenantId, alerts: &[Alert]) -> Result<(), Error> {
    let mut rows = rows();
    for it in alerts {
        rows.push(row(tenant.as_str(), it));
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Writes what became of an alert that somebody changed.
pub(super) async fn update(tx: &mut Tx, tenant: &str, it: &Alert) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE usage_alert SET name = $3, resource_type = $4, threshold_percent = $5,
            notification_channels = $6, status = $7, updated_at = $8
         WHERE tenant_id = $1 AND alert_id = $2",
    );
    let stmt = stmt
        .bind(tenant)
        .bind(it.id.to_string())
        .bind(it.name.as_str())
        .bind(it.resource.as_str())
        .bind(it.threshold.percent())
        .bind(it.channels.to_string())
        .bind(it.status.as_str())
        .bind(it.updated_at);
    tx.execute(stmt).await?;
    Ok(())
}

/// Removes an alert. That it fired stays.
pub(super) async fn delete(tx: &mut Tx, tenant: &str, id: UsageAlertId) -> Result<(), Error> {
    let stmt = Stmt::new("DELETE FROM usage_alert WHERE tenant_id = $1 AND alert_id = $2");
    tx.execute(stmt.bind(tenant).bind(id.to_string())).await?;
    Ok(())
}

/// No alerts to be stored yet.
fn rows() -> Rows {
    Rows::new("usage_alert", ALERT)
}

/// An alert as it is to be stored, a value for each of [`ALERT`].
fn row(tenant: &str, it: &Alert) -> Vec<Value> {
    vec![
        tenant.into(),
        it.id.to_string().into(),
        it.app.as_ref().map(AppId::as_str).into(),
        it.name.as_str().into(),
        it.resource.as_str().into(),
        it.threshold.percent().into(),
        it.channels.to_string().into(),
        it.status.as_str().into(),
        it.created_by.as_str().into(),
        it.fired.map(|fired| fired.at).into(),
        it.fired.map(|fired| fired.until).into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]
}

impl AlertRow {
    /// The alert, and whose it is.
    fn read(self) -> Result<(TenantId, Alert), Error> {
        let corrupt = |column| Error::corrupt("usage_alert", &self.alert_id, column);
        let app = self.app_id.as_deref().map(AppId::parse).transpose();
        let channels = Channels::parse(&self.notification_channels);
        let tenant = TenantId::parse(&self.tenant_id).map_err(|_| corrupt("tenant_id"))?;
        let alert = Alert {
            id: self.alert_id.parse().map_err(|_| corrupt("alert_id"))?,
            app: app.map_err(|_| corrupt("app_id"))?,
            resource: Resource::parse(&self.resource_type).map_err(|_| corrupt("resource_type"))?,
            threshold: Threshold::new(self.threshold_percent)
                .map_err(|_| corrupt("threshold_percent"))?,
            channels: channels.map_err(|_| corrupt("notification_channels"))?,
            status: AlertStatus::parse(&self.status).ok_or_else(|| corrupt("status"))?,
            created_by: UserId::parse(&self.created_by).map_err(|_| corrupt("created_by"))?,
            fired: self.fired()?,
            created_at: self.created_at.instant()?,
            updated_at: self.updated_at.instant()?,
            name: self.name,
        };
        Ok((tenant, alert))
    }

    fn fired(&self) -> Result<Option<Fired>, Error> {
        let (Some(at), Some(until)) = (self.last_triggered_at, self.triggered_until) else {
            return Ok(None);
        };
        Ok(Some(Fired { at: at.instant()?, until: until.instant()? }))
    }
}
