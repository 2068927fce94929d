//! The order of steps, whatever the policy and whenever it changes.

use proptest::prelude::*;

use super::*;
use crate::dunning::{RETRIES_MAX, RETRY_DAY_MAX, RetrySchedule};

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn policy(schedule: &str, grace: u8, cancel: u8) -> Policy {
    let schedule = RetrySchedule::parse(schedule).expect("a schedule");
    Policy::new(schedule, grace, cancel).expect("a policy")
}

/// The ladder of an invoice where nothing is kept from ending.
fn ladder(policy: Policy, due_at: Instant, failed_at: Option<Instant>) -> Ladder {
    Ladder { policy, due_at, failed_at, reopened_at: None, kept_until: None }
}

/// Takes every step, and tells them as kind and day of April 2026, in which the invoice is due.
fn all(mut dunning: Dunning, due_at: Instant, policy: Policy) -> Vec<(StepKind, String)> {
    let mut done: Vec<Step> = Vec::new();
    loop {
        let ladder = ladder(policy, due_at, dunning.failed_at);
        let Some(step) = ladder.next(&done) else { break };
        assert_eq!(dunning.next_at, Some(step.at));
        done.push(step);
        dunning = dunning.stepped(step, &done, ladder);
        assert!(done.len() <= RETRIES_MAX + 3, "{done:?}");
    }
    assert_eq!(dunning.next_at, None);
    done.into_iter().map(|step| (step.kind, step.at.to_string()[5..10].to_owned())).collect()
}

fn told(steps: &[(StepKind, &str)]) -> Vec<(StepKind, String)> {
    steps.iter().map(|(kind, day)| (*kind, (*day).to_owned())).collect()
}

#[test]
fn an_invoice_that_nobody_pays_climbs_the_whole_ladder_from_its_due_date() {
    use StepKind::{Cancel, Overdue, Retry, Suspend};
    let due_at = at("2026-04-15T00:00:00Z");

    let steps = all(Dunning::asked(due_at), due_at, Policy::DEFAULT);

    let expected = [
        (Overdue, "04-15"),
        (Retry, "04-16"),
        (Retry, "04-18"),
        (Retry, "04-22"),
        (Suspend, "04-22"),
        (Retry, "04-29"),
        (Cancel, "05-15"),
    ];
    assert_eq!(steps, told(&expected));
}

#[test]
fn a_payment_that_failed_before_the_due_date_starts_the_ladder() {
    use StepKind::{Cancel, Overdue, Retry, Suspend};
    let due_at = at("2026-04-15T00:00:00Z");
    let short = policy("[1]", 2, 4);

    let failed = Dunning::asked(due_at).failed(at("2026-04-01T00:00:00Z"), due_at, short);
    let again = failed.failed(at("2026-04-02T00:00:00Z"), due_at, short);
    let late = Dunning::asked(due_at).failed(at("2026-04-20T00:00:00Z"), due_at, short);

    // The due date is passed even after the end of the subscription.
    let expected = [(Retry, "04-02"), (Suspend, "04-03"), (Cancel, "04-05"), (Overdue, "04-15")];
    assert_eq!(all(failed, due_at, short), told(&expected));
    assert_eq!(again, failed);
    assert_eq!(late.failed_at, Some(due_at));
}

#[test]
fn retries_after_the_cancellation_are_never_made() {
    let due_at = at("2026-04-15T00:00:00Z");

    let steps = all(Dunning::asked(due_at), due_at, policy("[1,3,4,180]", 1, 3));

    let days: Vec<&str> = steps.iter().map(|(_, day)| day.as_str()).collect();
    assert_eq!(days, ["04-15", "04-16", "04-16", "04-18", "04-18"]);
}

#[test]
fn a_new_policy_leaves_out_the_days_that_are_over_but_neither_end() {
    let due_at = at("2026-04-15T00:00:00Z");
    let done = ["04-15 overdue", "04-16 retry", "04-22 retry"].map(|it| {
        let (day, kind) = it.split_once(' ').expect("a day and a kind");
        let kind = StepKind::parse(kind).expect("a kind");
        Step { at: at(&format!("2026-{day}T00:00:00Z")), kind }
    });
    let next = |policy| {
        let step = ladder(policy, due_at, Some(due_at)).next(&done).expect("a step");
        (step.kind, step.at.to_string()[5..10].to_owned())
    };

    assert_eq!(next(policy("[2,4,6,8]", 20, 30)), (StepKind::Retry, "04-23".to_owned()));
    assert_eq!(next(policy("[]", 20, 30)), (StepKind::Suspend, "05-05".to_owned()));
    // What should have been long ago comes at once, and the suspension before the end.
    assert_eq!(next(policy("[8]", 2, 3)), (StepKind::Suspend, "04-17".to_owned()));
}

#[test]
fn nothing_ends_in_a_trial_and_its_days_count_from_the_end_of_the_trial() {
    use StepKind::{Cancel, Overdue, Retry, Suspend};
    let due_at = at("2026-04-15T00:00:00Z");
    let all = |kept_until| {
        let ladder = Ladder { kept_until, ..ladder(policy("[1,9]", 2, 4), due_at, Some(due_at)) };
        let mut done = Vec::new();
        while let Some(step) = ladder.next(&done) {
            done.push(step);
        }
        let tell = |step: Step| (step.kind, step.at.to_string()[5..10].to_owned());
        done.into_iter().map(tell).collect::<Vec<_>>()
    };

    let (over, runs) = (at("2026-04-10T00:00:00Z"), at("2026-04-30T00:00:00Z"));

    let steps = [(Overdue, "04-15"), (Retry, "04-16"), (Suspend, "04-17"), (Cancel, "04-19")];
    assert_eq!(all(Some(over)), told(&steps));
    let steps = [
        (Overdue, "04-15"),
        (Retry, "04-16"),
        (Retry, "04-24"),
        (Suspend, "05-02"),
        (Cancel, "05-04"),
    ];
    assert_eq!(all(Some(runs)), told(&steps));
}

#[test]
fn a_step_beyond_the_calendar_never_comes() {
    let due_at = at("9999-12-28T00:00:00Z");

    let steps = all(Dunning::asked(due_at), due_at, Policy::DEFAULT);

    assert_eq!(steps, told(&[(StepKind::Overdue, "12-28"), (StepKind::Retry, "12-29")]));
}

fn policies() -> impl Strategy<Value = Policy> {
    let days = proptest::collection::btree_set(1..=RETRY_DAY_MAX, 0..=RETRIES_MAX);
    (days, 1..=90_u8, 1..=90_u8).prop_map(|(days, grace, more)| {
        let days = days.into_iter().collect::<Vec<u8>>();
        policy(&format!("{days:?}"), grace, grace + more)
    })
}

proptest! {
    #[test]
    fn under_one_policy_steps_are_in_order_each_once_and_up_to_the_end(
        policy in policies(),
        failed in proptest::option::of(0..2_000_000_i64),
    ) {
        let due_at = at("2026-04-15T00:00:00Z");
        let mut dunning = Dunning::asked(due_at);
        if let Some(before) = failed {
            let at = due_at.plus_seconds(-before).expect("in range");
            dunning = dunning.failed(at, due_at, policy);
        }
        let mut done: Vec<Step> = Vec::new();

        while let Some(step) = ladder(policy, due_at, dunning.failed_at).next(&done) {
            prop_assert!(done.last().is_none_or(|last| *last < step));
            done.push(step);
            dunning = dunning.stepped(step, &done, ladder(policy, due_at, dunning.failed_at));
        }

        let count = |kind| done.iter().filter(|step| step.kind == kind).count();
        prop_assert_eq!([StepKind::Overdue, StepKind::Suspend, StepKind::Cancel].map(count), [1; 3]);
        let last = policy.auto_cancel_days();
        let made = policy.retry_schedule().days().iter().filter(|day| **day <= last).count();
        prop_assert_eq!(count(StepKind::Retry), made);
        prop_assert_eq!(dunning.attempts as usize, made + 1);
    }

    #[test]
    fn whatever_policies_follow_each_other_nothing_is_done_twice(
        policies in proptest::collection::vec(policies(), 1..30),
    ) {
        let due_at = at("2026-04-15T00:00:00Z");
        let mut dunning = Dunning::asked(due_at);
        let mut done: Vec<Step> = Vec::new();

        for policy in policies.iter().cycle().take(200) {
            let ladder = ladder(*policy, due_at, dunning.failed_at);
            let Some(step) = ladder.next(&done) else { break };
            prop_assert!(!done.contains(&step));
            done.push(step);
            dunning = dunning.stepped(step, &done, ladder);
        }

        for kind in [StepKind::Overdue, StepKind::Suspend, StepKind::Cancel] {
            prop_assert!(done.iter().filter(|step| step.kind == kind).count() <= 1);
        }
        prop_assert!(done.len() <= usize::from(RETRY_DAY_MAX) + 3);
    }
}
