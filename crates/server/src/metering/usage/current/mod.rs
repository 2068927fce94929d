//! Today's calls, and the levels now.

mod api;

use countinghouse_core::{
    calendar::Date,
    metering::{Gib, Resource},
};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::api::routes;
use super::{Calendar, Whose, store};
use crate::{
    db::{Error, Purpose},
    env::Env,
    http::{
        number::{GibNumber, Number},
        shapes::envelope,
    },
};

/// How things stand now.
#[derive(Debug, Serialize, ToSchema)]
struct CurrentUsageView {
    /// Calls of the API since the midnight of the tenant's zone.
    #[schema(value_type = i64, example = 150)]
    api_calls_today: i128,
    /// GiB stored.
    #[schema(example = 2.5)]
    storage_gb: GibNumber,
    /// People.
    #[schema(value_type = i64, example = 8)]
    users: i128,
}

envelope! {
    /// How things stand now, in its envelope.
    CurrentUsageBody { data: CurrentUsageView }
}

/// How things stand now with a tenant, or with one of its apps.
async fn current(env: &Env, whose: &Whose) -> Result<CurrentUsageView, Error> {
    let (tenant, app) = (whose.tenant(), whose.app());
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let Calendar { zone, today, .. } = Calendar::load(&mut tx, env, tenant).await?;
    let days = store::days(&mut tx, tenant, app, (today, today)).await?;
    let standing = store::standing(&mut tx, tenant, app, Date::MAX, &zone).await?;
    tx.rollback().await?;
    let levels = standing.at_end_of(today);
    Ok(CurrentUsageView {
        api_calls_today: days.iter().map(|day| i128::from(day.sum(&Resource::ApiCalls))).sum(),
        storage_gb: Number(Gib::of_bytes(levels.storage)),
        users: levels.users,
    })
}
