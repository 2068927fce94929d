//! A change of plan, worked out by hand, and what is refused.

use super::{
    super::samples::{active, at, plan},
    *,
};
use crate::calendar::{Anchor, Zone};

/// A month of `basic` from the first of April, in Shanghai.
fn basic(status: Status) -> Subscription {
    let zone = Zone::parse("Asia/Shanghai").expect("a zone");
    let start = at("2026-03-31T16:00:00Z");
    let (anchor, period) = first_period(start, &zone, Cycle::Monthly).expect("in range");
    let subscription = active("2026-03-31T16:00:00Z", Cycle::Monthly);
    Subscription { status, anchor, zone, period, version: 3, ..subscription }
}

fn change(
    subscription: &Subscription,
    plan: &Plan,
    cycle: Option<Cycle>,
    when: &str,
) -> Result<PlanChange, ChangeError> {
    let billed = [Billed { amount: subscription.amount, service: subscription.period }];
    let zone = &subscription.zone;
    subscription.change_plan(ChangePlan { plan, zone, cycle, billed: &billed, at: at(when) })
}

#[test]
fn another_plan_is_asked_for_by_the_days_that_are_left() {
    let before = basic(Status::Active);

    // The 16th in Shanghai: 15 of 30 days are left.
    let changed = change(&before, &plan("pro", 499, 4999), None, "2026-04-15T16:00:00Z");

    let changed = changed.expect("it can be changed");
    let charge = changed.charge.expect("it costs something");
    assert_eq!((charge.part.days, charge.part.of), (15, 30));
    assert_eq!(charge.part.amount.to_string(), "249.5");
    assert_eq!(changed.credited[0].part.amount.to_string(), "49.5");
    assert_eq!(changed.net_units(), 2_000_000);
    let expected = Subscription {
        plan: "pro".to_owned(),
        amount: Amount::from_major(499),
        version: 4,
        ..before
    };
    assert_eq!(changed.after, expected);
}

#[test]
fn another_cycle_starts_a_period_of_its_own_at_its_whole_price() {
    let before = basic(Status::PastDue);

    let now = "2026-04-15T16:00:00Z";
    let changed = change(&before, &plan("basic", 99, 990), Some(Cycle::Yearly), now);

    let PlanChange { after, credited, charge } = changed.expect("it can be changed");
    let charge = charge.expect("it costs something");
    assert_eq!(after.anchor, Anchor::of(at(now), &after.zone));
    assert_eq!((after.period.start(), after.period_number), (at(now), 1));
    assert_eq!(after.period.end(), at("2027-04-15T16:00:00Z"));
    assert_eq!((charge.part.amount, charge.price), (after.amount, Amount::from_major(990)));
    assert_eq!(credited[0].part.amount.to_string(), "49.5");
}

#[test]
fn another_cycle_starts_its_period_in_the_zone_of_today() {
    let before = basic(Status::Active);
    let zone = Zone::parse("America/New_York").expect("a zone");
    let billed = [Billed { amount: before.amount, service: before.period }];

    // The 16th in Shanghai, still the 15th in New York.
    let (cycle, now) = (Some(Cycle::Yearly), at("2026-04-15T16:00:00Z"));
    let plan = plan("basic", 99, 990);
    let ask = ChangePlan { plan: &plan, zone: &zone, cycle, billed: &billed, at: now };
    let changed = before.change_plan(ask).expect("it can be changed");

    assert_eq!(changed.after.anchor.to_string(), "2026-04-15T12:00:00");
    assert_eq!((&changed.after.zone, changed.after.period.start()), (&zone, now));
    // The days of the old period are counted where it was billed: 15 of 30 are left.
    assert_eq!(changed.credited[0].part.amount.to_string(), "49.5");
}

#[test]
fn within_its_period_another_plan_keeps_the_zone_of_the_period() {
    let before = basic(Status::Active);
    let pro = plan("pro", 499, 4999);
    let (zone, now) = (&Zone::UTC, at("2026-04-15T16:00:00Z"));

    let ask = ChangePlan { plan: &pro, zone, cycle: None, billed: &[], at: now };
    let changed = before.change_plan(ask).expect("it can be changed");

    assert_eq!((&changed.after.zone, changed.after.period), (&before.zone, before.period));
    assert_eq!(changed.charge.map(|it| it.part.days), Some(15));
}

#[test]
fn in_a_trial_no_money_moves() {
    let changed = change(
        &basic(Status::Trial),
        &plan("pro", 499, 4999),
        Some(Cycle::Yearly),
        "2026-04-15T16:00:00Z",
    );

    let PlanChange { after, credited, charge } = changed.expect("it can be changed");
    assert!(credited.is_empty() && charge.is_none());
    assert_eq!((after.cycle, after.amount), (Cycle::Yearly, Amount::from_major(4999)));
    assert_eq!(after.period, basic(Status::Trial).period);
}

#[test]
fn what_can_not_be_changed_is_told_why() {
    let now = "2026-04-15T16:00:00Z";
    let pro = plan("pro", 499, 4999);
    let closed = Plan { status: PlanStatus::Archived, ..pro.clone() };
    let dollars = Plan { currency: Currency::parse("USD").expect("a currency"), ..pro.clone() };
    let of = |status, plan: &Plan, cycle, now: &str| {
        change(&basic(status), plan, cycle, now).expect_err("it can't be changed")
    };

    assert!(matches!(
        of(Status::Active, &plan("basic", 99, 990), None, now),
        ChangeError::Same { .. }
    ));
    assert_eq!(of(Status::Active, &closed, None, now), ChangeError::PlanClosed("pro".to_owned()));
    assert!(matches!(of(Status::Active, &dollars, None, now), ChangeError::OtherCurrency { .. }));
    let end = basic(Status::Active).period.end();
    assert_eq!(of(Status::Active, &pro, None, &end.to_string()), ChangeError::PeriodEnded(end));
    for status in [Status::Suspended, Status::Cancelled, Status::Expired] {
        assert_eq!(of(status, &pro, None, now), ChangeError::NotServed(status.as_str()));
    }
}

#[test]
fn subscribers_of_a_closed_plan_may_change_its_cycle() {
    let closed = Plan { status: PlanStatus::Archived, ..plan("basic", 99, 990) };

    let changed =
        change(&basic(Status::Active), &closed, Some(Cycle::Yearly), "2026-04-15T16:00:00Z");

    assert_eq!(changed.expect("it can be changed").after.cycle, Cycle::Yearly);
}
