//! What is billed of usage, and meters, in the database.

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::{Instant, Period},
    id::{AppId, TenantId},
    metering::{Included, Meter, Metered, Overage, PeriodUse, Resource},
    money::{Amount, UnitPrice},
};

use super::{
    super::{
        ingest::app_of,
        meters::MeterRow,
        store::{PeriodUseRow, metered_rows},
    },
    due::UsageDue,
};
use crate::{
    db::{Db, Error, Rows, Stmt, Time, Tx, Value},
    env::TenantClocks,
};

#[derive(sqlx::FromRow)]
struct PendingRow {
    tenant_id: String,
    app_id: String,
    resource_type: String,
    #[sqlx(flatten)]
    used: PeriodUseRow,
    included_units: i64,
    unit_price: Option<String>,
    overage_units: i64,
    overage_amount: i64,
    trial: bool,
}

#[derive(sqlx::FromRow)]
struct LevelRow {
    app_id: String,
    storage_used: i64,
    storage_at: Option<Time>,
    user_count: i64,
    users_at: Option<Time>,
}

const METER: &[&str] = &[
    "tenant_id",
    "ordinal",
    "since",
    "until",
    "subscription_id",
    "anchor",
    "timezone",
    "number",
    "trial",
    "trial_end",
];

/// Units of which everything is included.
const ALL: i64 = -1;

/// The last meters of tenants.
pub(super) async fn last_meters(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<Vec<(String, Meter)>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, ordinal, since, until, subscription_id, anchor, timezone, number,
                trial, trial_end
         FROM meter AS m WHERE ordinal = (
             SELECT MAX(l.ordinal) FROM meter AS l WHERE l.tenant_id = m.tenant_id)
           AND tenant_id",
    );
    let rows: Vec<MeterRow> = tx.fetch_all(stmt.push_any_text(tenants.iter().copied())).await?;
    rows.into_iter().map(|row| Ok((row.tenant_id.clone(), row.try_into()?))).collect()
}

/// What is open of tenants, or waits for the next invoice; and whether it is of a trial.
pub(super) async fn pending(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<Vec<(String, Metered, bool)>, Error> {
    let stmt = Stmt::new(
        "SELECT u.tenant_id, u.app_id, u.resource_type, u.period_start, u.period_end, u.total_usage,
                u.measured_at, u.included_units, u.unit_price, u.overage_units, u.overage_amount,
                u.late_units, u.late_due, u.bills,
                EXISTS (SELECT 1 FROM meter AS m
                    WHERE m.tenant_id = u.tenant_id AND m.trial AND m.since <= u.period_start
                      AND (m.until IS NULL OR m.until > u.period_start)) AS trial
         FROM metered_usage AS u WHERE (u.status = 'open' OR u.late_units > 0) AND u.tenant_id",
    );
    let stmt = stmt.push_any_text(tenants.iter().copied());
    let stmt = stmt.push(" ORDER BY u.tenant_id, u.period_start, u.app_id, u.resource_type");
    let rows: Vec<PendingRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(PendingRow::read).collect()
}

/// The levels of a tenant's apps, each as of its newest day; shown as of a period that is over.
pub(super) async fn levels(tx: &mut Tx, tenant: &str) -> Result<Vec<Metered>, Error> {
    let stmt = Stmt::new(
        "SELECT d.app_id, d.storage_used, d.storage_at, d.user_count, d.users_at
         FROM usage_day AS d WHERE d.tenant_id = $1 AND d.day = (
             SELECT MAX(l.day) FROM usage_day AS l
             WHERE l.tenant_id = $1 AND l.app_id = d.app_id)
         ORDER BY d.app_id",
    );
    let rows: Vec<LevelRow> = tx.fetch_all(stmt.bind(tenant)).await?;
    let mut levels = Vec::new();
    for row in rows {
        let measured = [
            (Resource::Storage, row.storage_used, row.storage_at),
            (Resource::Users, row.user_count, row.users_at),
        ];
        for (resource, total, at) in measured {
            let Some(at) = at else { continue };
            let app = app_of(&row.app_id, "metered_usage")?;
            levels.push(level(app, resource, total, at.instant()?)?);
        }
    }
    Ok(levels)
}

/// A level as if a period had ended when it was measured.
fn level(
    app: Option<AppId>,
    resource: Resource,
    total: i64,
    at: Instant,
) -> Result<Metered, Error> {
    let before = at.plus_seconds(-1).unwrap_or(Instant::MIN);
    let period = Period::new(before, at).map_err(|_| Error::corrupt("usage_day", "", "day"))?;
    let used = PeriodUse { total, measured_at: Some(at), ..PeriodUse::new(period) };
    let (included, overage) = (Included::All, Overage::default());
    Ok(Metered { app, resource, used, included, overage })
}

/// Writes meters, each with its tenant: new ones, and the ends of those that were there.
pub(super) async fn save_meters(tx: &mut Tx, meters: &[(&str, &Meter)]) -> Result<(), Error> {
    // One that ended and one that began are two rows of a tenant: never one row twice.
    let mut rows = Rows::new("meter", METER).otherwise(
        "ON CONFLICT (tenant_id, ordinal) DO UPDATE SET until = excluded.until,
            trial_end = excluded.trial_end",
    );
    for (tenant, meter) in meters {
        rows.push(vec![
            (*tenant).into(),
            meter.ordinal.into(),
            meter.since.into(),
            meter.until.into(),
            meter.subscription.to_string().into(),
            meter.anchor.to_string().into(),
            meter.zone.name().into(),
            i64::from(meter.number).into(),
            meter.trial.into(),
            meter.trial_end.into(),
        ]);
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

/// Writes what is metered, each with its tenant, over what there may be.
pub(super) async fn save_metered(tx: &mut Tx, all: &[(&str, &Metered)]) -> Result<(), Error> {
    let rows = metered_rows().otherwise(
        "ON CONFLICT (tenant_id, app_id, resource_type, period_start) DO UPDATE SET
            period_end = excluded.period_end, total_usage = excluded.total_usage,
            measured_at = excluded.measured_at, included_units = excluded.included_units,
            unit_price = excluded.unit_price, overage_units = excluded.overage_units,
            overage_amount = excluded.overage_amount, status = excluded.status,
            late_units = excluded.late_units, late_due = excluded.late_due, bills = excluded.bills",
    );
    insert(tx, rows, all).await
}

/// Writes levels that go on, each with its tenant, where nothing is metered in that period yet.
pub(super) async fn carry_on(tx: &mut Tx, all: &[(&str, &Metered)]) -> Result<(), Error> {
    let rows = metered_rows()
        .otherwise("ON CONFLICT (tenant_id, app_id, resource_type, period_start) DO NOTHING");
    insert(tx, rows, all).await
}

async fn insert(tx: &mut Tx, mut rows: Rows, all: &[(&str, &Metered)]) -> Result<(), Error> {
    for (tenant, it) in all {
        rows.push(row(tenant, it));
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

fn row(tenant: &str, it: &Metered) -> Vec<Value> {
    let (included, price) = match it.included {
        Included::All => (ALL, None),
        Included::Units { units, beyond } => (units, Some(beyond.to_string())),
    };
    let used = &it.used;
    vec![
        tenant.into(),
        used.period.start().into(),
        it.app.as_ref().map_or("", AppId::as_str).into(),
        it.resource.as_str().into(),
        used.period.end().into(),
        used.total.into(),
        used.measured_at.into(),
        included.into(),
        price.into(),
        it.overage.units.into(),
        it.overage.amount.into(),
        (if used.bills > 0 { "invoiced" } else { "open" }).into(),
        used.late.into(),
        used.late_due.into(),
        used.bills.into(),
    ]
}

/// Periods that are open and over, and such whose late use has waited long enough: of each the first.
const DUE: [&str; 2] = [
    "SELECT DISTINCT m.period_end AS at, m.tenant_id FROM metered_usage AS m
     WHERE m.status = 'open' AND m.period_end <= $1 AND (m.period_end, m.tenant_id) > ($3, $4)",
    "SELECT DISTINCT m.late_due AS at, m.tenant_id FROM metered_usage AS m
     WHERE m.late_due IS NOT NULL AND m.late_due <= $1 AND (m.late_due, m.tenant_id) > ($3, $4)",
];

/// The next `limit` tenants after another with something metered that is to be billed at `until`: one
/// of them, or all that live by the clock of the service. This reads over all tenants.
pub(super) async fn due(
    db: &Db,
    (only, clocks): (Option<&TenantId>, TenantClocks),
    until: Instant,
    after: Option<&UsageDue>,
    limit: i64,
) -> Result<Vec<UsageDue>, Error> {
    let (after_at, after_tenant) =
        after.map_or((Instant::MIN, ""), |after| (after.at, after.tenant.as_str()));
    let stmt = Stmt::new("SELECT DISTINCT at, tenant_id FROM (SELECT * FROM (");
    let stmt = stmt.bind(until).bind(limit).bind(after_at).bind(after_tenant);
    let (stmt, whose) = match (only, clocks) {
        (Some(only), _) => (stmt.bind(only.as_str()), " AND m.tenant_id = $5"),
        (None, TenantClocks::Ignored) => (stmt, ""),
        (None, TenantClocks::Followed) => (
            stmt,
            " AND NOT EXISTS (SELECT 1 FROM tenant AS t
                WHERE t.tenant_id = m.tenant_id AND t.clock_at IS NOT NULL)",
        ),
    };
    let [open, late] = DUE;
    let stmt = stmt.push(open).push(whose).push(" ORDER BY 1, 2 LIMIT $2) AS open UNION ALL");
    let stmt = stmt.push(" SELECT * FROM (").push(late).push(whose);
    let stmt = stmt.push(" ORDER BY 1, 2 LIMIT $2) AS late) AS due ORDER BY 1, 2 LIMIT $2");
    let rows: Vec<(Time, String)> = db.fetch_all(stmt).await?;
    let read = |(at, tenant): (Time, String)| {
        let corrupt = |_| Error::corrupt("metered_usage", &tenant, "tenant_id");
        Ok(UsageDue { at: at.instant()?, tenant: TenantId::parse(&tenant).map_err(corrupt)? })
    };
    rows.into_iter().map(read).collect()
}

/// Since when the first of that is to be billed, of a tenant, if anything is at `until`.
pub(super) async fn first_due(
    tx: &mut Tx,
    tenant: &TenantId,
    until: Instant,
) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT at FROM (
            SELECT period_end AS at FROM metered_usage
            WHERE tenant_id = $1 AND status = 'open' AND period_end <= $2
            UNION ALL
            SELECT late_due FROM metered_usage
            WHERE tenant_id = $1 AND late_due IS NOT NULL AND late_due <= $2) AS due
         ORDER BY at LIMIT 1",
    );
    let row: Option<(Time,)> = tx.fetch_optional(stmt.bind(tenant.as_str()).bind(until)).await?;
    row.map(|(at,)| at.instant()).transpose()
}

impl PendingRow {
    fn read(self) -> Result<(String, Metered, bool), Error> {
        let corrupt = |column| Error::corrupt("metered_usage", &self.tenant_id, column);
        let used = self.used.read(&self.tenant_id)?;
        let resource =
            Resource::parse(&self.resource_type).map_err(|_| corrupt("resource_type"))?;
        let price = self.unit_price.as_deref().map(UnitPrice::parse).transpose();
        let included = match price.map_err(|_| corrupt("unit_price"))? {
            Some(beyond) => Included::Units { units: self.included_units, beyond },
            None => Included::All,
        };
        let amount = Amount::from_units(self.overage_amount);
        let overage = Overage { units: self.overage_units, amount };
        let metered = Metered {
            app: app_of(&self.app_id, "metered_usage")?,
            resource,
            used,
            included,
            overage,
        };
        Ok((self.tenant_id, metered, self.trial))
    }
}
