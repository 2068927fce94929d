//! What can be done with plans.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    catalog::{Gates, Listing, PLAN_NAME_MAX, Plan, PlanStatus, SEEDED, SeededPlan},
    money::{Amount, Currency},
};

use super::store;
use crate::{
    command::{Command, PLATFORM},
    db::{Db, Error, Purpose, Tx},
    env::Env,
    http::{
        fields::Fields,
        paging::{List, PageInfo, Paging},
        problem::ApiError,
    },
};

/// Enters the seeded plans, if the catalogue has never had any.
#[derive(Clone, Copy, Debug)]
pub struct SeedPlans;

/// How long the name or the id of a plan may be, in letters.
pub(super) const NAME_OR_ID_MAX: usize = PLAN_NAME_MAX;

/// What lists of plans are called in their cursors.
const PLANS: List<'static> = &["plans"];

/// The plans that administrators list, and those that take new subscribers.
pub(super) const LISTED: &[PlanStatus] = &[PlanStatus::Active, PlanStatus::Inactive];
pub(super) const ACTIVE: &[PlanStatus] = &[PlanStatus::Active];

impl Command for SeedPlans {
    type Facts = bool;
    type Decision = Vec<(i64, Listing)>;
    type Data = usize;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<bool, Error> {
        store::any(tx).await
    }

    fn decide(&self, any: bool, env: &Env) -> Result<Self::Decision, ApiError> {
        let at = env.now();
        let plans = if any { &[][..] } else { &SEEDED };
        Ok((1..).zip(plans.iter().map(|seed| listing(seed, env, at))).collect())
    }

    async fn save(&self, plans: Self::Decision, tx: &mut Tx) -> Result<usize, Error> {
        if !plans.is_empty() {
            store::insert(tx, &plans).await?;
        }
        Ok(plans.len())
    }
}

fn listing(seed: &SeededPlan, env: &Env, at: Instant) -> Listing {
    Listing { plan: plan(seed, env, at), gates: Gates::new(), created_at: at, updated_at: at }
}

fn plan(seed: &SeededPlan, env: &Env, at: Instant) -> Plan {
    Plan {
        id: env.id(at),
        name: seed.name.to_owned(),
        display_name: seed.display_name.to_owned(),
        description: Some(seed.description.to_owned()),
        currency: Currency::CNY,
        monthly_price: Amount::from_major(seed.monthly_price),
        yearly_price: Amount::from_major(seed.yearly_price),
        quotas: seed.quotas,
        audit_log_days: seed.audit_log_days,
        mfa_enabled: seed.mfa_enabled,
        sso_enabled: seed.sso_enabled,
        support_level: seed.support_level.to_owned(),
        is_popular: seed.is_popular,
        status: PlanStatus::Active,
    }
}

/// The plans that take new subscribers, in the order of the list.
pub(super) async fn list(db: &Db) -> Result<Vec<Plan>, Error> {
    store::active(db).await
}

/// The plan that a request calls by its name or its `plan_…` id.
pub async fn plan_by_name_or_id(tx: &mut Tx, name_or_id: &str) -> Result<Option<Plan>, Error> {
    store::find(tx, name_or_id).await
}

/// The plans of these names, whatever became of them.
pub async fn plans<'a>(
    tx: &mut Tx,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Plan>, Error> {
    store::named(tx, names).await
}

/// The same, read alone: what a request is answered with.
pub(super) async fn of_request(db: &Db, name_or_id: &str) -> Result<Plan, ApiError> {
    store::find_alone(db, name_or_id).await?.ok_or_else(|| not_found(name_or_id))
}

/// The plan that a request calls by its name or its `plan_…` id, with all that administrators see
/// of it.
pub(super) async fn get(db: &Db, name_or_id: &str) -> Result<Listing, ApiError> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let found = store::listing(&mut tx, name_or_id).await?;
    found.ok_or_else(|| not_found(name_or_id))
}

/// A page of the plans with one of these statuses, newest first. There are few, so all are read.
pub(super) async fn page(
    db: &Db,
    statuses: &[PlanStatus],
    paging: Paging,
) -> Result<(Vec<Listing>, PageInfo), Error> {
    let mut tx = db.snapshot(Purpose::Page).await?;
    let all = store::listings(&mut tx, statuses).await?;
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let first = match paging.from() {
        Some(from) => all.iter().position(|(place, _)| *place <= from).unwrap_or(all.len()),
        None => usize::try_from(paging.skipped()).unwrap_or(usize::MAX),
    };
    let mut rest = all.into_iter().skip(first);
    let size = usize::try_from(paging.size()).unwrap_or(usize::MAX);
    let items = rest.by_ref().take(size).map(|(_, listing)| listing).collect();
    let next = rest.next().map(|(place, _)| place);
    Ok((items, paging.info_of_found(total, true, next, PLANS)))
}

/// Reads which page of a list of plans is asked for.
pub(super) fn read_paging(fields: &mut Fields<'_>) -> Paging {
    Paging::read(fields, PLANS)
}

/// That there is no such plan.
pub(super) fn not_found(name_or_id: &str) -> ApiError {
    ApiError::NotFound { kind: "plan", id: name_or_id.to_owned() }
}
