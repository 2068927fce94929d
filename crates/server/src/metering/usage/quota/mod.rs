//! Whether more may be used.

mod api;
mod ask;
mod store;

use countinghouse_core::{
    calendar::{Date, Instant, Month},
    metering::{Renewal, Resource, judge},
};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::api::routes;
use self::ask::Ask;
use super::{super::Meters, Calendar, store as usage};
use crate::{
    catalog, command,
    db::{Error, Purpose, Tx},
    env::Env,
    http::{problem::ApiError, shapes::envelope},
};

/// Whether more may be used.
#[derive(Debug, Serialize, ToSchema)]
struct QuotaCheckView {
    /// Whether it may. Nothing is reserved.
    #[schema(example = true)]
    allowed: bool,
    /// What all of the tenant's apps used so far.
    #[schema(value_type = i64, example = 5_000)]
    current: i128,
    /// How much may be used; -1 is as much as anybody likes.
    #[schema(example = 10_000)]
    limit: i64,
    /// How much is left; -1 is as much as anybody likes.
    #[schema(example = 5_000)]
    remaining: i64,
    /// Of what.
    #[schema(example = "api_calls")]
    resource_type: String,
    /// Why, for people.
    #[schema(example = "it is within the limit")]
    message: String,
}

envelope! {
    /// Whether more may be used, in its envelope.
    QuotaCheckBody { data: QuotaCheckView }
}

/// Checks whether more may be used, all at one moment.
async fn check(env: &Env, ask: Ask) -> Result<QuotaCheckView, ApiError> {
    let tenant = ask.tenant.as_str();
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let app = match &ask.app {
        Some(app) => store::app(&mut tx, tenant, app.as_str(), &ask.resource).await?,
        None => store::NO_APP,
    };
    if matches!(ask.resource, Resource::Priced(_)) && !app.is_priced {
        return Err(ask::unknown_resource());
    }
    let limit = ask.resource.quota(&catalog::tenant_plan(&mut tx, tenant).await?.quotas);
    let now = command::now_of(&mut tx, env, tenant).await?;
    let meters = Meters::load(&mut tx, tenant).await?;
    let current = used(&mut tx, (tenant, None), &ask.resource, now, &meters).await?;
    tx.rollback().await?;
    let verdict = judge(limit, current, ask.amount);
    let allowed = verdict.allowed && app.stopped.is_none();
    let message = match app.stopped {
        Some(how) => format!("the app is {how}"),
        None if limit < 0 => "there is no limit".to_owned(),
        None if allowed => "it is within the limit".to_owned(),
        None => format!("{} more would be above the limit", ask.amount),
    };
    let resource_type = ask.resource.to_string();
    Ok(QuotaCheckView {
        allowed,
        current,
        limit,
        remaining: verdict.remaining,
        resource_type,
        message,
    })
}

/// What a tenant, in all its apps or in one, used of a resource since its quota was full, or has of it.
pub(in super::super) async fn used(
    tx: &mut Tx,
    (tenant, app): (&str, Option<&str>),
    resource: &Resource,
    now: Instant,
    meters: &Meters,
) -> Result<i128, Error> {
    let Calendar { zone, today, .. } = Calendar::at(now, meters.zone().clone());
    match resource.renewal() {
        Renewal::Never => {
            let levels = usage::standing(tx, tenant, app, Date::MAX, &zone).await?;
            let levels = levels.at_end_of(today);
            let is_storage = *resource == Resource::Storage;
            Ok(if is_storage { levels.storage } else { levels.users })
        }
        Renewal::Day => of_days(tx, (tenant, app), resource, (today, today)).await,
        Renewal::Month => {
            let span = meters.span_of(now);
            if let Some(span) = span.map_err(|_| Error::corrupt("meter", tenant, "anchor"))? {
                let start = span.period.start();
                return store::metered(tx, (tenant, app), resource, start).await;
            }
            let month = Month::of(today);
            of_days(tx, (tenant, app), resource, (month.first_day(), month.last_day())).await
        }
    }
}

async fn of_days(
    tx: &mut Tx,
    (tenant, app): (&str, Option<&str>),
    resource: &Resource,
    days: (Date, Date),
) -> Result<i128, Error> {
    if matches!(resource, Resource::Priced(_)) {
        let used = usage::priced(tx, tenant, app, days).await?;
        return Ok(used.get(resource).copied().unwrap_or(0));
    }
    let days = usage::days(tx, tenant, app, days).await?;
    Ok(days.iter().map(|day| i128::from(day.sum(resource))).sum())
}
