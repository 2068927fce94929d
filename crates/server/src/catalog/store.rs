//! Plans in the database. They are the platform's, so every tenant reads the same ones.

use countinghouse_core::{
    calendar::Instant,
    catalog::{Plan, PlanStatus, Quotas},
    money::{Amount, Currency},
};

use crate::db::{Db, Error, Rows, Stmt, Tx};

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
}

const COLUMNS: &[&str] = &[
    "name",
    "plan_id",
    "position",
    "display_name",
    "description",
    "currency",
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
    "created_at",
];

const SELECT: &str = "SELECT name, plan_id, display_name, description, currency, monthly_price,
    yearly_price, max_users, max_storage_gb, max_bandwidth_gb, max_api_calls, max_sms, max_email,
    audit_log_days, mfa_enabled, sso_enabled, support_level, is_popular, status FROM plan";

/// The plans that take new subscribers, in the order in which they were made.
pub(super) async fn active(db: &Db) -> Result<Vec<Plan>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE status = $1 ORDER BY position");
    let rows: Vec<PlanRow> = db.fetch_all(stmt.bind(PlanStatus::Active.as_str())).await?;
    rows.into_iter().map(Plan::try_from).collect()
}

/// The plan of that name, or else of that id.
pub(super) async fn find(tx: &mut Tx, name_or_id: &str) -> Result<Option<Plan>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE name = $1 OR plan_id = $1 ORDER BY name <> $1");
    let row: Option<PlanRow> = tx.fetch_optional(stmt.bind(name_or_id)).await?;
    row.map(Plan::try_from).transpose()
}

/// Whether there is any plan, archived ones too.
pub(super) async fn any(tx: &mut Tx) -> Result<bool, Error> {
    let row: Option<(String,)> =
        tx.fetch_optional(Stmt::new("SELECT name FROM plan LIMIT 1")).await?;
    Ok(row.is_some())
}

/// Enters plans at the given places of the list.
pub(super) async fn insert(tx: &mut Tx, plans: &[(i64, Plan)], at: Instant) -> Result<(), Error> {
    let mut rows = Rows::new("plan", COLUMNS);
    for (position, plan) in plans {
        rows.push(vec![
            plan.name.as_str().into(),
            plan.id.to_string().into(),
            (*position).into(),
            plan.display_name.as_str().into(),
            plan.description.clone().into(),
            plan.currency.as_str().into(),
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
            at.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
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
