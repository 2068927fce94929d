//! Subscriptions in the database.

use countinghouse_core::{
    calendar::{Anchor, Cycle, Period, Zone},
    id::{SubscriptionId, UserId},
    money::{Amount, Currency},
    subscriptions::{NextPlan, Status, Subscription},
};

use crate::{
    command::PLATFORM,
    db::{Error, Rows, Stmt, Time, Tx, Value},
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
    notice_at: Option<Time>,
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
    "notice_at",
    "admin_user_id",
    "created_at",
    "version",
];

const SELECT: &str = "SELECT tenant_id, subscription_id, ordinal, plan, status, billing_cycle,
    amount, currency, auto_renew, cancel_at_period_end, anchor, timezone, period_number,
    period_start, period_end, period_since, next_plan, next_cycle, trial_end, notice_at,
    admin_user_id, created_at, version FROM subscription";

/// What becomes of the row of a subscription, if it is still the version before.
const REPLACE: &str = "ON CONFLICT (tenant_id, subscription_id) DO UPDATE SET
    plan = excluded.plan, status = excluded.status, billing_cycle = excluded.billing_cycle,
    amount = excluded.amount, auto_renew = excluded.auto_renew,
    cancel_at_period_end = excluded.cancel_at_period_end, anchor = excluded.anchor,
    timezone = excluded.timezone, period_number = excluded.period_number,
    period_start = excluded.period_start, period_end = excluded.period_end,
    period_since = excluded.period_since, next_plan = excluded.next_plan,
    next_cycle = excluded.next_cycle, trial_end = excluded.trial_end, notice_at = excluded.notice_at,
    version = excluded.version
    WHERE subscription.version = excluded.version - 1";

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

/// Some subscriptions, each with its tenant: those of these pairs of tenant and id that are there.
pub(super) async fn find_many(
    tx: &mut Tx,
    pairs: Vec<(String, String)>,
) -> Result<Vec<(String, Subscription)>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" JOIN")
        .push_text_pairs(pairs)
        .push(" AS k ON tenant_id = k.a AND subscription_id = k.b");
    let rows: Vec<SubscriptionRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|row| Ok((row.tenant_id.clone(), row.try_into()?))).collect()
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
    rows.push(row(tenant, it));
    tx.insert(rows).await?;
    Ok(())
}

/// Saves what became of subscriptions, each of them one version on. It fails where one is not the
/// version before.
pub(super) async fn update_all<'a>(
    tx: &mut Tx,
    changed: impl IntoIterator<Item = (&'a str, &'a Subscription)>,
) -> Result<(), Error> {
    let mut rows = Rows::new("subscription", COLUMNS).otherwise(REPLACE);
    changed.into_iter().for_each(|(tenant, it)| rows.push(row(tenant, it)));
    let count = rows.len();
    let saved = tx.insert(rows).await?;
    if usize::try_from(saved) == Ok(count) {
        Ok(())
    } else {
        Err(Error::corrupt("subscription", &format!("{saved} of {count}"), "version"))
    }
}

/// Notes of the live subscriptions of tenants that these were told of the end of the period. It is
/// no other version of them.
pub(super) async fn told<'a>(
    tx: &mut Tx,
    tenants: impl IntoIterator<Item = &'a str>,
) -> Result<(), Error> {
    let stmt = Stmt::new("UPDATE subscription SET notice_at = NULL WHERE tenant_id")
        .push_any_text(tenants)
        .push(" AND status IN ('trial', 'active', 'past_due')");
    tx.execute(stmt).await?;
    Ok(())
}

fn row(tenant: &str, it: &Subscription) -> Vec<Value> {
    vec![
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
        it.notice_at.into(),
        it.admin.as_str().into(),
        it.created_at.into(),
        it.version.into(),
    ]
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
            notice_at: row.notice_at.map(Time::instant).transpose()?,
            admin: UserId::parse(&row.admin_user_id).map_err(|_| corrupt("admin_user_id"))?,
            created_at: row.created_at.instant()?,
            version: row.version,
            plan: row.plan,
        })
    }
}
