//! When alerts fire, and what changes do to them.

use proptest::prelude::*;

use super::*;
use crate::catalog::UNLIMITED;

fn percent(percent: i64) -> Threshold {
    Threshold::new(percent).expect("a threshold")
}

fn at(second: i64) -> Instant {
    Instant::from_second(second).expect("in range")
}

fn alert() -> Alert {
    Alert {
        id: UsageAlertId::from_parts(1, 1),
        app: None,
        name: "Calls".to_owned(),
        resource: Resource::ApiCalls,
        threshold: percent(80),
        channels: Channels::parse("email,in_app").expect("channels"),
        status: AlertStatus::Active,
        created_by: UserId::parse("usr_1").expect("an id"),
        fired: None,
        created_at: at(5),
        updated_at: at(5),
    }
}

#[test]
fn channels_are_read_from_a_comma_list_in_its_order() {
    for (list, normal) in [
        ("email", "email"),
        ("webhook,sms,in_app,email", "webhook,sms,in_app,email"),
        (" in_app ,  email ", "in_app,email"),
    ] {
        assert_eq!(Channels::parse(list).map(|it| it.to_string()), Ok(normal.to_owned()));
    }
    let unknown = ["", " ", ",", "fax", "email,", ",email", "email,,sms", "Email", "email;sms"];
    for list in unknown.into_iter().chain(["e mail", "email\tsms", "email\t", "in-app"]) {
        assert_eq!(Channels::parse(list), Err(NotChannels::Unknown), "{list:?}");
    }
    for list in ["email,email", "sms, email,sms"] {
        assert_eq!(Channels::parse(list), Err(NotChannels::Repeated), "{list:?}");
    }
}

#[test]
fn a_threshold_is_1_to_100_per_cent() {
    for good in [1, 80, 100] {
        assert_eq!(Threshold::new(good).map(Threshold::percent), Ok(good));
    }
    for bad in [i64::MIN, -1, 0, 101, i64::MAX] {
        assert_eq!(Threshold::new(bad), Err(NotAThreshold), "{bad}");
    }
}

#[test]
fn so_much_of_a_limit_crosses_a_threshold_and_less_does_not() {
    for (used, limit, threshold, expected) in [
        (79, 100, 80, false),
        (80, 100, 80, true),
        (81, 100, 80, true),
        (0, 100, 1, false),
        (1, 100, 1, true),
        (2, 3, 67, false),
        (3, 3, 100, true),
        (1, 3, 33, true),
        (0, 0, 80, false),
        (1, 0, 80, true),
        (i64::MAX, UNLIMITED, 1, false),
        (i64::MAX, i64::MIN, 1, false),
        (i64::MAX, i64::MAX, 100, true),
        (i64::MAX - 1, i64::MAX, 100, false),
    ] {
        let found = crosses(used, limit, percent(threshold));
        assert_eq!(found, expected, "{used} of {limit} at {threshold}");
    }
}

#[test]
fn an_alert_is_active_again_when_the_period_in_which_it_fired_is_over() {
    let fired = alert().triggered(Fired { at: at(10), until: at(20) });

    assert_eq!(fired.status_at(at(19)), AlertStatus::Triggered);
    assert_eq!(fired.status_at(at(20)), AlertStatus::Active);
    assert_eq!(fired.updated_at, at(5));
    let silenced =
        fired.changed(&AlertChange { silenced: Some(true), ..Default::default() }, at(12));
    for second in [12, 20] {
        assert_eq!(silenced.status_at(at(second)), AlertStatus::Silenced);
    }
    assert_eq!((silenced.fired, silenced.updated_at), (fired.fired, at(12)));
}

#[test]
fn what_fires_for_a_period_that_is_over_is_triggered_as_long_as_it_was() {
    let fired = alert().triggered(Fired { at: at(10), until: at(20) });

    let late = fired.triggered(Fired { at: at(11), until: at(9) });
    let next = fired.triggered(Fired { at: at(21), until: at(30) });
    let reset = fired.changed(&AlertChange { silenced: Some(false), ..Default::default() }, at(12));
    let late_after_reset = reset.triggered(Fired { at: at(13), until: at(9) });

    assert_eq!(late.fired, Some(Fired { at: at(11), until: at(20) }));
    assert_eq!(next.fired, Some(Fired { at: at(21), until: at(30) }));
    assert_eq!(late_after_reset.status_at(at(13)), AlertStatus::Active);
}

#[test]
fn a_change_keeps_what_it_does_not_name() {
    let before = alert();
    let change = AlertChange {
        name: Some("Storage".to_owned()),
        resource: Some(Resource::Storage),
        threshold: Some(percent(90)),
        channels: Channels::parse("sms").ok(),
        silenced: None,
    };

    let all = before.changed(&change, at(9));
    let none = before.changed(&AlertChange::default(), at(9));

    assert_eq!(
        (all.name.as_str(), all.resource, all.threshold),
        ("Storage", Resource::Storage, percent(90))
    );
    assert_eq!((all.channels.to_string(), all.updated_at), ("sms".to_owned(), at(9)));
    assert_eq!((all.id, all.created_at, all.status), (before.id, before.created_at, before.status));
    assert_eq!(none, before);
}

#[test]
fn what_changes_nothing_is_no_change() {
    let fired = alert().triggered(Fired { at: at(10), until: at(20) });
    let same = AlertChange { name: Some("Calls".to_owned()), ..Default::default() };
    let active = AlertChange { silenced: Some(false), ..Default::default() };

    assert_eq!(fired.changed(&same, at(12)), fired);
    assert_eq!(fired.changed(&active, at(20)), fired);
    assert_eq!(fired.changed(&active, at(12)).status, AlertStatus::Active);
    assert_eq!(alert().changed(&active, at(12)), alert());
}

#[test]
fn an_alert_that_watches_something_else_has_not_fired_for_that() {
    let fired = alert().triggered(Fired { at: at(10), until: at(20) });
    let higher = AlertChange { threshold: Some(percent(90)), ..Default::default() };
    let other = AlertChange { resource: Some(Resource::Sms), ..Default::default() };
    let renamed = AlertChange { name: Some("N".to_owned()), ..Default::default() };

    assert_eq!(fired.changed(&higher, at(12)).status, AlertStatus::Active);
    assert_eq!(fired.changed(&other, at(12)).status, AlertStatus::Active);
    assert_eq!(fired.changed(&renamed, at(12)).status, AlertStatus::Triggered);
    let silenced =
        fired.changed(&AlertChange { silenced: Some(true), ..Default::default() }, at(11));
    assert_eq!(silenced.changed(&higher, at(12)).status, AlertStatus::Silenced);
}

proptest! {
    #[test]
    fn the_least_use_that_crosses_is_the_share_rounded_up(
        limit in 1_i64..=i64::MAX,
        threshold in 1_i64..=100,
    ) {
        let share = i128::from(limit) * i128::from(threshold);
        let least = i64::try_from((share + 99) / 100).expect("at most the limit");

        prop_assert!(crosses(least, limit, percent(threshold)));
        prop_assert!(!crosses(least - 1, limit, percent(threshold)));
    }

    #[test]
    fn more_use_and_a_lower_threshold_still_cross(
        used in 0_i64..=i64::MAX,
        more in 0_i64..=i64::MAX,
        limit in -1_i64..=i64::MAX,
        threshold in 2_i64..=100,
    ) {
        if crosses(used, limit, percent(threshold)) {
            prop_assert!(crosses(used.saturating_add(more), limit, percent(threshold)));
            prop_assert!(crosses(used, limit, percent(threshold - 1)));
        }
        prop_assert_eq!(crosses(used, limit, percent(100)), limit >= 0 && used > 0 && used >= limit);
    }

    #[test]
    fn a_list_of_channels_reads_back(text in "[a-z_, ]{0,40}") {
        if let Ok(channels) = Channels::parse(&text) {
            prop_assert_eq!(Channels::parse(&channels.to_string()), Ok(channels));
        }
    }
}
