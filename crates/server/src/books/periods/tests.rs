//! Courses that fit, and what does not fit into them.

use serde_json::{Value, json};

use super::*;

/// An event of a subscription, at a place of the tenant's chain.
fn event(seq: i64, kind: &str, says: &Value) -> EventRow {
    EventRow {
        seq,
        subscription_id: "sub_1".to_owned(),
        position: seq,
        kind: kind.to_owned(),
        created_at: Instant::MIN.into(),
        payload: says.to_string(),
        previous_hash: Vec::new(),
        hash: Vec::new(),
    }
}

/// From one day of 2026 to another.
fn period(start: &str, end: &str) -> Value {
    json!({ "period_start": format!("2026-{start}T00:00:00Z"), "period_end": format!("2026-{end}T00:00:00Z") })
}

fn with(mut says: Value, name: &str, value: &str) -> Value {
    says[name] = value.into();
    says
}

fn billed(start: &str, end: &str) -> (&'static str, Value) {
    ("invoice.issued", with(period(start, end), "kind", "period"))
}

fn renewed(start: &str, end: &str) -> (&'static str, Value) {
    ("subscription.renewed", with(period(start, end), "status", "active"))
}

fn created(start: &str, end: &str, status: &str) -> (&'static str, Value) {
    ("subscription.created", with(period(start, end), "status", status))
}

/// The rules that a history breaks.
fn broken(events: &[(&str, Value)]) -> Vec<Rule> {
    let (mut periods, mut found) = (Periods::new("acme"), Findings::default());
    for (seq, (kind, says)) in (1..).zip(events) {
        periods.read(&event(seq, kind, says), &mut found);
    }
    periods.miss(&mut found);
    found.into_breaks().into_iter().map(|it| it.rule).collect()
}

#[test]
fn a_life_of_changes_fits() {
    let kind = |kind: &'static str, start: &str, end: &str| (kind, period(start, end));
    let life = [
        created("01-01", "01-15", "trial"),
        ("subscription.trial_extended", json!({ "trial_end": "2026-01-20T00:00:00Z" })),
        kind("subscription.trial_ended", "01-18", "02-18"),
        billed("01-18", "02-18"),
        kind("subscription.plan_changed", "01-18", "02-18"),
        kind("subscription.plan_changed", "02-01", "12-01"),
        ("invoice.issued", with(period("02-01", "12-01"), "kind", "change")),
        kind("subscription.plan_changed", "02-01", "12-01"),
        kind("subscription.plan_rolled_back", "02-01", "12-01"),
        kind("subscription.plan_rolled_back", "01-18", "02-18"),
        renewed("02-18", "03-18"),
        billed("02-18", "03-18"),
        ("subscription.past_due", json!({ "invoice_number": "INV-2026-000003" })),
        kind("subscription.restored", "02-18", "03-18"),
        ("subscription.suspended", json!({ "invoice_number": "INV-2026-000003" })),
        // It was suspended for a month.
        kind("subscription.restored", "04-18", "05-18"),
        billed("04-18", "05-18"),
        ("subscription.ended", json!({ "period_end": "2026-05-18T00:00:00Z" })),
    ];

    assert_eq!(broken(&life), []);
}

#[test]
fn a_gap_and_a_time_that_is_covered_twice_are_found() {
    let first = created("01-01", "02-01", "active");
    for next in [renewed("02-02", "03-01"), renewed("01-31", "03-01"), renewed("01-01", "02-01")] {
        assert_eq!(broken(&[first.clone(), next]), [Rule::Periods]);
    }
    let outside = ("subscription.plan_changed", period("02-01", "03-01"));
    let early = ("subscription.restored", period("01-20", "02-20"));
    let unknown = ("subscription.plan_rolled_back", period("01-01", "01-31"));
    let shorter = ("subscription.trial_extended", json!({ "trial_end": "2026-01-20T00:00:00Z" }));
    let at_another_end = ("subscription.ended", json!({ "period_end": "2026-01-31T00:00:00Z" }));
    for next in [outside, early, unknown, shorter, at_another_end, first.clone()] {
        assert_eq!(broken(&[first.clone(), next]), [Rule::Periods]);
    }
    assert_eq!(broken(&[renewed("01-01", "02-01")]), [Rule::Periods]);
}

#[test]
fn what_is_billed_twice_or_never_began_is_found() {
    let first = created("01-01", "02-01", "active");
    let bill = billed("01-01", "02-01");

    assert_eq!(broken(&[first.clone(), bill.clone()]), []);
    assert_eq!(broken(&[first.clone(), bill.clone(), bill.clone()]), [Rule::PeriodBilled]);
    assert_eq!(broken(&[first.clone(), billed("02-01", "03-01")]), [Rule::PeriodBilled]);
    assert_eq!(broken(&[first, billed("01-01", "03-01")]), [Rule::PeriodBilled]);
    // Nothing is billed of a trial.
    let trial = created("01-01", "02-01", "trial");
    assert_eq!(broken(&[trial, bill.clone()]), [Rule::PeriodBilled]);
    assert_eq!(broken(&[bill]), [Rule::PeriodBilled]);
}

#[test]
fn a_period_that_began_and_was_never_billed_is_found() {
    let life = [
        created("01-01", "02-01", "active"),
        billed("01-01", "02-01"),
        renewed("02-01", "03-01"),
        renewed("03-01", "04-01"),
        billed("03-01", "04-01"),
    ];

    assert_eq!(broken(&life), [Rule::PeriodBilled]);
}

#[test]
fn time_passes_without_a_period_only_while_it_is_suspended() {
    let restored = ("subscription.restored", period("03-18", "04-18"));
    let life = [
        created("01-18", "02-18", "active"),
        billed("01-18", "02-18"),
        ("subscription.past_due", json!({ "invoice_number": "INV-2026-000001" })),
        restored,
        billed("03-18", "04-18"),
    ];

    assert_eq!(broken(&life), [Rule::Periods]);
}
