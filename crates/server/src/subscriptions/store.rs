//! Subscriptions in the database.

use countinghouse_core::{
    calendar::{Anchor, Cycle, Period, Zone},
    id::{SubscriptionId, UserId},
    money::{Amount, Currency},
    subscriptions::{NextPlan, Status, Subscription},
};

use crate::{
    command::PLATFORM,
    db::{Error, Rows, Stmt, Time, Tx},
};

#[derive(sqlx::FromRow)]
struct SubscriptionRow {
    tenant_id: String,
    subscription_id: String,
    ordinal: i64,
    plan: String,
    status: String,
    billing_cycle: String,
    amount: i64,
    currency: String,
    auto_renew: bool,
    cancel_at_period_end: bool,
    anchor: String,
    timezone: String,
    period_number: i64,
    period_start: Time,
    period_end: Time,
    period_since: i64,
    next_plan: Option<String>,
    next_cycle: Option<String>,
    trial_end: Option<Time>,
    admin_user_id: String,
    created_at: Time,
    version: i64,
}

const COLUMNS: &[&str] = &[
    "tenant_id",
    "subscription_id",
    "ordinal",
    "plan",
    "status",
    "billing_cycle",
    "amount",
    "currency",
    "auto_renew",
    "cancel_at_period_end",
    "anchor",
    "timezone",
    "period_number",
    "period_start",
    "period_end",
    "period_since",
    "next_plan",
    "next_cycle",
    "trial_end",
    "admin_user_id",
    "created_at",
    "version",
];

const SELECT: &str = "SELECT tenant_id, subscription_id, ordinal, plan, status, billing_cycle,
    amount, currency, auto_renew, cancel_at_period_end, anchor, timezone, period_number,
    period_start, period_end, period_since, next_plan, next_cycle, trial_end, admin_user_id,
    created_at, version FROM subscription";

/// The tenant's last subscription, whatever became of it.
pub(super) async fn latest(tx: &mut Tx, tenant: &str) -> Result<Option<Subscription>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE tenant_id = $1 ORDER BY ordinal DESC LIMIT 1");
    read(tx.fetch_optional(stmt.bind(tenant)).await?)
}

/// One of the tenant's subscriptions.
pub(super) async fn find(
    tx: &mut Tx,
    tenant: &str,
    id: SubscriptionId,
) -> Result<Option<Subscription>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE tenant_id = $1 AND subscription_id = $2");
    read(tx.fetch_optional(stmt.bind(tenant).bind(id.to_string())).await?)
}

/// The tenants whose last subscription `user` administers, at most `limit` of them. This reads over
/// all tenants: it answers the one question that names a person and no tenant.
pub(super) async fn administered_by(
    tx: &mut Tx,
    user: &UserId,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id FROM subscription AS mine
         WHERE admin_user_id = $1 AND NOT EXISTS (
             SELECT 1 FROM subscription AS later
             WHERE later.tenant_id = mine.tenant_id AND later.ordinal > mine.ordinal)
         ORDER BY tenant_id LIMIT $2",
    );
    let rows: Vec<(String,)> = tx.fetch_all(stmt.bind(user.as_str()).bind(limit)).await?;
    Ok(rows.into_iter().map(|(tenant,)| tenant).collect())
}

/// Enters a new subscription.
pub(super) async fn insert(tx: &mut Tx, tenant: &str, it: &Subscription) -> Result<(), Error> {
    let mut rows = Rows::new("subscription", COLUMNS);
    rows.push(vec![
        tenant.into(),
        it.id.to_string().into(),
        it.ordinal.into(),
        it.plan.as_str().into(),
        it.status.as_str().into(),
        it.cycle.as_str().into(),
        it.amount.into(),
        it.currency.as_str().into(),
        it.auto_renew.into(),
        it.cancel_at_period_end.into(),
        it.anchor.to_string().into(),
        it.zone.name().into(),
        i64::from(it.period_number).into(),
        it.period.start().into(),
        it.period.end().into(),
        it.period_since.into(),
        it.next.as_ref().map(|next| next.plan.as_str()).into(),
        it.next.as_ref().map(|next| next.cycle.as_str()).into(),
        it.trial_end.into(),
        it.admin.as_str().into(),
        it.created_at.into(),
        it.version.into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

/// Writes what a subscription has become over the version `before` of it, which must be there.
pub(super) async fn update(
    tx: &mut Tx,
    tenant: &str,
    before: i64,
    it: &Subscription,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE subscription SET plan = $4, status = $5, billing_cycle = $6, amount = $7,
            auto_renew = $8, cancel_at_period_end = $9, anchor = $10, timezone = $11,
            period_number = $12, period_start = $13, period_end = $14, period_since = $15,
            next_plan = $16, next_cycle = $17, trial_end = $18, version = $19
         WHERE tenant_id = $1 AND subscription_id = $2 AND version = $3",
    );
    let stmt = stmt
        .bind(tenant)
        .bind(it.id.to_string())
        .bind(before)
        .bind(it.plan.as_str())
        .bind(it.status.as_str())
        .bind(it.cycle.as_str())
        .bind(it.amount)
        .bind(it.auto_renew)
        .bind(it.cancel_at_period_end)
        .bind(it.anchor.to_string())
        .bind(it.zone.name())
        .bind(i64::from(it.period_number))
        .bind(it.period.start())
        .bind(it.period.end())
        .bind(it.period_since)
        .bind(it.next.as_ref().map(|next| next.plan.as_str()))
        .bind(it.next.as_ref().map(|next| next.cycle.as_str()))
        .bind(it.trial_end)
        .bind(it.version);
    match tx.execute(stmt).await? {
        1 => Ok(()),
        _ => Err(Error::corrupt("subscription", &it.id.to_string(), "version")),
    }
}

/// At most `limit` subscriptions of a tenant, or of all, newest first: those before `before`, and
/// then after `skipped` of them. Each with its tenant.
pub(super) async fn page(
    tx: &mut Tx,
    tenant: Option<&str>,
    before: Option<&str>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<(String, Subscription)>, Error> {
    let stmt = Stmt::new(SELECT).push(whose(tenant)).bind(tenant.unwrap_or(PLATFORM));
    let stmt = match before {
        Some(before) => {
            stmt.push(" AND subscription_id < $4").bind(limit).bind(skipped).bind(before)
        }
        None => stmt.bind(limit).bind(skipped),
    };
    let stmt = stmt.push(" ORDER BY subscription_id DESC LIMIT $2 OFFSET $3");
    let rows: Vec<SubscriptionRow> = tx.fetch_all(stmt).await?;
    let one = |row: SubscriptionRow| Ok((row.tenant_id.clone(), Subscription::try_from(row)?));
    rows.into_iter().map(one).collect()
}

/// How many subscriptions a tenant has, or all have; counted up to `most`.
pub(super) async fn count(tx: &mut Tx, tenant: Option<&str>, most: i64) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COUNT(*) FROM (SELECT 1 AS one FROM subscription");
    let stmt = stmt.push(whose(tenant)).push(" LIMIT $2) AS counted");
    tx.fetch_scalar(stmt.bind(tenant.unwrap_or(PLATFORM)).bind(most)).await
}

/// The condition for one tenant, or for all of them: the platform has no subscription.
fn whose(tenant: Option<&str>) -> &'static str {
    match tenant {
        Some(_) => " WHERE tenant_id = $1",
        None => " WHERE tenant_id <> $1",
    }
}

fn read(row: Option<SubscriptionRow>) -> Result<Option<Subscription>, Error> {
    row.map(Subscription::try_from).transpose()
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = Error;

    fn try_from(row: SubscriptionRow) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("subscription", &row.subscription_id, column);
        let period = Period::new(row.period_start.instant()?, row.period_end.instant()?);
        let next = match (&row.next_plan, &row.next_cycle) {
            (Some(plan), Some(cycle)) => {
                let cycle = Cycle::parse(cycle).ok();
                cycle.map(|cycle| Some(NextPlan { plan: plan.clone(), cycle }))
            }
            _ => Some(None),
        };
        Ok(Self {
            id: row.subscription_id.parse().map_err(|_| corrupt("subscription_id"))?,
            ordinal: row.ordinal,
            status: Status::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            cycle: Cycle::parse(&row.billing_cycle).map_err(|_| corrupt("billing_cycle"))?,
            amount: Amount::from_units(row.amount),
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            auto_renew: row.auto_renew,
            cancel_at_period_end: row.cancel_at_period_end,
            anchor: Anchor::parse(&row.anchor).map_err(|_| corrupt("anchor"))?,
            zone: Zone::parse(&row.timezone).map_err(|_| corrupt("timezone"))?,
            period_number: u32::try_from(row.period_number)
                .map_err(|_| corrupt("period_number"))?,
            period: period.map_err(|_| corrupt("period_end"))?,
            period_since: row.period_since,
            next: next.ok_or_else(|| corrupt("next_cycle"))?,
            trial_end: row.trial_end.map(Time::instant).transpose()?,
            admin: UserId::parse(&row.admin_user_id).map_err(|_| corrupt("admin_user_id"))?,
            created_at: row.created_at.instant()?,
            version: row.version,
            plan: row.plan,
        })
    }
}
