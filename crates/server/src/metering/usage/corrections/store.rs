//! Figures that are set right, in the database.

pub(super) mod trace;

use countinghouse_core::{
    calendar::{Instant, Period},
    metering::{Resource, UsageId},
};

use super::super::{
    super::store::{DayRow, day_rows},
    store::resource,
};
use crate::db::{Error, Rows, Stmt, Time, Tx};

const METERED: &[&str] = &[
    "tenant_id",
    "period_start",
    "app_id",
    "resource_type",
    "period_end",
    "total_usage",
    "measured_at",
    "included_units",
    "overage_units",
    "overage_amount",
    "status",
];

/// What is metered of a resource in a period.
#[derive(Clone, Debug)]
pub(super) struct Metered {
    pub(super) period: Period,
    /// The app; empty is none.
    pub(super) app: String,
    pub(super) resource: Resource,
    pub(super) total: i64,
    /// When, of a level.
    pub(super) measured_at: Option<Instant>,
    pub(super) is_invoiced: bool,
}

/// A level that stays until another was measured.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    pub(super) resource: Resource,
    pub(super) level: i64,
    pub(super) measured_at: Instant,
    /// What was measured before this is older.
    pub(super) day_end: Instant,
    /// Periods that begin before this have nothing of it.
    pub(super) periods_from: Instant,
}

type MeteredColumns = (Time, Time, String, String, i64, Option<Time>, String);

/// The figures of a day, of an app or of none. Of a day that has none yet, what it begins with: the
/// levels of the newest day before.
pub(super) async fn day(tx: &mut Tx, tenant: &str, usage: &UsageId) -> Result<DayRow, Error> {
    let day = usage.day.to_string();
    let stmt = Stmt::new(
        "SELECT day, app_id, api_requests, storage_used, bandwidth_used, user_count, sms, email,
            login_attempts, failed_logins, mfa_verifications, storage_at, users_at
         FROM usage_day WHERE tenant_id = $1 AND app_id = $2 AND day <= $3
         ORDER BY day DESC LIMIT 1",
    );
    let stmt = stmt.bind(tenant).bind(usage.app_text()).bind(day.as_str());
    let newest: Option<DayRow> = tx.fetch_optional(stmt).await?;
    let empty = DayRow { day, app_id: usage.app_text().to_owned(), ..DayRow::default() };
    Ok(match newest {
        Some(row) if row.day == empty.day => row,
        Some(DayRow { storage_used, user_count, storage_at, users_at, .. }) => {
            DayRow { storage_used, user_count, storage_at, users_at, ..empty }
        }
        None => empty,
    })
}

/// What is metered of the period that began at an instant.
pub(super) async fn metered(
    tx: &mut Tx,
    tenant: &str,
    start: Instant,
) -> Result<Vec<Metered>, Error> {
    let stmt = Stmt::new(
        "SELECT period_start, period_end, app_id, resource_type, total_usage, measured_at, status
         FROM metered_usage WHERE tenant_id = $1 AND period_start = $2",
    );
    let rows: Vec<MeteredColumns> = tx.fetch_all(stmt.bind(tenant).bind(start)).await?;
    let read = |(start, end, app, name, total, measured_at, status): MeteredColumns| {
        let corrupt = |_| Error::corrupt("metered_usage", tenant, "period_end");
        Ok(Metered {
            period: Period::new(start.instant()?, end.instant()?).map_err(corrupt)?,
            app,
            resource: resource("metered_usage", &name)?,
            total,
            measured_at: measured_at.map(Time::instant).transpose()?,
            is_invoiced: status != "open",
        })
    };
    rows.into_iter().map(read).collect()
}

/// Writes the figures of a day.
pub(super) async fn save_day(tx: &mut Tx, tenant: &str, it: &DayRow) -> Result<(), Error> {
    let mut rows = day_rows().otherwise(
        "ON CONFLICT (tenant_id, day, app_id) DO UPDATE SET api_requests = excluded.api_requests,
            storage_used = excluded.storage_used, bandwidth_used = excluded.bandwidth_used,
            user_count = excluded.user_count, login_attempts = excluded.login_attempts,
            failed_logins = excluded.failed_logins,
            mfa_verifications = excluded.mfa_verifications, storage_at = excluded.storage_at,
            users_at = excluded.users_at",
    );
    rows.push(it.values(tenant));
    tx.insert(rows).await?;
    Ok(())
}

/// Carries a level to later days and to open periods, where nothing newer was measured.
pub(super) async fn carry(
    tx: &mut Tx,
    tenant: &str,
    usage: &UsageId,
    it: &Carried,
) -> Result<(), Error> {
    let days = if it.resource == Resource::Storage {
        "UPDATE usage_day SET storage_used = $4, storage_at = $5
         WHERE tenant_id = $1 AND app_id = $2 AND day > $3
            AND (storage_at IS NULL OR storage_at < $6)"
    } else {
        "UPDATE usage_day SET user_count = $4, users_at = $5
         WHERE tenant_id = $1 AND app_id = $2 AND day > $3
            AND (users_at IS NULL OR users_at < $6)"
    };
    let stmt = Stmt::new(days).bind(tenant).bind(usage.app_text()).bind(usage.day.to_string());
    tx.execute(stmt.bind(it.level).bind(it.measured_at).bind(it.day_end)).await?;
    let stmt = Stmt::new(
        "UPDATE metered_usage SET total_usage = $4, measured_at = $5, overage_units = 0,
            overage_amount = 0
         WHERE tenant_id = $1 AND app_id = $2 AND resource_type = $3 AND status = 'open'
            AND period_start >= $7 AND (measured_at IS NULL OR measured_at < $6)",
    );
    let stmt = stmt.bind(tenant).bind(usage.app_text()).bind(it.resource.as_str());
    let stmt = stmt.bind(it.level).bind(it.measured_at).bind(it.day_end).bind(it.periods_from);
    tx.execute(stmt).await?;
    Ok(())
}

/// Writes what is metered of open periods. What is beyond the included is worked out when it is billed.
pub(super) async fn save_metered(
    tx: &mut Tx,
    tenant: &str,
    metered: &[Metered],
) -> Result<(), Error> {
    let mut rows = Rows::new("metered_usage", METERED).otherwise(
        "ON CONFLICT (tenant_id, period_start, app_id, resource_type) DO UPDATE
         SET total_usage = excluded.total_usage, measured_at = excluded.measured_at,
            overage_units = 0, overage_amount = 0",
    );
    for it in metered {
        rows.push(vec![
            tenant.into(),
            it.period.start().into(),
            it.app.as_str().into(),
            it.resource.as_str().into(),
            it.period.end().into(),
            it.total.into(),
            it.measured_at.into(),
            (-1_i64).into(),
            0_i64.into(),
            0_i64.into(),
            "open".into(),
        ]);
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}
