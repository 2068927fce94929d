//! What was used in a metering period or on some days, beside what may be.

mod api;
mod view;

use countinghouse_core::{
    calendar::{Date, Instant, Period, date_of, end_of},
    metering::{Resource, TotalLevels},
};

pub(super) use self::api::routes;
use self::view::UsageStatsView;
use super::{
    super::Meters,
    Calendar, Whose,
    ask::Dates,
    store::{self, Used},
};
use crate::{
    catalog, command,
    db::{Error, Purpose, Tx},
    env::Env,
    http::problem::ApiError,
};

/// What was used, and when.
struct Found {
    used: Used,
    /// The first and the last day.
    days: (Date, Date),
    /// As the last day ended.
    levels: TotalLevels,
}

/// What was used on the days that are asked for, or in the metering period that runs. It is 404 for a
/// tenant that never used anything.
async fn stats(env: &Env, whose: &Whose, dates: Dates) -> Result<UsageStatsView, ApiError> {
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    if !store::has_any(&mut tx, whose.tenant()).await? {
        return Err(ApiError::NoUsage(whose.tenant.to_string()));
    }
    let now = command::now_of(&mut tx, env, whose.tenant()).await?;
    let meters = Meters::load(&mut tx, whose.tenant()).await?;
    let calendar = Calendar::at(now, meters.zone().clone());
    let found = match days_asked_for(&meters, &calendar, dates)? {
        Some(days) => of_days(&mut tx, whose, days, &calendar).await?,
        None => of_period(&mut tx, whose, &meters, &calendar).await?,
    };
    let quotas = catalog::tenant_plan(&mut tx, whose.tenant()).await?.quotas;
    tx.rollback().await?;
    Ok(UsageStatsView::new(whose, &found, &quotas))
}

/// The first and the last day, if the query names one of them. The first is that of a metering period,
/// and the last is today, if they aren't named.
fn days_asked_for(
    meters: &Meters,
    calendar: &Calendar,
    dates: Dates,
) -> Result<Option<(Date, Date)>, ApiError> {
    let Dates { from, to } = dates;
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let to = to.unwrap_or(calendar.today);
    let from = if let Some(from) = from {
        from
    } else {
        let last = end_of(to, &calendar.zone).plus_seconds(-1).unwrap_or(Instant::MIN);
        let period = meters.period_of(last).map_err(ApiError::internal)?;
        date_of(period.start(), &calendar.zone).min(to)
    };
    Dates::whole(from, to).map(Some)
}

async fn of_days(
    tx: &mut Tx,
    whose: &Whose,
    days: (Date, Date),
    calendar: &Calendar,
) -> Result<Found, Error> {
    let used = sums(tx, whose, days).await?;
    let (tenant, app, zone) = (whose.tenant(), whose.app(), &calendar.zone);
    let standing = store::standing(tx, tenant, app, days.1, zone).await?;
    Ok(Found { used, days, levels: standing.at_end_of(days.1) })
}

/// What was used so far in the period that runs, and the levels now.
async fn of_period(
    tx: &mut Tx,
    whose: &Whose,
    meters: &Meters,
    calendar: &Calendar,
) -> Result<Found, ApiError> {
    let Calendar { now, zone, today } = calendar;
    let (tenant, app) = (whose.tenant(), whose.app());
    let span = meters.span_of(*now).map_err(ApiError::internal)?;
    let period = meters.period_of(*now).map_err(ApiError::internal)?;
    let days = (date_of(period.start(), zone), last_day(&period, calendar)?);
    let used = match span {
        Some(span) => store::metered(tx, tenant, app, span.period.start()).await?,
        None => sums(tx, whose, days).await?,
    };
    let standing = store::standing(tx, tenant, app, Date::MAX, zone).await?;
    Ok(Found { used, days, levels: standing.at_end_of(*today) })
}

fn last_day(period: &Period, calendar: &Calendar) -> Result<Date, ApiError> {
    let last = period.end().plus_seconds(-1).map_err(ApiError::internal)?;
    Ok(date_of(last, &calendar.zone))
}

/// What was used on days from one to another.
async fn sums(tx: &mut Tx, whose: &Whose, days: (Date, Date)) -> Result<Used, Error> {
    let (tenant, app) = (whose.tenant(), whose.app());
    let mut used = store::priced(tx, tenant, app, days).await?;
    for day in store::days(tx, tenant, app, days).await? {
        day.add_to(&mut used);
    }
    Ok(used)
}

impl Found {
    /// How much was used of a resource.
    fn of(&self, resource: &Resource) -> i128 {
        match resource {
            Resource::Storage => self.levels.storage,
            Resource::Users => self.levels.users,
            other => self.used.get(other).copied().unwrap_or(0),
        }
    }
}
