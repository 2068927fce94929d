//! What can be done with plans.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Instant,
    catalog::{Plan, PlanStatus, SEEDED, SeededPlan},
    money::{Amount, Currency},
};

use super::store;
use crate::{
    command::{Command, PLATFORM},
    db::{Db, Error, Tx},
    env::Env,
    http::problem::ApiError,
};

/// Enters the seeded plans, if the catalogue has never had any.
#[derive(Clone, Copy, Debug)]
pub struct SeedPlans;

/// The plans to enter, with their places, and when.
type Seeds = (Vec<(i64, Plan)>, Instant);

impl Command for SeedPlans {
    type Facts = bool;
    type Decision = Seeds;
    type Data = usize;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        PLATFORM
    }

    async fn load(&self, tx: &mut Tx) -> Result<bool, Error> {
        store::any(tx).await
    }

    fn decide(&self, any: bool, env: &Env) -> Result<Seeds, ApiError> {
        let at = env.now();
        let plans = if any { &[][..] } else { &SEEDED };
        let plans = (1..).zip(plans.iter().map(|seed| plan(seed, env, at)));
        Ok((plans.collect(), at))
    }

    async fn save(&self, (plans, at): Seeds, tx: &mut Tx) -> Result<usize, Error> {
        if !plans.is_empty() {
            store::insert(tx, &plans, at).await?;
        }
        Ok(plans.len())
    }
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
