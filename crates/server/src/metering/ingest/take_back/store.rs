//! What is read and written when an event is taken back.

use countinghouse_core::{
    calendar::{Instant, Zone, end_of},
    metering::{EventKey, FUTURE_SECONDS_MAX, Level, Measured, PeriodUse, Resource},
};

use super::{
    super::{
        super::store::PeriodUseRow,
        load::date,
        store::{EventRow, event_rows},
    },
    Change,
};
use crate::db::{Error, Stmt, Time, Tx};

#[derive(sqlx::FromRow)]
struct ReportRow {
    event_key: Vec<u8>,
    amount: i64,
    occurred_at: Time,
    received_at: Time,
}

/// What was used in the period that an event counts in.
pub(super) async fn period(
    tx: &mut Tx,
    tenant: &str,
    event: &EventRow,
) -> Result<Option<PeriodUse>, Error> {
    let Some(start) = event.period_start else { return Ok(None) };
    let stmt = Stmt::new(
        "SELECT period_start, period_end, total_usage, measured_at, late_units, late_due, bills
         FROM metered_usage
         WHERE tenant_id = $1 AND app_id = $2 AND resource_type = $3 AND period_start = $4",
    );
    let stmt = stmt.bind(tenant).bind(event.app_id.as_str()).bind(event.resource_type.as_str());
    let row: Option<PeriodUseRow> = tx.fetch_optional(stmt.bind(start)).await?;
    row.map(|row| row.read(tenant)).transpose()
}

/// The last reports of the level that an event is of, up to when it occurred or was received: at most
/// `limit`, the last first.
pub(super) async fn reports(
    tx: &mut Tx,
    tenant: &str,
    event: &EventRow,
    limit: i64,
) -> Result<Vec<Measured>, Error> {
    let stmt = match event.resource_type.as_str() {
        "storage" => Stmt::new(
            "SELECT event_key, amount, occurred_at, received_at FROM usage_event
             WHERE tenant_id = $1 AND app_id = $2 AND resource_type = 'storage'
               AND occurred_at <= $3 ORDER BY occurred_at DESC LIMIT $4",
        ),
        _ => Stmt::new(
            "SELECT event_key, amount, occurred_at, received_at FROM usage_event
             WHERE tenant_id = $1 AND app_id = $2 AND resource_type = 'users'
               AND occurred_at <= $3 ORDER BY occurred_at DESC LIMIT $4",
        ),
    };
    // What came before by a clock that was ahead says that it occurred later.
    let until = event.occurred_at.instant()?.plus_seconds(FUTURE_SECONDS_MAX);
    let until = until.unwrap_or(Instant::MAX);
    let stmt = stmt.bind(tenant).bind(event.app_id.as_str()).bind(until).bind(limit);
    let rows: Vec<ReportRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|row| row.read(tenant)).collect()
}

/// The levels of an event's app that administrators set right, of days up to that of the event: each
/// with the end of its day, the newest first.
pub(super) async fn set_right(
    tx: &mut Tx,
    tenant: &str,
    event: &EventRow,
    zone: &Zone,
) -> Result<Vec<Level>, Error> {
    let stmt = Stmt::new(
        "SELECT day, after, corrected_at FROM usage_correction
         WHERE tenant_id = $1 AND app_id = $2 AND resource_type = $3 AND day <= $4
         ORDER BY day DESC, seq DESC",
    );
    let stmt = stmt.bind(tenant).bind(event.app_id.as_str()).bind(event.resource_type.as_str());
    let rows: Vec<(String, i64, Time)> = tx.fetch_all(stmt.bind(event.day.as_str())).await?;
    let read = |(day, amount, at): (String, i64, Time)| {
        let last = end_of(date(&day)?, zone).plus_seconds(-1).unwrap_or(Instant::MAX);
        Ok(Level { amount, at: Some(last.min(at.instant()?)) })
    };
    rows.into_iter().map(read).collect()
}

/// Writes an event's negative, and what becomes of the counts.
pub(super) async fn take_back(
    tx: &mut Tx,
    tenant: &str,
    key: EventKey,
    change: &Change,
) -> Result<(), Error> {
    let event = &change.event;
    let mut rows = event_rows();
    rows.push(vec![
        tenant.into(),
        key.of_taking_back().as_bytes()[..].into(),
        event.app_id.as_str().into(),
        event.resource_type.as_str().into(),
        (-event.amount).into(),
        event.occurred_at.into(),
        change.at.into(),
        event.day.as_str().into(),
        event.period_start.into(),
        event.bill.into(),
    ]);
    tx.insert(rows).await?;
    match change.left {
        Some((gone, left)) => put_level(tx, tenant, change, gone, left).await?,
        None => subtract(tx, tenant, change).await?,
    }
    let Some(used) = change.period else { return Ok(()) };
    let stmt = Stmt::new(
        "UPDATE metered_usage SET total_usage = $5, measured_at = $6, late_units = $7,
            late_due = $8
         WHERE tenant_id = $1 AND app_id = $2 AND resource_type = $3 AND period_start = $4",
    );
    let stmt = stmt.bind(tenant).bind(event.app_id.as_str()).bind(event.resource_type.as_str());
    let stmt = stmt.bind(used.period.start()).bind(used.total).bind(used.measured_at);
    tx.execute(stmt.bind(used.late).bind(used.late_due)).await?;
    Ok(())
}

/// Puts the level that is left into every day and open period that has the one that is gone.
async fn put_level(
    tx: &mut Tx,
    tenant: &str,
    Change { event, taken, .. }: &Change,
    gone: Level,
    left: Level,
) -> Result<(), Error> {
    let days = match taken.resource {
        Resource::Storage => Stmt::new(
            "UPDATE usage_day SET storage_used = $3, storage_at = $4
             WHERE tenant_id = $1 AND app_id = $2 AND storage_used = $5 AND storage_at = $6",
        ),
        _ => Stmt::new(
            "UPDATE usage_day SET user_count = $3, users_at = $4
             WHERE tenant_id = $1 AND app_id = $2 AND user_count = $5 AND users_at = $6",
        ),
    };
    let days = days.bind(tenant).bind(event.app_id.as_str()).bind(left.amount).bind(left.at);
    tx.execute(days.bind(gone.amount).bind(gone.at)).await?;
    let periods = Stmt::new(
        "UPDATE metered_usage SET total_usage = $3, measured_at = $4
         WHERE tenant_id = $1 AND app_id = $2 AND resource_type = $7 AND bills = 0
           AND total_usage = $5 AND measured_at = $6",
    );
    let periods = periods.bind(tenant).bind(event.app_id.as_str()).bind(left.amount).bind(left.at);
    let periods = periods.bind(gone.amount).bind(gone.at).bind(event.resource_type.as_str());
    tx.execute(periods).await?;
    Ok(())
}

/// Takes what adds up off its day. What an administrator set right since may leave less than that.
async fn subtract(
    tx: &mut Tx,
    tenant: &str,
    Change { event, taken, .. }: &Change,
) -> Result<(), Error> {
    let stmt = match &taken.resource {
        Resource::ApiCalls => of_day("api_requests"),
        Resource::Bandwidth => of_day("bandwidth_used"),
        Resource::Sms => of_day("sms"),
        Resource::Email => of_day("email"),
        Resource::LoginAttempts => of_day("login_attempts"),
        Resource::FailedLogins => of_day("failed_logins"),
        Resource::MfaVerifications => of_day("mfa_verifications"),
        Resource::Storage | Resource::Users | Resource::Priced(_) => Stmt::new(
            "UPDATE usage_day_priced
             SET amount = CASE WHEN amount < $4 THEN 0 ELSE amount - $4 END
             WHERE tenant_id = $1 AND app_id = $2 AND day = $3 AND resource_type = $5",
        ),
    };
    let stmt = stmt.bind(tenant).bind(event.app_id.as_str()).bind(event.day.as_str());
    let stmt = stmt.bind(event.amount);
    let stmt = match &taken.resource {
        Resource::Priced(name) => stmt.bind(&**name),
        _ => stmt,
    };
    tx.execute(stmt).await?;
    Ok(())
}

/// The statement that takes an amount off a column of a day.
fn of_day(column: &'static str) -> Stmt {
    Stmt::new("UPDATE usage_day SET ")
        .push(column)
        .push(" = CASE WHEN ")
        .push(column)
        .push(" < $4 THEN 0 ELSE ")
        .push(column)
        .push(" - $4 END WHERE tenant_id = $1 AND app_id = $2 AND day = $3")
}

impl ReportRow {
    fn read(self, tenant: &str) -> Result<Measured, Error> {
        let key = <[u8; 16]>::try_from(self.event_key.as_slice());
        let key = key.map_err(|_| Error::corrupt("usage_event", tenant, "event_key"))?;
        Ok(Measured {
            key: EventKey::from_bytes(key),
            amount: self.amount,
            occurred_at: self.occurred_at.instant()?,
            received_at: self.received_at.instant()?,
        })
    }
}
