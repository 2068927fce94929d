//! What a check of a quota reads of the database.

use countinghouse_core::{calendar::Instant, metering::Resource};

use crate::db::{Error, Stmt, Tx};

/// What a check has to know of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AppStanding {
    /// Why nothing of it is allowed.
    pub(super) stopped: Option<&'static str>,
    /// Whether it ever had a price for the resource.
    pub(super) is_priced: bool,
}

/// Where no app is named.
pub(super) const NO_APP: AppStanding = AppStanding { stopped: None, is_priced: false };

/// What is to be known of an app; one that nobody named yet has neither a price nor a status.
pub(super) async fn app(
    tx: &mut Tx,
    tenant: &str,
    app: &str,
    resource: &Resource,
) -> Result<AppStanding, Error> {
    let stmt = Stmt::new(
        "SELECT status, EXISTS (SELECT 1 FROM app_price WHERE tenant_id = $1 AND app_id = $2
            AND resource_type = $3) AS priced
         FROM subscription_app WHERE tenant_id = $1 AND app_id = $2",
    );
    let stmt = stmt.bind(tenant).bind(app).bind(resource.as_str());
    let row: Option<(String, bool)> = tx.fetch_optional(stmt).await?;
    let Some((status, is_priced)) = row else { return Ok(NO_APP) };
    let stopped = match status.as_str() {
        "active" => None,
        "suspended" => Some("suspended"),
        "deleted" => Some("deleted"),
        _ => return Err(Error::corrupt("subscription_app", app, "status")),
    };
    Ok(AppStanding { stopped, is_priced })
}

/// What a tenant, in all its apps or in one, used of a resource in the metering period that began at an
/// instant.
pub(super) async fn metered(
    tx: &mut Tx,
    (tenant, app): (&str, Option<&str>),
    resource: &Resource,
    start: Instant,
) -> Result<i128, Error> {
    let stmt = Stmt::new(
        "SELECT total_usage FROM metered_usage
         WHERE tenant_id = $1 AND period_start = $2 AND resource_type = $3",
    );
    let stmt = stmt.bind(tenant).bind(start).bind(resource.as_str());
    let stmt = match app {
        Some(app) => stmt.push(" AND app_id = $4").bind(app),
        None => stmt,
    };
    let rows: Vec<(i64,)> = tx.fetch_all(stmt).await?;
    Ok(rows.into_iter().map(|(total,)| i128::from(total)).sum())
}
