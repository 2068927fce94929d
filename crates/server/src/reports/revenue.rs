//! What each month of a tenant earns.

use std::ops::RangeInclusive;

use countinghouse_core::{
    calendar::{CalendarError, Date, Instant, Month, Zone, date_of, start_of},
    id::TenantId,
    reports::{Amortization, EarnedMonth, amortization},
    subscriptions::Subscription,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    command,
    db::Purpose,
    env::Env,
    http::{
        fields::Parsed,
        number::{AmountNumber, Number},
        problem::ApiError,
        query::Query,
        shapes::envelope,
        text::Timestamp,
    },
    ledger, subscriptions, tenants,
};

/// What months earn.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevenueAmortizationView {
    /// The tenant's latest subscription, if it ever had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A")]
    subscription_id: Option<String>,
    /// When the first day of the months that are told begins, RFC 3339 in UTC; absent where there
    /// are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-01-01T00:00:00Z")]
    start_date: Option<Timestamp>,
    /// When their last day begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-12-31T00:00:00Z")]
    end_date: Option<Timestamp>,
    /// What all of them earn.
    #[schema(example = 1188)]
    total_amount: AmountNumber,
    /// What those earned that are recognized.
    #[schema(example = 396)]
    amortized_amount: AmountNumber,
    /// What the others earn.
    #[schema(example = 792)]
    pending_amount: AmountNumber,
    /// The months that earn something, in order.
    items: Vec<RevenueMonthView>,
}

/// What a month earns.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevenueMonthView {
    /// `YYYY-MM`, in the tenant's zone.
    #[schema(example = "2026-04")]
    period: String,
    /// How much, without tax; below zero where more was taken back than earned.
    #[schema(example = 99)]
    amount: AmountNumber,
    /// `recognized` once the month is over and closed, and never changed then; else `pending`.
    #[schema(example = "recognized")]
    status: &'static str,
}

envelope! {
    /// What months earn, in its envelope.
    RevenueAmortizationBody { data: RevenueAmortizationView }
}

/// A day, as it was named: itself, or an instant in it.
#[derive(Clone, Copy, Debug)]
enum Day {
    Date(Date),
    Instant(Instant),
}

impl Day {
    fn parse(text: &str) -> Result<Self, CalendarError> {
        match Instant::parse(text) {
            Ok(instant) => Ok(Self::Instant(instant)),
            Err(_) => Date::parse(text).map(Self::Date),
        }
    }

    fn date_in(self, zone: &Zone) -> Date {
        match self {
            Self::Date(date) => date,
            Self::Instant(instant) => date_of(instant, zone),
        }
    }

    fn month_in(self, zone: &Zone) -> Month {
        Month::of(self.date_in(zone))
    }

    /// Whether it is over before another begins. A date lasts all its day.
    fn is_before(self, other: Self, zone: &Zone) -> bool {
        match self {
            Self::Date(date) => date < other.date_in(zone),
            Self::Instant(instant) => instant < other.starts_at(zone),
        }
    }

    fn starts_at(self, zone: &Zone) -> Instant {
        match self {
            Self::Date(date) => start_of(date, zone),
            Self::Instant(instant) => instant,
        }
    }
}

/// What the months of a tenant earn that a query asks for.
pub(super) async fn months(
    env: &Env,
    tenant: &TenantId,
    query: &Query,
) -> Result<RevenueAmortizationView, ApiError> {
    let mut fields = query.fields()?;
    let from = fields.optional("start_date", Parsed(Day::parse));
    let to = fields.optional("end_date", Parsed(Day::parse));
    fields.finish(())?;
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let id = tenant.as_str();
    let now = command::now_of(&mut tx, env, id).await?;
    let zone = tenants::profile(&mut tx, id).await?.zone;
    let book = ledger::book(&mut tx, id).await?;
    let posted = ledger::revenue_months(&mut tx, id).await?;
    let latest = subscriptions::latest_in(&mut tx, id).await?;
    tx.rollback().await?;
    let range = range((from, to), &zone)?;
    let posted = posted.iter().map(|it| (it.month, it.net()));
    let months = amortization(posted, &book.state().schedule, Month::at(now, &zone), &range)
        .ok_or_else(|| ApiError::internal("the months come to more than can be counted"))?;
    Ok(RevenueAmortizationView::new(latest.as_ref(), &months, &zone))
}

/// The months that two days are in; all of them where none is named.
fn range(
    (from, to): (Option<Day>, Option<Day>),
    zone: &Zone,
) -> Result<RangeInclusive<Month>, ApiError> {
    if let (Some(from), Some(to)) = (from, to)
        && to.is_before(from, zone)
    {
        return Err(ApiError::invalid("end_date", "out_of_range", "is before `start_date`"));
    }
    let first = from.map_or(Month::of(Date::MIN), |day| day.month_in(zone));
    let last = to.map_or(Month::of(Date::MAX), |day| day.month_in(zone));
    Ok(first..=last)
}

impl RevenueAmortizationView {
    fn new(latest: Option<&Subscription>, it: &Amortization, zone: &Zone) -> Self {
        let at = |day: Date| Timestamp(start_of(day, zone));
        let (first, last) = (it.months.first(), it.months.last());
        Self {
            subscription_id: latest.map(|latest| latest.id.to_string()),
            start_date: first.map(|first| at(first.month.first_day())),
            end_date: last.map(|last| at(last.month.last_day())),
            total_amount: Number(it.total),
            amortized_amount: Number(it.recognised),
            pending_amount: Number(it.pending),
            items: it.months.iter().map(RevenueMonthView::from).collect(),
        }
    }
}

impl From<&EarnedMonth> for RevenueMonthView {
    fn from(it: &EarnedMonth) -> Self {
        Self {
            period: it.month.to_string(),
            amount: Number(it.amount),
            status: if it.is_recognised { "recognized" } else { "pending" },
        }
    }
}
