//! Subscriptions and plans for tests.

use super::{Status, Subscription, notice_at};
use crate::{
    calendar::{Anchor, Cycle, Instant, Period, Zone, first_period},
    catalog::{Plan, PlanStatus, Quotas},
    id::{PlanId, SubscriptionId, UserId},
    money::{Amount, Currency},
};

pub(super) fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

pub(super) fn plan(name: &str, monthly: i64, yearly: i64) -> Plan {
    let [users, storage_gb, bandwidth_gb, api_calls, sms, email] = [-1; 6];
    Plan {
        id: PlanId::from_parts(0, 1),
        name: name.to_owned(),
        display_name: name.to_owned(),
        description: None,
        currency: Currency::CNY,
        monthly_price: Amount::from_major(monthly),
        yearly_price: Amount::from_major(yearly),
        quotas: Quotas { users, storage_gb, bandwidth_gb, api_calls, sms, email },
        audit_log_days: 7,
        mfa_enabled: false,
        sso_enabled: false,
        support_level: "basic".to_owned(),
        is_popular: false,
        status: PlanStatus::Active,
    }
}

/// A subscription to `basic` for 99 or 990, in its first period, in UTC.
pub(crate) fn active(start: &str, cycle: Cycle) -> Subscription {
    let (anchor, period) = first_period(at(start), &Zone::UTC, cycle).expect("in range");
    Subscription {
        id: SubscriptionId::from_parts(0, 1),
        ordinal: 1,
        plan: "basic".to_owned(),
        status: Status::Active,
        cycle,
        amount: plan("basic", 99, 990).price(cycle),
        currency: Currency::CNY,
        auto_renew: true,
        cancel_at_period_end: false,
        anchor,
        zone: Zone::UTC,
        period_number: 1,
        period,
        period_since: 1,
        next: None,
        trial_end: None,
        notice_at: Some(notice_at(period)),
        admin: UserId::parse("usr_1").expect("an id"),
        created_at: at(start),
        version: 1,
    }
}

/// A trial of `basic`, monthly after it, in UTC.
pub(super) fn trial(start: &str, days: u8) -> Subscription {
    let end = at(start).plus_days(i64::from(days)).expect("in range");
    let period = Period::new(at(start), end).expect("a period");
    Subscription {
        status: Status::Trial,
        anchor: Anchor::of(end, &Zone::UTC),
        period_number: 0,
        period,
        trial_end: Some(end),
        notice_at: Some(notice_at(period)),
        ..active("2026-01-01T00:00:00Z", Cycle::Monthly)
    }
}
