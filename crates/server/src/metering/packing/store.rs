//! Events that are old, and passes, in the database.

mod packs;

use std::collections::{BTreeSet, HashMap};

use countinghouse_core::{
    calendar::{Instant, Zone, date_of},
    id::TenantId,
    metering::{EventKey, FUTURE_SECONDS_MAX, Old, Taken},
};

pub(super) use self::packs::{firsts, packs, put_packs};
pub(in super::super) use self::packs::{packed, with_packs};
use super::super::ingest::{app_of, resource};
use crate::{
    db::{Db, Error, Rows, Stmt, Time, Tx},
    env::{Env, TenantClocks},
};

/// Whose pass is due.
#[derive(Clone, Debug)]
pub(super) struct Due {
    /// Whoever has days up to this one may have events that go.
    day: String,
    /// Whoever had a pass for a later instant than this has had one lately.
    last: Instant,
    clocks: TenantClocks,
}

/// How far a tenant's events were gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    /// What was reported before that goes.
    pub(super) before: Instant,
    /// Where it goes on, if it is not at its end.
    pub(super) next_key: Option<EventKey>,
}

/// Of which app a level is, and which one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Series(String, String);

#[derive(sqlx::FromRow)]
struct OldRow {
    event_key: Vec<u8>,
    app_id: String,
    resource_type: String,
    amount: i64,
    occurred_at: Time,
    received_at: Time,
    is_settled: bool,
}

const PASS: &[&str] = &["tenant_id", "received_before", "next_key"];

/// Events, and whether the period that each counts in was billed and nothing of it waits.
const EVENTS: &str = "SELECT e.event_key, e.app_id, e.resource_type, e.amount, e.occurred_at,
        e.received_at, e.period_start IS NULL
            OR (COALESCE(m.status, 'open') = 'invoiced' AND m.late_units = 0) AS is_settled
    FROM usage_event AS e LEFT JOIN metered_usage AS m
        ON m.tenant_id = $1 AND m.app_id = e.app_id AND m.resource_type = e.resource_type
            AND m.period_start = e.period_start
    WHERE e.tenant_id = $1";

/// The last report of a level that is settled, of those before an instant.
const LAST_OF_LEVEL: &str = " AS k JOIN usage_event AS e ON e.tenant_id = k.a AND e.event_key = (
    SELECT l.event_key FROM usage_event AS l
    WHERE l.tenant_id = k.a AND l.app_id = k.b AND l.resource_type = k.c
        AND l.resource_type IN ('storage', 'users') AND l.occurred_at <= $4 AND l.received_at < $5
        AND l.amount > 0 AND (l.period_start IS NULL OR EXISTS (
            SELECT 1 FROM metered_usage AS m
            WHERE m.tenant_id = k.a AND m.app_id = l.app_id AND m.resource_type = l.resource_type
                AND m.period_start = l.period_start AND m.status = 'invoiced' AND m.late_units = 0))
    ORDER BY l.occurred_at DESC LIMIT 1)";

impl Due {
    /// What is due to those who live by the clock of the service. Who has a clock of its own is asked.
    pub(super) fn at(env: &Env, days: i64, between: i64) -> Self {
        let now = env.now();
        let limit = now.plus_days(-days).unwrap_or(Instant::MIN);
        // A day of any zone, and reports of what is ahead.
        let day = date_of(limit.plus_days(2).unwrap_or(now), &Zone::UTC).to_string();
        let last = limit.plus_days(-between).unwrap_or(Instant::MIN);
        Self { day, last, clocks: env.tenant_clocks }
    }
}

/// The next `limit` tenants after another whose pass is under way or due.
pub(super) async fn due(
    db: &Db,
    due: &Due,
    after: &str,
    limit: i64,
) -> Result<Vec<TenantId>, Error> {
    let stmt = Stmt::new(
        "SELECT t.tenant_id FROM tenant AS t LEFT JOIN usage_pass AS p ON p.tenant_id = t.tenant_id
         WHERE t.tenant_id > $1 AND (p.next_key IS NOT NULL
            OR ((p.received_before IS NULL OR p.received_before <= $2) AND (
                EXISTS (SELECT 1 FROM usage_day AS d
                    WHERE d.tenant_id = t.tenant_id AND d.day <= $3)
                OR EXISTS (SELECT 1 FROM usage_day_priced AS d
                    WHERE d.tenant_id = t.tenant_id AND d.day <= $3)))",
    );
    let stmt = stmt.bind(after).bind(due.last).bind(due.day.as_str());
    let stmt = match due.clocks {
        TenantClocks::Followed => stmt.push(" OR t.clock_at IS NOT NULL"),
        TenantClocks::Ignored => stmt,
    };
    let rows: Vec<(String,)> =
        db.fetch_all(stmt.push(") ORDER BY t.tenant_id LIMIT $4").bind(limit)).await?;
    let read = |(tenant,): (String,)| {
        TenantId::parse(&tenant).map_err(|_| Error::corrupt("tenant", &tenant, "tenant_id"))
    };
    rows.into_iter().map(read).collect()
}

/// The last pass of a tenant.
pub(super) async fn pass(tx: &mut Tx, tenant: &str) -> Result<Option<Pass>, Error> {
    let stmt = Stmt::new("SELECT received_before, next_key FROM usage_pass WHERE tenant_id = $1");
    let row: Option<(Time, Option<Vec<u8>>)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    let Some((before, next)) = row else { return Ok(None) };
    let next_key = next.map(|key| event_key(&key, "usage_pass", tenant)).transpose()?;
    Ok(Some(Pass { before: before.instant()?, next_key }))
}

/// Keeps how far a pass came.
pub(super) async fn put_pass(tx: &mut Tx, tenant: &str, pass: Pass) -> Result<(), Error> {
    let mut rows = Rows::new("usage_pass", PASS).otherwise(
        "ON CONFLICT (tenant_id) DO UPDATE SET received_before = excluded.received_before,
            next_key = excluded.next_key",
    );
    let next_key = pass.next_key.map(|key| key.as_bytes().to_vec());
    rows.push(vec![tenant.into(), pass.before.into(), next_key.into()]);
    tx.insert(rows).await?;
    Ok(())
}

/// The next events of a tenant from a key on, at most `limit`.
pub(super) async fn page(
    tx: &mut Tx,
    tenant: &str,
    from: EventKey,
    limit: i64,
) -> Result<Vec<Old>, Error> {
    let stmt = Stmt::new(EVENTS).bind(tenant).push(" AND e.event_key >= $2");
    let stmt = stmt.bind(&from.as_bytes()[..]).push(" ORDER BY e.event_key LIMIT $3");
    let rows: Vec<OldRow> = tx.fetch_all(stmt.bind(limit)).await?;
    rows.into_iter().map(|row| row.read(tenant)).collect()
}

/// Those events of a tenant with these keys that are there.
pub(super) async fn by_keys(
    tx: &mut Tx,
    tenant: &str,
    keys: BTreeSet<EventKey>,
) -> Result<Vec<Old>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(
        "SELECT e.event_key, e.app_id, e.resource_type, e.amount, e.occurred_at, e.received_at,
            TRUE AS is_settled FROM",
    );
    let stmt = stmt.push_bytes_pairs(pairs(tenant, keys));
    let stmt = stmt.push(" AS k JOIN usage_event AS e ON e.tenant_id = k.a AND e.event_key = k.b");
    let rows: Vec<OldRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|row| row.read(tenant)).collect()
}

/// The last reports of levels that are settled, of those that were received before `limit`.
pub(super) async fn last_of_levels(
    tx: &mut Tx,
    tenant: &str,
    series: BTreeSet<Series>,
    limit: Instant,
) -> Result<HashMap<Series, Old>, Error> {
    if series.is_empty() {
        return Ok(HashMap::new());
    }
    let stmt = Stmt::new(
        "SELECT e.event_key, e.app_id, e.resource_type, e.amount, e.occurred_at, e.received_at,
            TRUE AS is_settled FROM",
    );
    let keys = series.into_iter().map(|Series(app, resource)| [tenant.to_owned(), app, resource]);
    let stmt = stmt.push_text_triples(keys.collect()).push(LAST_OF_LEVEL);
    // What is ahead of when it was received is so by so much at most.
    let ahead = limit.plus_seconds(FUTURE_SECONDS_MAX).unwrap_or(Instant::MAX);
    let rows: Vec<OldRow> = tx.fetch_all(stmt.bind(ahead).bind(limit)).await?;
    let read = |row: OldRow| row.read(tenant).map(|it| (Series::of(&it), it));
    rows.into_iter().map(read).collect()
}

/// Removes events that are in packs; says how many.
pub(super) async fn remove(tx: &mut Tx, tenant: &str, keys: &[EventKey]) -> Result<u64, Error> {
    if keys.is_empty() {
        return Ok(0);
    }
    let stmt =
        Stmt::new("DELETE FROM usage_event WHERE tenant_id = $1 AND event_key IN (SELECT k.b FROM");
    let stmt = stmt.bind(tenant).push_bytes_pairs(pairs(tenant, keys.iter().copied()));
    tx.execute(stmt.push(" AS k)")).await
}

fn pairs(tenant: &str, keys: impl IntoIterator<Item = EventKey>) -> Vec<(String, Vec<u8>)> {
    keys.into_iter().map(|key| (tenant.to_owned(), key.as_bytes().to_vec())).collect()
}

fn event_key(bytes: &[u8], table: &'static str, tenant: &str) -> Result<EventKey, Error> {
    let key = <[u8; 16]>::try_from(bytes);
    key.map(EventKey::from_bytes).map_err(|_| Error::corrupt(table, tenant, "key"))
}

impl Series {
    /// What an event is a report of.
    pub(super) fn of(event: &Old) -> Self {
        let app = event.taken.app.as_ref().map(ToString::to_string).unwrap_or_default();
        Self(app, event.taken.resource.to_string())
    }
}

impl OldRow {
    fn read(self, tenant: &str) -> Result<Old, Error> {
        let taken = Taken {
            app: app_of(&self.app_id, "usage_event")?,
            resource: resource(&self.resource_type)?,
            amount: self.amount,
            occurred_at: self.occurred_at.instant()?,
        };
        Ok(Old {
            key: event_key(&self.event_key, "usage_event", tenant)?,
            taken,
            received_at: self.received_at.instant()?,
            is_settled: self.is_settled,
        })
    }
}
