//! What is billed of usage, by metering period, app and resource.

mod api;
mod store;
mod view;

use countinghouse_core::{
    calendar::{CalendarError, Date, Instant, Zone, date_of, end_of, start_of},
    id::{AppId, TenantId},
};

pub(super) use self::api::routes;
use self::view::MeteredBillingView;
use super::super::{priced::Prices, store::MeteredRow};
use crate::{
    db::{Db, Purpose, Tx},
    http::{
        fields::{Fields, Parsed},
        problem::ApiError,
        query::Query,
    },
    tenants,
};

/// A bound of a time: a day, which belongs to it whole, or an instant.
#[derive(Clone, Copy, Debug)]
enum Bound {
    Day(Date),
    At(Instant),
}

/// Which rows are asked for.
#[derive(Clone, Debug)]
struct Filter {
    app: Option<AppId>,
    from: Option<Bound>,
    to: Option<Bound>,
}

/// What is billed of a tenant's usage, the newest period first.
async fn rows(
    db: &Db,
    tenant: &TenantId,
    query: &Query,
) -> Result<Vec<MeteredBillingView>, ApiError> {
    let mut fields = query.fields()?;
    let filter = Filter::read(&mut fields);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let range = filter.range(&mut tx, tenant).await?;
    let app = filter.app.as_ref().map(AppId::as_str);
    let rows = store::overlapping(&mut tx, tenant.as_str(), app, range).await?;
    let prices = Prices::load(&mut tx, tenant.as_str()).await?;
    tx.rollback().await?;
    let rows = rows.into_iter().map(|row| prices.show(row));
    let mut rows: Vec<MeteredRow> = rows.collect::<Result<_, _>>()?;
    // The engines would sort texts differently.
    rows.sort_by(|one, other| {
        let place = |it: &MeteredRow| (it.app_id.clone(), it.resource_type.clone());
        let by_time = other.period_start.cmp(&one.period_start);
        by_time.then_with(|| place(one).cmp(&place(other)))
    });
    let show = |row| MeteredBillingView::new(tenant, row);
    Ok(rows.into_iter().map(show).collect::<Result<_, _>>()?)
}

impl Bound {
    fn parse(text: &str) -> Result<Self, CalendarError> {
        match Instant::parse(text) {
            Ok(at) => Ok(Self::At(at)),
            Err(_) => Date::parse(text).map(Self::Day),
        }
    }

    fn start(self, zone: &Zone) -> Instant {
        match self {
            Self::Day(day) => start_of(day, zone),
            Self::At(at) => at,
        }
    }

    fn end(self, zone: &Zone) -> Instant {
        match self {
            Self::Day(day) => end_of(day, zone),
            Self::At(at) => at,
        }
    }

    /// Whether all of it is over before another begins.
    fn is_before(self, other: Self, zone: &Zone) -> bool {
        match (self, other) {
            (Self::Day(day), Self::Day(other)) => day < other,
            (Self::Day(day), Self::At(at)) => day < date_of(at, zone),
            (Self::At(at), other) => at < other.start(zone),
        }
    }
}

impl Filter {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            app: fields.optional("app_id", Parsed(AppId::parse)),
            from: fields.optional("start", Parsed(Bound::parse)),
            to: fields.optional("end", Parsed(Bound::parse)),
        }
    }

    /// From when to when the periods must reach into.
    async fn range(&self, tx: &mut Tx, tenant: &TenantId) -> Result<(Instant, Instant), ApiError> {
        let is_by_day = |bound: Option<Bound>| matches!(bound, Some(Bound::Day(_)));
        let zone = if is_by_day(self.from) || is_by_day(self.to) {
            tenants::profile(tx, tenant.as_str()).await?.zone
        } else {
            Zone::UTC
        };
        if self.from.zip(self.to).is_some_and(|(from, to)| to.is_before(from, &zone)) {
            return Err(ApiError::invalid("end", "out_of_range", "must not be before `start`"));
        }
        let from = self.from.map_or(Instant::MIN, |bound| bound.start(&zone));
        Ok((from, self.to.map_or(Instant::MAX, |bound| bound.end(&zone))))
    }
}
