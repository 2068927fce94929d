//! What was used, in the database.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::{Date, Instant, Zone, date_of},
    metering::{Levels, Resource, Standing},
};

use crate::db::{Columns, Error, Stmt, Time, Tx};

/// The sums of a day, in the order of their columns.
const SUMS: [Resource; 7] = [
    Resource::ApiCalls,
    Resource::Bandwidth,
    Resource::Sms,
    Resource::Email,
    Resource::LoginAttempts,
    Resource::FailedLogins,
    Resource::MfaVerifications,
];

/// The rows of a day's apps in one text: a timeline is thousands of them, and what a row costs on its
/// way is what all cost.
const DAYS: &str = "SELECT day, string_agg(concat_ws(' ', api_requests, bandwidth_used, sms, email,
        login_attempts, failed_logins, mfa_verifications, storage_used, user_count,
        '=' || app_id), ' ') AS apps
    FROM usage_day WHERE tenant_id = $1 AND day >= $2 AND day <= $3 GROUP BY day";

/// The same of one app. By single days, since the key has the day before the app: of a range of days
/// the rows of all apps would be read.
const DAYS_OF_APP: &str = "SELECT day, concat_ws(' ', api_requests, bandwidth_used, sms, email,
        login_attempts, failed_logins, mfa_verifications, storage_used, user_count,
        '=' || app_id) AS apps
    FROM usage_day WHERE tenant_id = $1 AND app_id = $2 AND day";

/// The apps that a tenant's days name, one jump through the index for each.
const ALL_APPS: &str = "WITH RECURSIVE app (id) AS (
        SELECT MIN(app_id) FROM usage_day WHERE tenant_id = $1
        UNION ALL
        SELECT (SELECT MIN(app_id) FROM usage_day WHERE tenant_id = $1 AND app_id > app.id)
        FROM app WHERE app.id IS NOT NULL)";

/// The one app that is asked for.
const ONE_APP: &str = "WITH app (id) AS (SELECT CAST($3 AS TEXT))";

/// Each app's newest levels up to a day. Single values and no join, so that no other row is read,
/// whatever the engine thinks of the table's size.
const LEVELS: &str = ", newest (id, day) AS (
        SELECT app.id, (SELECT MAX(day) FROM usage_day
            WHERE tenant_id = $1 AND app_id = app.id AND day <= $2)
        FROM app WHERE app.id IS NOT NULL)
    SELECT newest.id,
        (SELECT storage_used FROM usage_day
            WHERE tenant_id = $1 AND app_id = newest.id AND day = newest.day) AS storage,
        (SELECT user_count FROM usage_day
            WHERE tenant_id = $1 AND app_id = newest.id AND day = newest.day) AS users,
        (SELECT deleted_at FROM subscription_app WHERE tenant_id = $1 AND app_id = newest.id)
            AS deleted_at
    FROM newest";

/// The billionth part, and the rest: the sum of either can be counted where that of the whole can't.
const BILLION: i128 = 1_000_000_000;

/// What an app used on a day, or what was used in no app.
#[derive(Clone, Debug)]
pub(super) struct AppDay {
    pub(super) day: Date,
    /// The app; empty is none.
    pub(super) app: String,
    sums: [i64; SUMS.len()],
    /// As the day ended.
    pub(super) levels: Levels,
}

/// Sums of what was used, by resource.
pub(super) type Used = BTreeMap<Resource, i128>;

type LevelsRow = (String, Option<i64>, Option<i64>, Option<Time>);

impl AppDay {
    /// What was used of a resource that is counted by sums; 0 of one that is not kept by day.
    pub(super) fn sum(&self, resource: &Resource) -> i64 {
        let place = SUMS.iter().position(|it| it == resource);
        place.map_or(0, |place| self.sums[place])
    }

    /// Adds what was used of each resource.
    pub(super) fn add_to(&self, used: &mut Used) {
        for (resource, sum) in SUMS.iter().zip(self.sums) {
            *used.entry(resource.clone()).or_default() += i128::from(sum);
        }
    }

    fn read(day: Date, columns: &mut Columns<'_>) -> Option<Self> {
        let mut sums = [0; SUMS.len()];
        for sum in &mut sums {
            *sum = columns.whole()?;
        }
        let levels = Levels { storage: columns.whole()?, users: columns.whole()? };
        let app = columns.word()?.strip_prefix('=')?.to_owned();
        Some(Self { day, app, sums, levels })
    }
}

/// Whether anything was ever counted for a tenant.
pub(super) async fn has_any(tx: &mut Tx, tenant: &str) -> Result<bool, Error> {
    let stmt = Stmt::new(
        "SELECT EXISTS (SELECT 1 FROM usage_day WHERE tenant_id = $1)
            OR EXISTS (SELECT 1 FROM usage_day_priced WHERE tenant_id = $1)",
    );
    tx.fetch_scalar(stmt.bind(tenant)).await
}

/// What each app used on each day from one to another, both of them too, in whatever order; or one app
/// only.
pub(super) async fn days(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    (from, to): (Date, Date),
) -> Result<Vec<AppDay>, Error> {
    let stmt = match app {
        Some(app) => {
            let days = (0..=from.days_until(to)).filter_map(|ahead| from.plus_days(ahead).ok());
            let days = days.map(|day| day.to_string());
            Stmt::new(DAYS_OF_APP).bind(tenant).bind(app).push_any_text(days)
        }
        None => Stmt::new(DAYS).bind(tenant).bind(from.to_string()).bind(to.to_string()),
    };
    let rows: Vec<(String, String)> = tx.fetch_all(stmt).await?;
    let mut days = Vec::new();
    for (day, apps) in &rows {
        let corrupt = || Error::corrupt("usage_day", day, "day");
        let date = Date::parse(day).map_err(|_| corrupt())?;
        let mut columns = Columns::new(apps);
        while !columns.is_empty() {
            days.push(AppDay::read(date, &mut columns).ok_or_else(corrupt)?);
        }
    }
    Ok(days)
}

/// What was used, on days from one to another, of resources that only apps have prices for.
pub(super) async fn priced(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    (from, to): (Date, Date),
) -> Result<Used, Error> {
    let stmt = Stmt::new(
        "SELECT resource_type, CAST(SUM(amount / 1000000000) AS BIGINT),
            CAST(SUM(amount % 1000000000) AS BIGINT)
         FROM usage_day_priced WHERE tenant_id = $1 AND day >= $2 AND day <= $3",
    );
    let stmt = stmt.bind(tenant).bind(from.to_string()).bind(to.to_string());
    let stmt = match app {
        Some(app) => stmt.push(" AND app_id = $4").bind(app),
        None => stmt,
    };
    let rows: Vec<(String, i64, i64)> = tx.fetch_all(stmt.push(" GROUP BY resource_type")).await?;
    let sum = |(name, billions, rest): (String, i64, i64)| {
        Ok((resource("usage_day_priced", &name)?, exact(billions, rest)))
    };
    rows.into_iter().map(sum).collect()
}

/// A sum by its billions and the rest.
pub(super) fn exact(billions: i64, rest: i64) -> i128 {
    i128::from(billions) * BILLION + i128::from(rest)
}

/// What was used in the metering period that began at an instant, by resource; of one app or of all,
/// of one resource or of all.
pub(super) async fn metered(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    start: Instant,
) -> Result<Used, Error> {
    let stmt = Stmt::new(
        "SELECT resource_type, total_usage FROM metered_usage
         WHERE tenant_id = $1 AND period_start = $2",
    );
    let stmt = stmt.bind(tenant).bind(start);
    let stmt = match app {
        Some(app) => stmt.push(" AND app_id = $3").bind(app),
        None => stmt,
    };
    let mut used = Used::new();
    let rows: Vec<(String, i64)> = tx.fetch_all(stmt).await?;
    for (name, total) in rows {
        *used.entry(resource("metered_usage", &name)?).or_default() += i128::from(total);
    }
    Ok(used)
}

/// The levels of each app as they were last told, up to a day; or those of one app.
pub(super) async fn standing(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    until: Date,
    zone: &Zone,
) -> Result<Standing, Error> {
    let stmt = Stmt::new(if app.is_some() { ONE_APP } else { ALL_APPS }).push(LEVELS);
    let stmt = stmt.bind(tenant).bind(until.to_string());
    let stmt = match app {
        Some(app) => stmt.bind(app),
        None => stmt,
    };
    let rows: Vec<LevelsRow> = tx.fetch_all(stmt).await?;
    let mut standing = Standing::default();
    for (app, storage, users, deleted_at) in rows {
        if let Some((storage, users)) = storage.zip(users) {
            standing.tell(&app, Levels { storage, users });
        }
        if let Some(at) = deleted_at {
            standing.delete(&app, date_of(at.instant()?, zone));
        }
    }
    Ok(standing)
}

/// The resource that a row names.
pub(super) fn resource(table: &'static str, name: &str) -> Result<Resource, Error> {
    Resource::parse(name).map_err(|_| Error::corrupt(table, name, "resource_type"))
}
