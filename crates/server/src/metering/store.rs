//! Usage in the database.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::{Date, Period},
    id::TenantId,
    metering::PeriodUse,
    reports::Level,
};
use futures_util::stream::BoxStream;

use super::meters::MeterRow;
use crate::db::{Error, Rows, Stmt, Time, Tx, Value};

/// What a tenant used on a day, in one app or in none.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DayRow {
    /// The day in the tenant's zone, `YYYY-MM-DD`.
    pub day: String,
    /// The app; empty is none.
    pub app_id: String,
    /// Calls of the API.
    pub api_requests: i64,
    /// Bytes stored, as the day ended.
    pub storage_used: i64,
    /// Bytes moved.
    pub bandwidth_used: i64,
    /// Users, as the day ended.
    pub user_count: i64,
    /// Text messages sent.
    pub sms: i64,
    /// Mails sent.
    pub email: i64,
    /// Attempts to log in.
    pub login_attempts: i64,
    /// Those of them that failed.
    pub failed_logins: i64,
    /// Second factors checked.
    pub mfa_verifications: i64,
    /// When the storage was measured, if it ever was.
    pub storage_at: Option<Time>,
    /// When the users were counted, if they ever were.
    pub users_at: Option<Time>,
}

/// What a tenant used of a resource in a metering period, in one app or in none, as it is billed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MeteredRow {
    /// When the period began.
    pub period_start: Time,
    /// The app; empty is none.
    pub app_id: String,
    /// The resource.
    pub resource_type: String,
    /// When the period ended; that instant is no longer part of it.
    pub period_end: Time,
    /// Units used.
    pub total_usage: i64,
    /// When it was measured, of a level.
    pub measured_at: Option<Time>,
    /// Units that cost nothing; -1 is all of them.
    pub included_units: i64,
    /// What a unit beyond those costs; none where all are included.
    pub unit_price: Option<String>,
    /// Units used beyond those.
    pub overage_units: i64,
    /// What those cost, in 1/10,000 of the major unit.
    pub overage_amount: i64,
    /// `open` or `invoiced`.
    pub status: String,
    /// Units that were counted since it was invoiced last, and wait for the next invoice.
    pub late_units: i64,
    /// When those are invoiced at the latest.
    pub late_due: Option<Time>,
    /// How often it was invoiced.
    pub bills: i64,
}

/// What was used of a resource in a metering period, as it is stored.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct PeriodUseRow {
    period_start: Time,
    period_end: Time,
    total_usage: i64,
    measured_at: Option<Time>,
    late_units: i64,
    late_due: Option<Time>,
    bills: i64,
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
    "storage_at",
    "users_at",
];

const METERED: &[&str] = &[
    "tenant_id",
    "period_start",
    "app_id",
    "resource_type",
    "period_end",
    "total_usage",
    "measured_at",
    "included_units",
    "unit_price",
    "overage_units",
    "overage_amount",
    "status",
    "late_units",
    "late_due",
    "bills",
];

impl PeriodUseRow {
    /// It as it is counted and billed.
    pub(super) fn read(self, tenant: &str) -> Result<PeriodUse, Error> {
        let (start, end) = (self.period_start.instant()?, self.period_end.instant()?);
        let period = Period::new(start, end)
            .map_err(|_| Error::corrupt("metered_usage", tenant, "period_end"))?;
        Ok(PeriodUse {
            period,
            total: self.total_usage,
            measured_at: self.measured_at.map(Time::instant).transpose()?,
            late: self.late_units,
            late_due: self.late_due.map(Time::instant).transpose()?,
            bills: self.bills,
        })
    }
}

/// Rows of days that are to be written, none yet.
pub(super) fn day_rows() -> Rows {
    Rows::new("usage_day", DAY)
}

/// Rows of metered usage that are to be written, none yet. Each is the tenant, then the fields of a
/// [`MeteredRow`] in their order.
pub(super) fn metered_rows() -> Rows {
    Rows::new("metered_usage", METERED)
}

impl DayRow {
    /// The row of a tenant, among [`day_rows`].
    pub(super) fn values(&self, tenant: &str) -> Vec<Value> {
        vec![
            tenant.into(),
            self.day.as_str().into(),
            self.app_id.as_str().into(),
            self.api_requests.into(),
            self.storage_used.into(),
            self.bandwidth_used.into(),
            self.user_count.into(),
            self.sms.into(),
            self.email.into(),
            self.login_attempts.into(),
            self.failed_logins.into(),
            self.mfa_verifications.into(),
            self.storage_at.into(),
            self.users_at.into(),
        ]
    }
}

/// The meters of tenants, the oldest of each first.
pub(super) async fn meters(tx: &mut Tx, tenants: &BTreeSet<&str>) -> Result<Vec<MeterRow>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, ordinal, since, until, subscription_id, anchor, timezone, number, trial,
            trial_end
         FROM meter WHERE tenant_id",
    );
    let stmt = stmt.push_any_text(tenants.iter().copied());
    tx.fetch_all(stmt.push(" ORDER BY tenant_id, ordinal")).await
}

/// A tenant's days, newest first, those of its apps side by side.
pub(super) fn days<'t>(
    tx: &'t mut Tx,
    tenant: &TenantId,
) -> Result<BoxStream<'t, Result<DayRow, Error>>, Error> {
    let stmt = Stmt::new(
        "SELECT day, app_id, api_requests, storage_used, bandwidth_used, user_count, sms, email,
            login_attempts, failed_logins, mfa_verifications, storage_at, users_at
         FROM usage_day WHERE tenant_id = $1 ORDER BY day DESC, app_id DESC",
    );
    tx.stream(stmt.bind(tenant.as_str()))
}

/// By single days, since the key has the day before the app: of a range of days the rows of all apps
/// would be read.
const LEVELS_OF_APP: &str = "SELECT day, app_id, user_count FROM usage_day
    WHERE tenant_id = $1 AND app_id = $2 AND day";

/// The users of a tenant's apps, or of one of them, on days that are less than `days` before the last
/// of which anything is known; with that day.
pub async fn user_levels(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    days: i64,
) -> Result<Option<(Date, Vec<Level>)>, Error> {
    let stmt = Stmt::new("SELECT MAX(day) FROM usage_day WHERE tenant_id = $1");
    let newest: Option<String> = tx.fetch_scalar(stmt.bind(tenant)).await?;
    let Some(newest) = newest else { return Ok(None) };
    let date = |day: &str| Date::parse(day).map_err(|_| Error::corrupt("usage_day", day, "day"));
    let newest = date(&newest)?;
    let stmt = match app {
        Some(app) => {
            Stmt::new(LEVELS_OF_APP).bind(tenant).bind(app).push_any_text(days_before(newest, days))
        }
        None => Stmt::new(
            "SELECT day, app_id, user_count FROM usage_day WHERE tenant_id = $1 AND day > $2",
        )
        .bind(tenant)
        .bind(newest.plus_days(-days).unwrap_or(Date::MIN).to_string()),
    };
    let rows: Vec<(String, String, i64)> = tx.fetch_all(stmt).await?;
    let levels =
        rows.into_iter().map(|(day, app, users)| Ok(Level { day: date(&day)?, app, users }));
    Ok(Some((newest, levels.collect::<Result<_, Error>>()?)))
}

/// A day and those before it, so many in all.
fn days_before(last: Date, days: i64) -> impl Iterator<Item = String> {
    (0..days).filter_map(move |ago| last.plus_days(-ago).ok()).map(|day| day.to_string())
}

/// A tenant's metered usage, the newest period first.
pub fn metered<'t>(
    tx: &'t mut Tx,
    tenant: &TenantId,
) -> Result<BoxStream<'t, Result<MeteredRow, Error>>, Error> {
    let stmt = Stmt::new(
        "SELECT period_start, app_id, resource_type, period_end, total_usage, measured_at,
            included_units, unit_price, overage_units, overage_amount, status, late_units, late_due,
            bills
         FROM metered_usage WHERE tenant_id = $1
         ORDER BY period_start DESC, app_id DESC, resource_type DESC",
    );
    tx.stream(stmt.bind(tenant.as_str()))
}

/// Enters days. One that is there keeps what it has.
pub async fn insert_days(tx: &mut Tx, tenant: &TenantId, days: &[DayRow]) -> Result<(), Error> {
    let mut rows = day_rows().otherwise("ON CONFLICT (tenant_id, day, app_id) DO NOTHING");
    for it in days {
        rows.push(it.values(tenant.as_str()));
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Enters metered usage. What is there already stays as it is.
pub async fn insert_metered(
    tx: &mut Tx,
    tenant: &TenantId,
    metered: &[MeteredRow],
) -> Result<(), Error> {
    let mut rows = metered_rows()
        .otherwise("ON CONFLICT (tenant_id, period_start, app_id, resource_type) DO NOTHING");
    for it in metered {
        rows.push(vec![
            tenant.as_str().into(),
            it.period_start.into(),
            it.app_id.as_str().into(),
            it.resource_type.as_str().into(),
            it.period_end.into(),
            it.total_usage.into(),
            it.measured_at.into(),
            it.included_units.into(),
            it.unit_price.as_deref().into(),
            it.overage_units.into(),
            it.overage_amount.into(),
            it.status.as_str().into(),
            it.late_units.into(),
            it.late_due.into(),
            it.bills.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}
