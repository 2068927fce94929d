//! Plans in the database. They are the platform's, so every tenant reads the same ones.

use std::collections::BTreeMap;

use countinghouse_core::{
    catalog::{Gates, Listing, Plan, PlanStatus, Quotas},
    id::GateKey,
    money::{Amount, Currency},
};

use crate::db::{Db, Error, Rows, Stmt, Time, Tx, Value};

#[derive(sqlx::FromRow)]
struct PlanRow {
    name: String,
    plan_id: String,
    display_name: String,
    description: Option<String>,
    currency: String,
    monthly_price: i64,
    yearly_price: i64,
    max_users: i64,
    max_storage_gb: i64,
    max_bandwidth_gb: i64,
    max_api_calls: i64,
    max_sms: i64,
    max_email: i64,
    audit_log_days: i64,
    mfa_enabled: bool,
    sso_enabled: bool,
    support_level: String,
    is_popular: bool,
    status: String,
    created_at: Time,
    updated_at: Time,
    position: i64,
}

/// What never changes of a plan, and then what may.
const COLUMNS: &[&str] = &[
    "name",
    "plan_id",
    "position",
    "currency",
    "created_at",
    "display_name",
    "description",
    "monthly_price",
    "yearly_price",
    "max_users",
    "max_storage_gb",
    "max_bandwidth_gb",
    "max_api_calls",
    "max_sms",
    "max_email",
    "audit_log_days",
    "mfa_enabled",
    "sso_enabled",
    "support_level",
    "is_popular",
    "status",
    "updated_at",
];

const SELECT: &str = "SELECT name, plan_id, display_name, description, currency, monthly_price,
    yearly_price, max_users, max_storage_gb, max_bandwidth_gb, max_api_calls, max_sms, max_email,
    audit_log_days, mfa_enabled, sso_enabled, support_level, is_popular, status, created_at,
    updated_at, position FROM plan";

/// The plans that take new subscribers, in the order in which they were made.
pub(super) async fn active(db: &Db) -> Result<Vec<Plan>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE status = $1 ORDER BY position");
    let rows: Vec<PlanRow> = db.fetch_all(stmt.bind(PlanStatus::Active.as_str())).await?;
    rows.into_iter().map(Plan::try_from).collect()
}

/// The plan of that name, or else of that id.
pub(super) async fn find(tx: &mut Tx, name_or_id: &str) -> Result<Option<Plan>, Error> {
    let row: Option<PlanRow> = tx.fetch_optional(called(name_or_id)).await?;
    row.map(Plan::try_from).transpose()
}

/// The plan that a tenant subscribes to now, or else the one called `otherwise`.
pub(super) async fn of_tenant(
    tx: &mut Tx,
    tenant: &str,
    otherwise: &str,
) -> Result<Option<Plan>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" WHERE name = COALESCE((SELECT plan FROM tenant_plan WHERE tenant_id = $1), $2)");
    let row: Option<PlanRow> = tx.fetch_optional(stmt.bind(tenant).bind(otherwise)).await?;
    row.map(Plan::try_from).transpose()
}

/// The plan of that name, or else of that id, for whoever reads nothing else.
pub(super) async fn find_alone(db: &Db, name_or_id: &str) -> Result<Option<Plan>, Error> {
    let row: Option<PlanRow> = db.fetch_optional(called(name_or_id)).await?;
    row.map(Plan::try_from).transpose()
}

fn called(name_or_id: &str) -> Stmt {
    let stmt = Stmt::new(SELECT).push(" WHERE name = $1 OR plan_id = $1 ORDER BY name <> $1");
    stmt.bind(name_or_id)
}

/// The plans of these names.
pub(super) async fn named<'a>(
    tx: &mut Tx,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Plan>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE name").push_any_text(names);
    let rows: Vec<PlanRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|row| Ok((row.name.clone(), row.try_into()?))).collect()
}

/// Whether there is any plan, archived ones too.
pub(super) async fn any(tx: &mut Tx) -> Result<bool, Error> {
    let row: Option<(String,)> =
        tx.fetch_optional(Stmt::new("SELECT name FROM plan LIMIT 1")).await?;
    Ok(row.is_some())
}

/// The plan of that name or id, with its gates.
pub(super) async fn listing(tx: &mut Tx, name_or_id: &str) -> Result<Option<Listing>, Error> {
    let row: Option<PlanRow> = tx.fetch_optional(called(name_or_id)).await?;
    let Some(row) = row else { return Ok(None) };
    let gates = gates(tx, [row.name.as_str()]).await?.remove(&row.name);
    row.listing(gates.unwrap_or_default()).map(Some)
}

/// The plans with one of these statuses and their places in the list, newest first.
pub(super) async fn listings(
    tx: &mut Tx,
    statuses: &[PlanStatus],
) -> Result<Vec<(i64, Listing)>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" WHERE status")
        .push_any_text(statuses.iter().map(|status| status.as_str()))
        .push(" ORDER BY position DESC");
    let rows: Vec<PlanRow> = tx.fetch_all(stmt).await?;
    let mut all = gates(tx, rows.iter().map(|row| row.name.as_str())).await?;
    let listed = rows.into_iter().map(|row| {
        let gates = all.remove(&row.name).unwrap_or_default();
        Ok((row.position, row.listing(gates)?))
    });
    listed.collect()
}

/// The place of the newest plan, archived ones too; 0 if there is none.
pub(super) async fn last_position(tx: &mut Tx) -> Result<i64, Error> {
    tx.fetch_scalar(Stmt::new("SELECT COALESCE(MAX(position), 0) FROM plan")).await
}

/// The gates of plans that are no flags of them.
async fn gates<'a>(
    tx: &mut Tx,
    plans: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Gates>, Error> {
    let stmt = Stmt::new("SELECT plan, gate_key, enabled FROM plan_gate WHERE plan");
    let rows: Vec<(String, String, bool)> = tx.fetch_all(stmt.push_any_text(plans)).await?;
    let mut all: BTreeMap<String, Gates> = BTreeMap::new();
    for (plan, key, enabled) in rows {
        let corrupt = |_| Error::corrupt("plan_gate", &plan, "gate_key");
        let key = GateKey::parse(&key).map_err(corrupt)?;
        all.entry(plan).or_default().insert(key, enabled);
    }
    Ok(all)
}

/// Enters plans at the given places of the list.
pub(super) async fn insert(tx: &mut Tx, plans: &[(i64, Listing)]) -> Result<(), Error> {
    let mut rows = Rows::new("plan", COLUMNS);
    for (position, listing) in plans {
        let plan = &listing.plan;
        let mut row: Vec<Value> = vec![
            plan.name.as_str().into(),
            plan.id.to_string().into(),
            (*position).into(),
            plan.currency.as_str().into(),
            listing.created_at.into(),
        ];
        row.extend(changing(listing));
        rows.push(row);
    }
    tx.insert(rows).await?;
    save_gates(tx, plans.iter().map(|(_, listing)| listing)).await
}

/// Saves what became of a plan. Its name, id, currency and place are for ever.
pub(super) async fn update(tx: &mut Tx, listing: &Listing) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE plan SET display_name = $2, description = $3, monthly_price = $4,
             yearly_price = $5, max_users = $6, max_storage_gb = $7, max_bandwidth_gb = $8,
             max_api_calls = $9, max_sms = $10, max_email = $11, audit_log_days = $12,
             mfa_enabled = $13, sso_enabled = $14, support_level = $15, is_popular = $16,
             status = $17, updated_at = $18
         WHERE name = $1",
    );
    let stmt = stmt.bind(listing.plan.name.as_str());
    tx.execute(changing(listing).into_iter().fold(stmt, Stmt::bind)).await?;
    save_gates(tx, [listing]).await
}

/// The values that may change, in the order of the columns.
fn changing(listing: &Listing) -> [Value; 17] {
    let plan = &listing.plan;
    [
        plan.display_name.as_str().into(),
        plan.description.as_deref().into(),
        plan.monthly_price.into(),
        plan.yearly_price.into(),
        plan.quotas.users.into(),
        plan.quotas.storage_gb.into(),
        plan.quotas.bandwidth_gb.into(),
        plan.quotas.api_calls.into(),
        plan.quotas.sms.into(),
        plan.quotas.email.into(),
        plan.audit_log_days.into(),
        plan.mfa_enabled.into(),
        plan.sso_enabled.into(),
        plan.support_level.as_str().into(),
        plan.is_popular.into(),
        plan.status.as_str().into(),
        listing.updated_at.into(),
    ]
}

async fn save_gates(
    tx: &mut Tx,
    listings: impl IntoIterator<Item = &Listing>,
) -> Result<(), Error> {
    let mut rows = Rows::new("plan_gate", &["plan", "gate_key", "enabled"])
        .otherwise("ON CONFLICT (plan, gate_key) DO UPDATE SET enabled = excluded.enabled");
    for listing in listings {
        for (key, enabled) in &listing.gates {
            let name = listing.plan.name.as_str();
            rows.push(vec![name.into(), key.as_str().into(), (*enabled).into()]);
        }
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

impl PlanRow {
    fn listing(self, gates: Gates) -> Result<Listing, Error> {
        let (created_at, updated_at) = (self.created_at.instant()?, self.updated_at.instant()?);
        Ok(Listing { plan: self.try_into()?, gates, created_at, updated_at })
    }
}

impl TryFrom<PlanRow> for Plan {
    type Error = Error;

    fn try_from(row: PlanRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("plan", &row.name, column);
        Ok(Self {
            id: row.plan_id.parse().map_err(|_| corrupt("plan_id"))?,
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            status: PlanStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            display_name: row.display_name,
            description: row.description,
            monthly_price: Amount::from_units(row.monthly_price),
            yearly_price: Amount::from_units(row.yearly_price),
            quotas: Quotas {
                users: row.max_users,
                storage_gb: row.max_storage_gb,
                bandwidth_gb: row.max_bandwidth_gb,
                api_calls: row.max_api_calls,
                sms: row.max_sms,
                email: row.max_email,
            },
            audit_log_days: row.audit_log_days,
            mfa_enabled: row.mfa_enabled,
            sso_enabled: row.sso_enabled,
            support_level: row.support_level,
            is_popular: row.is_popular,
            name: row.name,
        })
    }
}
