//! Plans that are made and changed.

use super::*;

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("it is an instant")
}

fn noon() -> Instant {
    at("2026-01-31T12:00:00Z")
}

fn later() -> Instant {
    at("2026-02-01T00:00:00Z")
}

fn key(text: &str) -> GateKey {
    GateKey::parse(text).expect("it is a key")
}

fn gates(list: &[(&str, bool)]) -> Gates {
    list.iter().map(|(text, enabled)| (key(text), *enabled)).collect()
}

fn ask() -> NewPlan {
    NewPlan {
        name: "team".to_owned(),
        display_name: "Team".to_owned(),
        description: Some("For teams".to_owned()),
        currency: Currency::CNY,
        monthly_price: Amount::from_major(10),
        yearly_price: Amount::from_major(100),
        quotas: Quotas::UNLIMITED,
        audit_log_days: 7,
        mfa_enabled: true,
        sso_enabled: false,
        support_level: "basic".to_owned(),
    }
}

fn made() -> Listing {
    create(ask(), None, PlanId::from_parts(1, 1), noon()).expect("the name is free")
}

#[test]
fn a_name_is_taken_for_ever() {
    let archived = made().archived(later());

    let refused = create(ask(), Some(&archived), PlanId::from_parts(2, 2), later());

    assert_eq!(refused, Err(Refused::NameTaken { name: "team".to_owned(), status: "archived" }));
}

#[test]
fn what_is_absent_stays_and_what_is_there_changes() {
    let change = PlanChange {
        monthly_price: Some(Amount::from_major(12)),
        api_calls: Some(0),
        sso_enabled: Some(true),
        description: Some(String::new()),
        ..PlanChange::default()
    };

    let changed = made().changed(&change, later());

    let mut expected = made();
    expected.plan.monthly_price = Amount::from_major(12);
    expected.plan.quotas.api_calls = 0;
    expected.plan.sso_enabled = true;
    expected.plan.description = None;
    expected.updated_at = later();
    assert_eq!(changed, expected);
}

#[test]
fn a_change_that_changes_nothing_leaves_no_mark_and_time_never_runs_backwards() {
    let same = PlanChange { mfa_enabled: Some(true), ..PlanChange::default() };
    let other = PlanChange { mfa_enabled: Some(false), ..PlanChange::default() };

    let unchanged = made().changed(&same, later());
    let earlier = made().changed(&other, at("2025-01-01T00:00:00Z"));

    assert_eq!(unchanged, made());
    assert_eq!(earlier.updated_at, noon());
}

#[test]
fn the_gates_mfa_and_sso_are_the_flags_of_the_plan() {
    let set = gates(&[("mfa", false), ("sso", true), ("custom_domain", true)]);

    let changed = made().with_gates(&set, later()).expect("they are few");

    assert_eq!((changed.plan.mfa_enabled, changed.plan.sso_enabled), (false, true));
    assert_eq!(changed.gates, gates(&[("custom_domain", true)]));
    assert_eq!(changed.all_gates(), set);
}

#[test]
fn gates_that_are_not_named_stay_and_too_many_are_refused() {
    let many: Gates = (3..=PLAN_GATES_MAX).map(|n| (key(&format!("gate-{n}")), true)).collect();
    let full = made().with_gates(&many, noon()).expect("they are just as many as may be");

    let closed = full.clone().with_gates(&gates(&[("gate-3", false)]), later());
    let refused = full.with_gates(&gates(&[("another", true)]), later());

    assert_eq!(closed.expect("they are as many as before").gates.len(), PLAN_GATES_MAX - 2);
    assert_eq!(refused, Err(Refused::TooManyGates));
}

#[test]
fn quotas_in_gib_are_told_in_bytes() {
    let quotas = Quotas { storage_gb: 1, bandwidth_gb: super::super::GIB_MAX, ..Quotas::UNLIMITED };

    assert_eq!(quotas.storage_bytes(), 1_073_741_824);
    assert_eq!(quotas.bandwidth_bytes(), 1_073_741_824_000_000_000);
    assert_eq!(Quotas::UNLIMITED.storage_bytes(), -1);
}
