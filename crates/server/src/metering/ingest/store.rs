//! Events, days and metering periods in the database.

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::{Date, Instant},
    id::AppId,
    metering::{
        Counted, DayKey, DayUse, EventKey, Kept, Level, PeriodKey, PeriodUse, Resource, Taken,
    },
};

use super::{
    super::store::{PeriodUseRow, day_rows},
    load::{date, resource},
    report::State,
};
use crate::{
    apps::{self, NewApp},
    db::{Error, Rows, Stmt, Time, Tx, Value},
};

/// An event as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) app_id: String,
    pub(super) resource_type: String,
    pub(super) amount: i64,
    pub(super) occurred_at: Time,
    pub(super) received_at: Time,
    pub(super) day: String,
    pub(super) period_start: Option<Time>,
    pub(super) bill: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    tenant_id: String,
    event_key: Vec<u8>,
    app_id: String,
    resource_type: String,
    amount: i64,
    occurred_at: Time,
}

#[derive(sqlx::FromRow)]
struct DayRow {
    tenant_id: String,
    day: String,
    app_id: String,
    api_requests: i64,
    storage_used: i64,
    bandwidth_used: i64,
    user_count: i64,
    sms: i64,
    email: i64,
    login_attempts: i64,
    failed_logins: i64,
    mfa_verifications: i64,
    storage_at: Option<Time>,
    users_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct BeforeRow {
    tenant_id: String,
    app_id: String,
    asked: String,
    day: String,
    storage_used: i64,
    storage_at: Option<Time>,
    user_count: i64,
    users_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct PeriodRow {
    tenant_id: String,
    app_id: String,
    resource_type: String,
    #[sqlx(flatten)]
    used: PeriodUseRow,
}

const EVENT: &[&str] = &[
    "tenant_id",
    "event_key",
    "app_id",
    "resource_type",
    "amount",
    "occurred_at",
    "received_at",
    "day",
    "period_start",
    "bill",
];

const PERIOD: &[&str] = &[
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
    "late_units",
    "late_due",
    "bills",
];

const PRICED_DAY: &[&str] = &["tenant_id", "day", "app_id", "resource_type", "amount"];

/// Rows of events that are to be written, none yet.
pub(super) fn event_rows() -> Rows {
    Rows::new("usage_event", EVENT)
}

/// Units of which everything is included, until a period is billed.
const ALL: i64 = -1;

/// The events with these keys, each after its tenant, that were taken before.
pub(super) async fn taken(
    tx: &mut Tx,
    keys: Vec<(String, Vec<u8>)>,
) -> Result<Vec<(String, EventKey, Taken)>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let stmt =
        Stmt::new("SELECT tenant_id, event_key, app_id, resource_type, amount, occurred_at FROM");
    let stmt = stmt.push_bytes_pairs(keys);
    let stmt = stmt.push(" AS k JOIN usage_event ON tenant_id = k.a AND event_key = k.b");
    let rows: Vec<TakenRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(TakenRow::read).collect()
}

/// An event by its key.
pub(super) async fn event(
    tx: &mut Tx,
    tenant: &str,
    key: &EventKey,
) -> Result<Option<EventRow>, Error> {
    let stmt = Stmt::new(
        "SELECT app_id, resource_type, amount, occurred_at, received_at, day, period_start, bill
         FROM usage_event WHERE tenant_id = $1 AND event_key = $2",
    );
    tx.fetch_optional(stmt.bind(tenant).bind(&key.as_bytes()[..])).await
}

/// Days by tenant, day and app: those of them that are there.
pub(super) async fn days(
    tx: &mut Tx,
    keys: Vec<[String; 3]>,
) -> Result<Vec<((String, DayKey), Kept<DayUse>)>, Error> {
    let stmt = Stmt::new(
        "SELECT d.tenant_id, d.day, d.app_id, d.api_requests, d.storage_used, d.bandwidth_used,
                d.user_count, d.sms, d.email, d.login_attempts, d.failed_logins,
                d.mfa_verifications, d.storage_at, d.users_at FROM",
    );
    let stmt = stmt
        .push_text_triples(keys)
        .push(" AS k JOIN usage_day AS d ON d.tenant_id = k.a AND d.day = k.b AND d.app_id = k.c");
    let rows: Vec<DayRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(DayRow::read).collect()
}

/// The key of a day as it is asked for.
pub(super) fn day_key((tenant, (app, day)): &(String, DayKey)) -> [String; 3] {
    [tenant.clone(), day.to_string(), app_text(app.as_ref()).to_owned()]
}

/// A day that is not there, with its tenant; and the newest before it, with its levels.
type DayBefore = ((String, DayKey), (Date, DayUse));

/// The newest days of the app before the days with these keys, and their levels.
pub(super) async fn days_before(
    tx: &mut Tx,
    keys: Vec<[String; 3]>,
) -> Result<Vec<DayBefore>, Error> {
    let stmt = Stmt::new(
        "SELECT d.tenant_id, d.app_id, k.b AS asked, d.day, d.storage_used, d.storage_at,
                d.user_count, d.users_at FROM",
    );
    let stmt = stmt.push_text_triples(keys).push(
        " AS k JOIN usage_day AS d ON d.tenant_id = k.a AND d.app_id = k.c AND d.day = (
             SELECT MAX(b.day) FROM usage_day AS b
             WHERE b.tenant_id = k.a AND b.app_id = k.c AND b.day < k.b)",
    );
    let rows: Vec<BeforeRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(BeforeRow::read).collect()
}

/// A day's use of what only an app has a price for, with its tenant.
type PricedDay = (String, (AppId, Date, Resource), Kept<i64>);

/// Days of what only apps have a price for, by tenant, day and app.
pub(super) async fn priced_days(
    tx: &mut Tx,
    keys: Vec<[String; 3]>,
) -> Result<Vec<PricedDay>, Error> {
    let stmt = Stmt::new("SELECT d.tenant_id, d.day, d.app_id, d.resource_type, d.amount FROM");
    let stmt = stmt.push_text_triples(keys).push(
        " AS k JOIN usage_day_priced AS d
             ON d.tenant_id = k.a AND d.day = k.b AND d.app_id = k.c",
    );
    let rows: Vec<(String, String, String, String, i64)> = tx.fetch_all(stmt).await?;
    let read = |(tenant, day, app, name, amount): (String, String, String, String, i64)| {
        let app = AppId::parse(&app);
        let app = app.map_err(|_| Error::corrupt("usage_day_priced", &tenant, "app_id"))?;
        Ok((tenant, (app, date(&day)?, resource(&name)?), Kept::found(amount)))
    };
    rows.into_iter().map(read).collect()
}

/// Metering periods by tenant, app and resource, those that start at `since` or later.
pub(super) async fn periods(
    tx: &mut Tx,
    keys: BTreeSet<[String; 3]>,
    since: Instant,
) -> Result<Vec<((String, PeriodKey), Kept<PeriodUse>)>, Error> {
    let stmt = Stmt::new(
        "SELECT m.tenant_id, m.app_id, m.resource_type, m.period_start, m.period_end, m.total_usage,
                m.measured_at, m.late_units, m.late_due, m.bills FROM",
    );
    let stmt = stmt.push_text_triples(keys.into_iter().collect()).push(
        " AS k JOIN metered_usage AS m ON m.tenant_id = k.a AND m.app_id = k.b
             AND m.resource_type = k.c AND m.period_start >= $4",
    );
    let rows: Vec<PeriodRow> = tx.fetch_all(stmt.bind(since)).await?;
    rows.into_iter().map(PeriodRow::read).collect()
}

/// Writes what a set came to.
pub(super) async fn save(state: &State, tx: &mut Tx) -> Result<(), Error> {
    let (mut apps, mut events) = (Vec::new(), event_rows());
    let mut counted: Vec<(&str, Instant, &Counted)> = Vec::new();
    for (tenant, it) in &state.0 {
        let now = it.now;
        apps.extend(it.tally.new_apps.iter().map(|app| NewApp {
            tenant: it.tenant.clone(),
            app: app.clone(),
            id: it.env.id(now),
            at: now,
        }));
        counted.extend(it.tally.counted.iter().map(|it| (tenant.as_str(), now, it)));
    }
    if counted.is_empty() {
        return Ok(());
    }
    if !apps.is_empty() {
        apps::enter(tx, &apps).await?;
    }
    // In the order of the index, each of its pages is written once.
    counted.sort_unstable_by_key(|(tenant, _, it)| (*tenant, it.key));
    for (tenant, now, it) in counted {
        events.push(event_row(tenant, now, it));
    }
    tx.insert(events).await?;
    save_late_levels(state, tx).await?;
    save_days(state, tx).await?;
    save_periods(state, tx).await
}

fn event_row(tenant: &str, now: Instant, it: &Counted) -> Vec<Value> {
    vec![
        tenant.into(),
        it.key.as_bytes()[..].into(),
        app_text(it.taken.app.as_ref()).into(),
        it.taken.resource.as_str().into(),
        it.taken.amount.into(),
        it.taken.occurred_at.into(),
        now.into(),
        it.day.to_string().into(),
        it.period.map(|(start, _)| start).into(),
        it.period.map(|(_, bill)| bill).into(),
    ]
}

async fn save_days(state: &State, tx: &mut Tx) -> Result<(), Error> {
    let mut days = day_rows().otherwise(
        "ON CONFLICT (tenant_id, day, app_id) DO UPDATE SET api_requests = excluded.api_requests,
            storage_used = excluded.storage_used, bandwidth_used = excluded.bandwidth_used,
            user_count = excluded.user_count, sms = excluded.sms, email = excluded.email,
            login_attempts = excluded.login_attempts, failed_logins = excluded.failed_logins,
            mfa_verifications = excluded.mfa_verifications, storage_at = excluded.storage_at,
            users_at = excluded.users_at",
    );
    let mut priced = Rows::new("usage_day_priced", PRICED_DAY).otherwise(
        "ON CONFLICT (tenant_id, day, app_id, resource_type) DO UPDATE SET amount = excluded.amount",
    );
    for (tenant, it) in &state.0 {
        for (key, kept) in it.tally.days.iter().filter(|(_, kept)| kept.is_changed()) {
            days.push(day_row(tenant, key, &kept.now));
        }
        for ((app, day, resource), kept) in &it.tally.priced_days {
            if kept.is_changed() {
                let (day, app) = (day.to_string(), app.as_str());
                let row = vec![tenant.as_str().into(), day.into(), app.into()];
                priced.push([row, vec![resource.as_str().into(), kept.now.into()]].concat());
            }
        }
    }
    for rows in [days, priced] {
        if !rows.is_empty() {
            tx.insert(rows).await?;
        }
    }
    Ok(())
}

fn day_row(tenant: &str, (app, day): &DayKey, used: &DayUse) -> Vec<Value> {
    vec![
        tenant.into(),
        day.to_string().into(),
        app_text(app.as_ref()).into(),
        used.api_requests.into(),
        used.storage.amount.into(),
        used.bandwidth.into(),
        used.users.amount.into(),
        used.sms.into(),
        used.email.into(),
        used.login_attempts.into(),
        used.failed_logins.into(),
        used.mfa_verifications.into(),
        used.storage.at.into(),
        used.users.at.into(),
    ]
}

async fn save_periods(state: &State, tx: &mut Tx) -> Result<(), Error> {
    // What is proposed keeps every rule of the table, also where there is a row.
    let mut rows = Rows::new("metered_usage", PERIOD).otherwise(
        "ON CONFLICT (tenant_id, app_id, resource_type, period_start) DO UPDATE SET
            total_usage = excluded.total_usage, measured_at = excluded.measured_at,
            late_units = excluded.late_units, late_due = excluded.late_due",
    );
    for (tenant, it) in &state.0 {
        for ((app, resource, start), kept) in &it.tally.periods {
            if !kept.is_changed() {
                continue;
            }
            let used = kept.now;
            rows.push(vec![
                tenant.as_str().into(),
                (*start).into(),
                app_text(app.as_ref()).into(),
                resource.as_str().into(),
                used.period.end().into(),
                used.total.into(),
                used.measured_at.into(),
                ALL.into(),
                0_i64.into(),
                0_i64.into(),
                (if used.bills > 0 { "invoiced" } else { "open" }).into(),
                used.late.into(),
                used.late_due.into(),
                used.bills.into(),
            ]);
        }
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

/// Levels that were measured on days that are over go on into the days since.
async fn save_late_levels(state: &State, tx: &mut Tx) -> Result<(), Error> {
    for (tenant, it) in &state.0 {
        for (((app, day), resource), Level { amount, at }) in &it.tally.late_levels {
            let stmt = match resource {
                Resource::Storage => Stmt::new(
                    "UPDATE usage_day SET storage_used = $4, storage_at = $5
                     WHERE tenant_id = $1 AND app_id = $2 AND day > $3
                       AND (storage_at IS NULL OR storage_at < $5
                            OR (storage_at = $5 AND storage_used < $4))",
                ),
                _ => Stmt::new(
                    "UPDATE usage_day SET user_count = $4, users_at = $5
                     WHERE tenant_id = $1 AND app_id = $2 AND day > $3
                       AND (users_at IS NULL OR users_at < $5
                            OR (users_at = $5 AND user_count < $4))",
                ),
            };
            let stmt = stmt.bind(tenant.as_str()).bind(app_text(app.as_ref()));
            tx.execute(stmt.bind(day.to_string()).bind(*amount).bind(*at)).await?;
        }
    }
    Ok(())
}

/// An app as it is stored; none is ''.
pub(super) fn app_text(app: Option<&AppId>) -> &str {
    app.map_or("", AppId::as_str)
}

/// An app as it was stored.
pub(in super::super) fn app_of(text: &str, table: &'static str) -> Result<Option<AppId>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    AppId::parse(text).map(Some).map_err(|_| Error::corrupt(table, text, "app_id"))
}

impl TakenRow {
    fn read(self) -> Result<(String, EventKey, Taken), Error> {
        let key = <[u8; 16]>::try_from(self.event_key.as_slice());
        let key = key.map_err(|_| Error::corrupt("usage_event", &self.tenant_id, "event_key"))?;
        let taken = Taken {
            app: app_of(&self.app_id, "usage_event")?,
            resource: resource(&self.resource_type)?,
            amount: self.amount,
            occurred_at: self.occurred_at.instant()?,
        };
        Ok((self.tenant_id, EventKey::from_bytes(key), taken))
    }
}

impl DayRow {
    fn read(self) -> Result<((String, DayKey), Kept<DayUse>), Error> {
        let key = (app_of(&self.app_id, "usage_day")?, date(&self.day)?);
        let used = DayUse {
            api_requests: self.api_requests,
            bandwidth: self.bandwidth_used,
            sms: self.sms,
            email: self.email,
            login_attempts: self.login_attempts,
            failed_logins: self.failed_logins,
            mfa_verifications: self.mfa_verifications,
            storage: level(self.storage_used, self.storage_at)?,
            users: level(self.user_count, self.users_at)?,
        };
        Ok(((self.tenant_id, key), Kept::found(used)))
    }
}

impl BeforeRow {
    fn read(self) -> Result<DayBefore, Error> {
        let key = (app_of(&self.app_id, "usage_day")?, date(&self.asked)?);
        let used = DayUse {
            storage: level(self.storage_used, self.storage_at)?,
            users: level(self.user_count, self.users_at)?,
            ..DayUse::default()
        };
        Ok(((self.tenant_id, key), (date(&self.day)?, used)))
    }
}

fn level(amount: i64, at: Option<Time>) -> Result<Level, Error> {
    Ok(Level { amount, at: at.map(Time::instant).transpose()? })
}

impl PeriodRow {
    fn read(self) -> Result<((String, PeriodKey), Kept<PeriodUse>), Error> {
        let app = app_of(&self.app_id, "metered_usage")?;
        let used = self.used.read(&self.tenant_id)?;
        let key = (app, resource(&self.resource_type)?, used.period.start());
        Ok(((self.tenant_id, key), Kept::found(used)))
    }
}
