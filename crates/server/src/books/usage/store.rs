//! What is metered of a tenant, as it is stored.

use countinghouse_core::{
    calendar::{Anchor, Zone},
    metering::{EventKey, Pack},
    money::UnitPrice,
};

use crate::db::{Error, Stmt, Time, Tx};

/// A meter.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct MeterRow {
    pub(super) ordinal: i64,
    pub(super) since: Time,
    pub(super) until: Option<Time>,
    subscription_id: String,
    anchor: String,
    timezone: String,
    trial: bool,
    trial_end: Option<Time>,
}

/// How a meter runs: of which subscription, from which anchor in which zone, whether it is a trial, and
/// when that ends.
pub(super) type RunsAs = (String, String, String, bool, Option<Time>);

/// A live subscription.
#[derive(Debug, sqlx::FromRow)]
struct LiveRow {
    subscription_id: String,
    anchor: String,
    timezone: String,
    trial: bool,
    period_start: Time,
    period_end: Time,
}

/// What is billed of a metering period.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct BilledRow {
    app_id: String,
    resource_type: String,
    period_start: Time,
    pub(super) total_usage: i64,
    pub(super) included_units: i64,
    unit_price: Option<String>,
    pub(super) overage_units: i64,
    pub(super) overage_amount: i64,
    pub(super) late_units: i64,
    pub(super) bills: i64,
}

/// Sums of events of what adds up, by period.
const OF_PERIODS: &str = "SELECT e.period_start, e.app_id, e.resource_type FROM (
        SELECT period_start, app_id, resource_type, CAST(SUM(amount) AS BIGINT) AS amount
        FROM usage_event
        WHERE tenant_id = $1 AND period_start IS NOT NULL
          AND resource_type NOT IN ('storage', 'users')
        GROUP BY period_start, app_id, resource_type) AS e
    LEFT JOIN metered_usage AS m ON m.tenant_id = $1 AND m.app_id = e.app_id
        AND m.resource_type = e.resource_type AND m.period_start = e.period_start
    WHERE m.total_usage IS NULL OR m.total_usage < e.amount
    ORDER BY e.period_start, e.app_id, e.resource_type LIMIT 1";

/// The same by day, of what every tenant has.
const OF_DAYS: &str = "SELECT e.day, e.app_id, e.resource_type FROM (
        SELECT day, app_id, resource_type, CAST(SUM(amount) AS BIGINT) AS amount
        FROM usage_event WHERE tenant_id = $1 GROUP BY day, app_id, resource_type) AS e
    LEFT JOIN usage_day AS d ON d.tenant_id = $1 AND d.day = e.day AND d.app_id = e.app_id
    WHERE e.amount > CASE e.resource_type
        WHEN 'api_calls' THEN COALESCE(d.api_requests, 0)
        WHEN 'bandwidth' THEN COALESCE(d.bandwidth_used, 0)
        WHEN 'sms' THEN COALESCE(d.sms, 0)
        WHEN 'email' THEN COALESCE(d.email, 0)
        WHEN 'login_attempts' THEN COALESCE(d.login_attempts, 0)
        WHEN 'failed_logins' THEN COALESCE(d.failed_logins, 0)
        WHEN 'mfa_verifications' THEN COALESCE(d.mfa_verifications, 0)
        ELSE e.amount END
    ORDER BY e.day, e.app_id, e.resource_type LIMIT 1";

/// Months of endpoints that are not what their days come to, and days without a month. The time that
/// calls took is whole seconds and the rest, since that of a month can't be counted in one number.
const UNLIKE_DAYS: &str =
    "SELECT COALESCE(d.month, m.month) AS month, COALESCE(d.app_id, m.app_id) AS app_id,
        COALESCE(d.endpoint, m.endpoint) AS endpoint
    FROM (SELECT substr(day, 1, 7) AS month, app_id, endpoint, SUM(request_count) AS requests,
            SUM(error_count) AS errors, CAST(SUM(latency_us / 1000000) AS BIGINT) AS seconds,
            CAST(SUM(latency_us % 1000000) AS BIGINT) AS rest
        FROM endpoint_day WHERE tenant_id = $1 GROUP BY 1, 2, 3) AS d
    FULL JOIN (SELECT * FROM endpoint_month WHERE tenant_id = $1) AS m
        ON m.month = d.month AND m.app_id = d.app_id AND m.endpoint = d.endpoint
    WHERE m.month IS NULL OR d.month IS NULL OR m.request_count <> d.requests
        OR m.error_count <> d.errors OR m.latency_s <> d.seconds + d.rest / 1000000
        OR m.latency_us <> d.rest % 1000000
    ORDER BY 1, 2, 3 LIMIT 1";

/// A tenant's meters, in their order.
pub(super) async fn meters(tx: &mut Tx, tenant: &str) -> Result<Vec<MeterRow>, Error> {
    let stmt = Stmt::new(
        "SELECT ordinal, since, until, subscription_id, anchor, timezone, trial, trial_end
         FROM meter
         WHERE tenant_id = $1 ORDER BY ordinal",
    );
    tx.fetch_all(stmt.bind(tenant)).await
}

/// How the meter of the tenant's live subscription should run, if it has one.
pub(super) async fn live(tx: &mut Tx, tenant: &str) -> Result<Option<RunsAs>, Error> {
    let stmt = Stmt::new(
        "SELECT subscription_id, anchor, timezone, status = 'trial' AS trial, period_start,
                period_end
         FROM subscription WHERE tenant_id = $1 AND status NOT IN ('cancelled', 'expired')",
    );
    let row: Option<LiveRow> = tx.fetch_optional(stmt.bind(tenant)).await?;
    row.map(LiveRow::runs_as).transpose()
}

/// What is billed of all metering periods of a tenant.
pub(super) async fn billed(tx: &mut Tx, tenant: &str) -> Result<Vec<BilledRow>, Error> {
    let stmt = Stmt::new(
        "SELECT app_id, resource_type, period_start, total_usage, included_units, unit_price,
                overage_units, overage_amount, late_units, bills
         FROM metered_usage WHERE tenant_id = $1
         ORDER BY period_start, app_id, resource_type",
    );
    tx.fetch_all(stmt.bind(tenant)).await
}

/// Whether any figure of a tenant was set right.
pub(super) async fn is_corrected(tx: &mut Tx, tenant: &str) -> Result<bool, Error> {
    let stmt = Stmt::new("SELECT EXISTS (SELECT 1 FROM usage_correction WHERE tenant_id = $1)");
    tx.fetch_scalar(stmt.bind(tenant)).await
}

/// The first period that has less than the events that count in it, and whose it is.
pub(super) async fn lost_of_period(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<(String, String, String)>, Error> {
    let row: Option<(Time, String, String)> =
        tx.fetch_optional(Stmt::new(OF_PERIODS).bind(tenant)).await?;
    row.map(|(start, app, resource)| Ok((start.instant()?.to_string(), app, resource))).transpose()
}

/// The first day of which that is so.
pub(super) async fn lost_of_day(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<(String, String, String)>, Error> {
    tx.fetch_optional(Stmt::new(OF_DAYS).bind(tenant)).await
}

/// The first month in which an endpoint of an app was not called as often as on its days, if there is
/// one.
pub(super) async fn unlike_days(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<(String, String, String)>, Error> {
    tx.fetch_optional(Stmt::new(UNLIKE_DAYS).bind(tenant)).await
}

/// How many packs are read at a time.
const PACKS: i64 = 64;

/// The next packs of a tenant after the one that begins with a key. They begin with that one, so that
/// each pair is seen; none is left where it is the only one.
pub(super) async fn packs(
    tx: &mut Tx,
    tenant: &str,
    after: Option<EventKey>,
) -> Result<Vec<Pack>, Error> {
    let stmt = Stmt::new(
        "SELECT first_key, entries FROM usage_pack WHERE tenant_id = $1 AND first_key >= $2
         ORDER BY first_key LIMIT $3",
    );
    let from = after.unwrap_or(Pack::of_all().first());
    let stmt = stmt.bind(tenant).bind(&from.as_bytes()[..]).bind(PACKS);
    let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.fetch_all(stmt).await?;
    if after.is_some() && rows.len() < 2 {
        return Ok(Vec::new());
    }
    let read = |(first, entries): (Vec<u8>, Vec<u8>)| {
        let corrupt = |column| Error::corrupt("usage_pack", &hex::encode(&first), column);
        let key = <[u8; 16]>::try_from(first.as_slice()).map_err(|_| corrupt("first_key"))?;
        Pack::read(EventKey::from_bytes(key), &entries).map_err(|_| corrupt("entries"))
    };
    rows.into_iter().map(read).collect()
}

/// One of these keys whose event is there.
pub(super) async fn still_there(
    tx: &mut Tx,
    tenant: &str,
    keys: impl Iterator<Item = EventKey>,
) -> Result<Option<String>, Error> {
    let keys = keys.map(|key| (tenant.to_owned(), key.as_bytes().to_vec())).collect();
    let stmt = Stmt::new("SELECT e.event_key FROM").push_bytes_pairs(keys);
    let stmt = stmt.push(
        " AS k JOIN usage_event AS e ON e.tenant_id = k.a AND e.event_key = k.b
         ORDER BY e.event_key LIMIT 1",
    );
    let row: Option<(Vec<u8>,)> = tx.fetch_optional(stmt).await?;
    Ok(row.map(|(key,)| hex::encode(key)))
}

impl LiveRow {
    /// How its meter runs: that of a trial from its start.
    fn runs_as(self) -> Result<RunsAs, Error> {
        let Self { subscription_id, mut anchor, timezone, trial, period_start, period_end } = self;
        if trial {
            let zone = Zone::parse(&timezone);
            let zone =
                zone.map_err(|_| Error::corrupt("subscription", &subscription_id, "timezone"))?;
            anchor = Anchor::of(period_start.instant()?, &zone).to_string();
        }
        Ok((subscription_id, anchor, timezone, trial, trial.then_some(period_end)))
    }
}

impl MeterRow {
    /// How it runs.
    pub(super) fn runs_as(&self) -> RunsAs {
        let Self { subscription_id, anchor, timezone, trial, trial_end, .. } = self;
        (subscription_id.clone(), anchor.clone(), timezone.clone(), *trial, *trial_end)
    }
}

impl BilledRow {
    /// What a unit beyond what is included costs, if anything is not.
    pub(super) fn price(&self) -> Result<Option<UnitPrice>, Error> {
        let price = self.unit_price.as_deref().map(UnitPrice::parse).transpose();
        price.map_err(|_| Error::corrupt("metered_usage", &self.name(), "unit_price"))
    }

    /// How it is called.
    pub(super) fn name(&self) -> String {
        let start = self.period_start.instant().map(|at| at.to_string()).unwrap_or_default();
        format!("{start}:{}:{}", self.app_id, self.resource_type)
    }
}
