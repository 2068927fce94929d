//! Alerts in lists: pages of a tenant's and of all.

use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    metering::{Alert, AlertStatus},
};

use super::{AlertRow, COLUMNS};
use crate::{
    command::PLATFORM,
    db::{Error, Stmt, Time, Tx},
    env::TenantClocks,
};

/// Which alerts are asked for.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Asked<'a> {
    /// Whose; those of all tenants without one.
    pub(in super::super) tenant: Option<&'a str>,
    /// Those that watch this app; empty is any, and none.
    pub(in super::super) app: &'a str,
    /// Those that watch this resource; empty is any.
    pub(in super::super) resource: &'a str,
    /// Those that stand so now.
    pub(in super::super) status: Option<AlertStatus>,
    /// When now is,
    pub(in super::super) now: Instant,
    /// for tenants without a clock of their own.
    pub(in super::super) clocks: TenantClocks,
}

/// An alert of a list.
#[derive(Clone, Debug)]
pub(in super::super) struct Listed {
    /// Whose it is.
    pub(in super::super) tenant: TenantId,
    /// The alert.
    pub(in super::super) alert: Alert,
    /// What the tenant's own clock shows, if it has one.
    pub(in super::super) clock: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    alert: AlertRow,
    clock_at: Option<Time>,
}

/// A text that comes after every id of an alert.
const AFTER_ALL: &str = "ub";

/// The clock of the tenant of an alert.
const CLOCK: &str = "(SELECT clock_at FROM tenant WHERE tenant.tenant_id = usage_alert.tenant_id)";

/// How many alerts there are; counted up to `most`.
pub(in super::super) async fn count(
    tx: &mut Tx,
    asked: &Asked<'_>,
    most: i64,
) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COUNT(*) FROM (SELECT alert_id FROM usage_alert");
    tx.fetch_scalar(fitting(stmt, asked, None, (0, most)).push(") AS found")).await
}

/// At most `limit` alerts, newest first: those before `before`, and then after `skipped` of them.
pub(in super::super) async fn page(
    tx: &mut Tx,
    asked: &Asked<'_>,
    before: Option<&str>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<Listed>, Error> {
    let stmt = Stmt::new("SELECT ").push(COLUMNS).push(", ").push(CLOCK);
    let stmt = stmt.push(" AS clock_at FROM usage_alert");
    let rows: Vec<ListedRow> = tx.fetch_all(fitting(stmt, asked, before, (skipped, limit))).await?;
    rows.into_iter().map(ListedRow::read).collect()
}

/// Adds which alerts are wanted.
fn fitting(
    stmt: Stmt,
    asked: &Asked<'_>,
    before: Option<&str>,
    (skipped, limit): (i64, i64),
) -> Stmt {
    let whose = match asked.tenant {
        Some(_) => " WHERE tenant_id = $1",
        // The platform has no alerts.
        None => " WHERE tenant_id <> $1",
    };
    let stmt = stmt
        .push(whose)
        .push(" AND ($2 = '' OR app_id = $2) AND ($3 = '' OR resource_type = $3)")
        .push(" AND alert_id < $4")
        .bind(asked.tenant.unwrap_or(PLATFORM))
        .bind(asked.app)
        .bind(asked.resource)
        .bind(before.unwrap_or(AFTER_ALL))
        .bind(limit)
        .bind(skipped);
    let stmt = match asked.status {
        None => stmt,
        Some(AlertStatus::Silenced) => stmt.push(" AND status = 'silenced'"),
        Some(AlertStatus::Triggered) => {
            now(stmt.push(" AND status = 'triggered' AND triggered_until > "), asked)
        }
        Some(AlertStatus::Active) => now(
            stmt.push(" AND (status = 'active' OR status = 'triggered' AND triggered_until <= "),
            asked,
        )
        .push(")"),
    };
    stmt.push(" ORDER BY alert_id DESC LIMIT $5 OFFSET $6")
}

/// Adds the present moment of the tenant of an alert.
fn now(stmt: Stmt, asked: &Asked<'_>) -> Stmt {
    match asked.clocks {
        TenantClocks::Ignored => stmt.push("$7"),
        TenantClocks::Followed => stmt.push("COALESCE(").push(CLOCK).push(", $7)"),
    }
    .bind(asked.now)
}

impl ListedRow {
    fn read(self) -> Result<Listed, Error> {
        let clock = self.clock_at.map(Time::instant).transpose()?;
        let (tenant, alert) = self.alert.read()?;
        Ok(Listed { tenant, alert, clock })
    }
}
