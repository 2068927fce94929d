//! The start of a subscription.

use super::{Status, Subscription, notice_at};
use crate::{
    calendar::{Anchor, CalendarError, Cycle, Instant, Period, Zone, first_period},
    catalog::{Plan, PlanStatus},
    id::{SubscriptionId, UserId},
    money::Currency,
};

/// How many days a trial lasts at most.
pub const TRIAL_DAYS_MAX: u8 = 90;

/// What somebody asks for, and what it meets.
#[derive(Clone, Debug)]
pub struct Subscribe<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// How often it is to be billed.
    pub cycle: Cycle,
    /// Whether it is to renew by itself.
    pub auto_renew: bool,
    /// How many days it is free first, at most [`TRIAL_DAYS_MAX`].
    pub trial_days: u8,
    /// Who asks, and administers it.
    pub admin: UserId,
    /// The tenant's zone.
    pub zone: Zone,
    /// The tenant's currency, once something was posted or it asked for one.
    pub currency: Option<Currency>,
    /// The tenant's last subscription: its place and where it stands.
    pub last: Option<(i64, Status)>,
    /// A new id.
    pub id: SubscriptionId,
    /// Now.
    pub at: Instant,
}

/// Why a subscription can't start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// The tenant has one that is live.
    #[error("the tenant already has a subscription that is {0}")]
    AlreadyLive(&'static str),
    /// The plan takes no new subscribers.
    #[error("the plan `{0}` takes no new subscribers")]
    PlanClosed(String),
    /// The tenant's money is in another currency.
    #[error("the plan is priced in {plan}, but the tenant's currency is {tenant}")]
    OtherCurrency {
        /// The plan's.
        plan: Currency,
        /// The tenant's.
        tenant: Currency,
    },
    /// Its period ends beyond the calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// Starts a subscription: with its trial, or with its first paid period.
pub fn subscribe(ask: Subscribe<'_>) -> Result<Subscription, SubscribeError> {
    if let Some((_, status)) = ask.last.filter(|(_, status)| status.is_live()) {
        return Err(SubscribeError::AlreadyLive(status.as_str()));
    }
    if ask.plan.status != PlanStatus::Active {
        return Err(SubscribeError::PlanClosed(ask.plan.name.clone()));
    }
    if let Some(tenant) = ask.currency.filter(|tenant| *tenant != ask.plan.currency) {
        return Err(SubscribeError::OtherCurrency { plan: ask.plan.currency, tenant });
    }
    let start = start(&ask)?;
    Ok(Subscription {
        id: ask.id,
        ordinal: ask.last.map_or(1, |(ordinal, _)| ordinal + 1),
        plan: ask.plan.name.clone(),
        status: if start.trial_end.is_some() { Status::Trial } else { Status::Active },
        cycle: ask.cycle,
        amount: ask.plan.price(ask.cycle),
        currency: ask.plan.currency,
        auto_renew: ask.auto_renew,
        cancel_at_period_end: false,
        anchor: start.anchor,
        zone: ask.zone,
        period_number: u32::from(start.trial_end.is_none()),
        period: start.period,
        period_since: 1,
        next: None,
        trial_end: start.trial_end,
        notice_at: Some(notice_at(start.period)),
        admin: ask.admin,
        created_at: ask.at,
        version: 1,
    })
}

struct Start {
    anchor: Anchor,
    period: Period,
    trial_end: Option<Instant>,
}

/// The trial, whose end is the anchor of what follows; or the first period, anchored now.
fn start(ask: &Subscribe<'_>) -> Result<Start, CalendarError> {
    if ask.trial_days == 0 {
        let (anchor, period) = first_period(ask.at, &ask.zone, ask.cycle)?;
        return Ok(Start { anchor, period, trial_end: None });
    }
    let end = Anchor::of(ask.at, &ask.zone).days_later(&ask.zone, ask.trial_days)?;
    let (anchor, period) = (Anchor::of(end, &ask.zone), Period::new(ask.at, end)?);
    Ok(Start { anchor, period, trial_end: Some(end) })
}
