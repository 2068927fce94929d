//! Apps in the database.

mod prices;

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::Instant,
    id::{AppId, SubscriptionAppId, TenantId},
    metering::{App, AppStatus},
};

pub(super) use self::prices::newest_lists;
pub use self::prices::{insert_list, known_resources, price_lists};
use crate::db::{Error, Rows, Stmt, Time, Tx, Value};

/// An app that is named for the first time, by a report of usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApp {
    /// Whose it is.
    pub tenant: TenantId,
    /// What the tenant calls it.
    pub app: AppId,
    /// `sa_…`
    pub id: SubscriptionAppId,
    /// When it was named.
    pub at: Instant,
}

/// A tenant, and an app of it.
type Pair = (String, String);

#[derive(sqlx::FromRow)]
struct AppRow {
    tenant_id: String,
    app_id: String,
    id: String,
    status: String,
    deleted_at: Option<Time>,
    created_at: Time,
}

const APP: &[&str] = &["tenant_id", "app_id", "id", "status", "deleted_at", "created_at"];

const APPS: &str =
    "SELECT tenant_id, app_id, id, status, deleted_at, created_at FROM subscription_app";

/// Those of these pairs of tenant and app that are there.
pub async fn apps(tx: &mut Tx, pairs: Vec<Pair>) -> Result<BTreeMap<Pair, App>, Error> {
    if pairs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let stmt = Stmt::new(APPS).push(" JOIN").push_text_pairs(pairs);
    let stmt = stmt.push(" AS k ON tenant_id = k.a AND app_id = k.b");
    let rows: Vec<AppRow> = tx.fetch_all(stmt).await?;
    let one = |row: AppRow| Ok(((row.tenant_id.clone(), row.app_id.clone()), row.try_into()?));
    rows.into_iter().map(one).collect()
}

/// The apps of tenants that are deleted, and since when, by tenant and app.
pub async fn deleted(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<Pair, Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, app_id, deleted_at FROM subscription_app
         WHERE deleted_at IS NOT NULL AND tenant_id",
    );
    let stmt = stmt.push_any_text(tenants.iter().copied());
    let rows: Vec<(String, String, Time)> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|(tenant, app, at)| Ok(((tenant, app), at.instant()?))).collect()
}

/// Enters apps; one that is there stays as it is.
pub async fn enter(tx: &mut Tx, new: &[NewApp]) -> Result<(), Error> {
    let mut rows =
        Rows::new("subscription_app", APP).otherwise("ON CONFLICT (tenant_id, app_id) DO NOTHING");
    for it in new {
        let app = App::new(it.id, it.app.clone(), it.at);
        rows.push(app_row(it.tenant.as_str(), &app));
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

/// When the last of a tenant's apps came or was deleted, or prices of one were set last.
pub async fn newest_change(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT MAX(arrived) FROM (
             SELECT MAX(created_at) AS arrived FROM subscription_app WHERE tenant_id = $1
             UNION ALL SELECT MAX(deleted_at) FROM subscription_app WHERE tenant_id = $1
             UNION ALL SELECT MAX(since) FROM app_price WHERE tenant_id = $1) AS arrivals",
    );
    let newest: Option<Time> = tx.fetch_scalar(stmt.bind(tenant)).await?;
    newest.map(Time::instant).transpose()
}

/// One of a tenant's apps.
pub(super) async fn find(tx: &mut Tx, tenant: &str, app: &AppId) -> Result<Option<App>, Error> {
    let stmt = Stmt::new(APPS).push(" WHERE tenant_id = $1 AND app_id = $2");
    let row: Option<AppRow> = tx.fetch_optional(stmt.bind(tenant).bind(app.as_str())).await?;
    row.map(App::try_from).transpose()
}

/// At most `limit` apps of a tenant, newest first: those before `before`, and then after `skipped` of
/// them.
pub(super) async fn page(
    tx: &mut Tx,
    tenant: &str,
    before: Option<&str>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<App>, Error> {
    let stmt = Stmt::new(APPS).push(" WHERE tenant_id = $1").bind(tenant).bind(limit).bind(skipped);
    let stmt = match before {
        Some(before) => stmt.push(" AND id < $4").bind(before),
        None => stmt,
    };
    let rows: Vec<AppRow> = tx.fetch_all(stmt.push(" ORDER BY id DESC LIMIT $2 OFFSET $3")).await?;
    rows.into_iter().map(App::try_from).collect()
}

/// How many apps a tenant has; counted up to `most`.
pub(super) async fn count(tx: &mut Tx, tenant: &str, most: i64) -> Result<i64, Error> {
    let stmt = Stmt::new(
        "SELECT COUNT(*) FROM (
             SELECT 1 AS one FROM subscription_app WHERE tenant_id = $1 LIMIT $2) AS counted",
    );
    tx.fetch_scalar(stmt.bind(tenant).bind(most)).await
}

/// The latest subscription that a tenant's usage was counted under.
pub(super) async fn subscription(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT subscription_id FROM meter WHERE tenant_id = $1 ORDER BY ordinal DESC LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(subscription,)| subscription))
}

/// Enters an app, or writes what became of it.
pub(super) async fn save(tx: &mut Tx, tenant: &str, it: &App) -> Result<(), Error> {
    let mut rows = Rows::new("subscription_app", APP).otherwise(
        "ON CONFLICT (tenant_id, app_id) DO UPDATE SET status = excluded.status,
             deleted_at = excluded.deleted_at",
    );
    rows.push(app_row(tenant, it));
    tx.insert(rows).await?;
    Ok(())
}

fn app_row(tenant: &str, it: &App) -> Vec<Value> {
    vec![
        tenant.into(),
        it.app.as_str().into(),
        it.id.to_string().into(),
        it.status.as_str().into(),
        it.deleted_at.into(),
        it.created_at.into(),
    ]
}

impl TryFrom<AppRow> for App {
    type Error = Error;

    fn try_from(row: AppRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("subscription_app", &row.id, column);
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            app: AppId::parse(&row.app_id).map_err(|_| corrupt("app_id"))?,
            status: AppStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            deleted_at: row.deleted_at.map(Time::instant).transpose()?,
            created_at: row.created_at.instant()?,
        })
    }
}
