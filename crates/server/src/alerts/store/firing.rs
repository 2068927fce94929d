//! Alerts that watch, and that they fired: any number of tenants in a fixed number of statements.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::Instant,
    id::{AppId, UsageAlertId},
    metering::{Alert, Channels, Fired, Resource, Threshold},
};

use super::{AlertRow, row, rows, selected};
use crate::db::{Error, Rows, Stmt, Time, Tx};

/// An alert that watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// `ua_…`
    pub alert_id: UsageAlertId,
    /// The app that it watches; without one, all of the tenant's together.
    pub app: Option<AppId>,
    /// What it watches.
    pub resource: Resource,
    /// How much of the limit must be used.
    pub threshold: Threshold,
    /// Where people are told.
    pub channels: Channels,
}

/// What an alert fires once for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiringKey {
    /// Whose alert it is.
    pub tenant: String,
    /// The alert.
    pub alert_id: UsageAlertId,
    /// What it watched.
    pub resource: Resource,
    /// At how much of the limit.
    pub threshold: Threshold,
    /// When the period began that the limit is for.
    pub period_start: Instant,
}

/// That an alert fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// What for.
    pub key: FiringKey,
    /// When the period ends: until then the alert is triggered.
    pub period_end: Instant,
    /// When it fires.
    pub at: Instant,
}

#[derive(sqlx::FromRow)]
struct WatchRow {
    tenant_id: String,
    alert_id: String,
    app_id: Option<String>,
    resource_type: String,
    threshold_percent: i64,
    notification_channels: String,
}

#[derive(sqlx::FromRow)]
struct FiringRow {
    tenant_id: String,
    alert_id: String,
    resource_type: String,
    threshold_percent: i64,
    period_start: Time,
}

const FIRING: &[&str] =
    &["tenant_id", "alert_id", "period_start", "threshold_percent", "resource_type", "fired_at"];

const TRIGGER: &str = "ON CONFLICT (tenant_id, alert_id) DO UPDATE SET status = excluded.status,
    last_triggered_at = excluded.last_triggered_at, triggered_until = excluded.triggered_until";

impl Watch {
    /// What it would fire for in the period of a tenant that begins then.
    pub fn key(&self, tenant: &str, period_start: Instant) -> FiringKey {
        FiringKey {
            tenant: tenant.to_owned(),
            alert_id: self.alert_id,
            resource: self.resource.clone(),
            threshold: self.threshold,
            period_start,
        }
    }
}

/// The alerts of tenants that are not silenced, by tenant, the oldest first; those of tenants that
/// have none are left out. One statement, or none without tenants.
pub async fn watching(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Vec<Watch>>, Error> {
    let mut watching: BTreeMap<String, Vec<Watch>> = BTreeMap::new();
    if tenants.is_empty() {
        return Ok(watching);
    }
    let stmt = Stmt::new(
        "SELECT tenant_id, alert_id, app_id, resource_type, threshold_percent,
            notification_channels
         FROM usage_alert WHERE status <> 'silenced' AND tenant_id",
    );
    let stmt = stmt.push_any_text(tenants.iter().copied());
    let rows: Vec<WatchRow> = tx.fetch_all(stmt.push(" ORDER BY tenant_id, alert_id")).await?;
    for row in rows {
        let (tenant, watch) = row.read()?;
        watching.entry(tenant).or_default().push(watch);
    }
    Ok(watching)
}

/// Those of `keys` that were fired for already. One statement, or none without keys.
pub async fn fired(tx: &mut Tx, keys: &BTreeSet<FiringKey>) -> Result<BTreeSet<FiringKey>, Error> {
    let Some(first) = keys.iter().map(|key| key.period_start).min() else {
        return Ok(BTreeSet::new());
    };
    let stmt = Stmt::new(
        "SELECT tenant_id, alert_id, resource_type, threshold_percent, period_start FROM",
    );
    let stmt = stmt.bind(first).push_text_pairs(pairs(keys)).push(
        " AS k JOIN usage_alert_firing ON tenant_id = k.a AND alert_id = k.b
          AND period_start >= $1",
    );
    let rows: Vec<FiringRow> = tx.fetch_all(stmt).await?;
    let found: Vec<FiringKey> =
        rows.into_iter().map(FiringRow::read).collect::<Result<_, Error>>()?;
    Ok(found.into_iter().filter(|key| keys.contains(key)).collect())
}

/// Says that alerts fire, each key for the first time, and shows them as triggered. Alerts that are
/// gone are left alone. Three statements, or none without firings.
pub async fn save_firings(tx: &mut Tx, firings: &[Firing]) -> Result<(), Error> {
    if firings.is_empty() {
        return Ok(());
    }
    let mut fired = Rows::new("usage_alert_firing", FIRING);
    for Firing { key, at, .. } in firings {
        fired.push(vec![
            key.tenant.as_str().into(),
            key.alert_id.to_string().into(),
            key.period_start.into(),
            key.threshold.percent().into(),
            key.resource.as_str().into(),
            (*at).into(),
        ]);
    }
    tx.insert(fired).await?;
    let mut alerts = named(tx, firings.iter().map(|firing| &firing.key)).await?;
    for Firing { key, period_end, at } in firings {
        if let Some(alert) = alerts.get_mut(&(key.tenant.clone(), key.alert_id)) {
            *alert = alert.triggered(Fired { at: *at, until: *period_end });
        }
    }
    let mut rows = rows().otherwise(TRIGGER);
    for ((tenant, _), alert) in &alerts {
        rows.push(row(tenant, alert));
    }
    tx.insert(rows).await?;
    Ok(())
}

/// The alerts that keys name, by whose they are and which.
async fn named<'a>(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = &'a FiringKey>,
) -> Result<BTreeMap<(String, UsageAlertId), Alert>, Error> {
    let stmt = selected()
        .push(" JOIN")
        .push_text_pairs(pairs(keys))
        .push(" AS k ON tenant_id = k.a AND alert_id = k.b");
    let rows: Vec<AlertRow> = tx.fetch_all(stmt).await?;
    let read = |row: AlertRow| {
        let tenant = row.tenant_id.clone();
        let (_, alert) = row.read()?;
        Ok(((tenant, alert.id), alert))
    };
    rows.into_iter().map(read).collect()
}

/// Tenants and alerts, each pair once.
fn pairs<'a>(keys: impl IntoIterator<Item = &'a FiringKey>) -> Vec<(String, String)> {
    let pairs = keys.into_iter().map(|key| (key.tenant.clone(), key.alert_id.to_string()));
    pairs.collect::<BTreeSet<_>>().into_iter().collect()
}

impl WatchRow {
    fn read(self) -> Result<(String, Watch), Error> {
        let corrupt = |column| Error::corrupt("usage_alert", &self.alert_id, column);
        let app = self.app_id.as_deref().map(AppId::parse).transpose();
        let channels = Channels::parse(&self.notification_channels);
        let watch = Watch {
            alert_id: self.alert_id.parse().map_err(|_| corrupt("alert_id"))?,
            app: app.map_err(|_| corrupt("app_id"))?,
            resource: Resource::parse(&self.resource_type).map_err(|_| corrupt("resource_type"))?,
            threshold: Threshold::new(self.threshold_percent)
                .map_err(|_| corrupt("threshold_percent"))?,
            channels: channels.map_err(|_| corrupt("notification_channels"))?,
        };
        Ok((self.tenant_id, watch))
    }
}

impl FiringRow {
    fn read(self) -> Result<FiringKey, Error> {
        let corrupt = |column| Error::corrupt("usage_alert_firing", &self.alert_id, column);
        Ok(FiringKey {
            alert_id: self.alert_id.parse().map_err(|_| corrupt("alert_id"))?,
            resource: Resource::parse(&self.resource_type).map_err(|_| corrupt("resource_type"))?,
            threshold: Threshold::new(self.threshold_percent)
                .map_err(|_| corrupt("threshold_percent"))?,
            period_start: self.period_start.instant()?,
            tenant: self.tenant_id,
        })
    }
}
