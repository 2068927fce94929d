//! Events in every order.

use proptest::prelude::*;

use super::*;
use crate::{calendar::Anchor, id::SubscriptionId};

const NOW: &str = "2026-03-20T12:00:00Z";

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn day(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn app(name: &str) -> Option<AppId> {
    AppId::parse(name).ok()
}

/// Of a tenant in UTC that subscribed on the 10th of January.
fn tally() -> Tally {
    let since = at("2026-01-10T08:00:00Z");
    let meter = Meter {
        ordinal: 1,
        since,
        until: None,
        subscription: SubscriptionId::from_parts(1, 1),
        anchor: Anchor::of(since, &Zone::UTC),
        zone: Zone::UTC,
        number: 0,
        trial: false,
        trial_end: None,
    };
    let grid = Grid { zone: Zone::UTC, meters: vec![meter] };
    Tally { grid, ..Tally::default() }
}

fn event(id: &str, resource: Resource, amount: i64, occurred_at: &str) -> Event {
    let occurred_at = Some(at(occurred_at));
    Event { key: EventKey::of_id(id), app: app("a"), resource, amount, occurred_at }
}

fn calls(id: &str, amount: i64, occurred_at: &str) -> Event {
    event(id, Resource::ApiCalls, amount, occurred_at)
}

fn on(tally: &Tally, date: &str) -> DayUse {
    tally.days.get(&(app("a"), day(date))).map(|kept| kept.now).unwrap_or_default()
}

#[test]
fn what_adds_up_counts_in_its_day_and_period_and_once() {
    let mut tally = tally();
    let now = at(NOW);

    assert_eq!(tally.count(&calls("1", 5, "2026-03-10T07:59:59Z"), now), Ok(Count::New(Some(5))));
    assert_eq!(tally.count(&calls("2", 7, "2026-03-10T08:00:00Z"), now), Ok(Count::New(Some(7))));
    assert_eq!(tally.count(&calls("3", 1, "2026-03-11T00:00:00Z"), now), Ok(Count::New(Some(8))));
    assert_eq!(tally.count(&calls("3", 1, "2026-03-11T00:00:00Z"), now), Ok(Count::Duplicate));
    let other = calls("3", 2, "2026-03-11T00:00:00Z");
    assert_eq!(tally.count(&other, now), Err(EventError::Differs));

    assert_eq!(
        (on(&tally, "2026-03-10").api_requests, on(&tally, "2026-03-11").api_requests),
        (12, 1)
    );
    let periods: Vec<_> = tally.periods.values().map(|kept| kept.now.total).collect();
    assert_eq!(periods, [5, 8]);
    assert_eq!(tally.new_apps, [app("a").expect("an app")]);
    assert_eq!(tally.counted.len(), 3);
}

#[test]
fn what_comes_after_the_invoice_waits_for_the_next() {
    let mut tally = tally();
    let start = at("2026-02-10T08:00:00Z");
    let period = Period::new(start, at("2026-03-10T08:00:00Z")).expect("a period");
    let billed = PeriodUse { total: 100, bills: 1, ..PeriodUse::new(period) };
    let key = (app("a"), Resource::ApiCalls, start);
    tally.periods.insert(key.clone(), Kept::found(billed));

    let late = calls("1", 5, "2026-03-01T00:00:00Z");
    assert_eq!(tally.count(&late, at(NOW)), Ok(Count::New(Some(105))));

    let late_due = Some(at("2026-04-10T08:00:00Z"));
    assert_eq!(tally.periods[&key].now, PeriodUse { total: 105, late: 5, late_due, ..billed });
    assert_eq!(tally.counted[0].period, Some((start, 1)));
}

#[test]
fn a_level_is_the_last_that_was_measured_and_goes_on() {
    let mut tally = tally();
    let now = at(NOW);
    let stored = |id, amount, when| event(id, Resource::Storage, amount, when);
    for event in [
        stored("1", 50, "2026-03-15T10:00:00Z"),
        calls("2", 1, "2026-03-17T10:00:00Z"),
        stored("3", 40, "2026-03-15T09:00:00Z"),
        stored("4", 70, "2026-03-16T10:00:00Z"),
        stored("5", 60, "2026-03-16T10:00:00Z"),
    ] {
        tally.count(&event, now).expect("it counts");
    }

    let amounts =
        ["2026-03-15", "2026-03-16", "2026-03-17"].map(|it| on(&tally, it).storage.amount);
    assert_eq!(amounts, [50, 70, 70]);
    let period = tally.periods.values().find(|kept| kept.now.measured_at.is_some());
    assert_eq!(period.map(|kept| kept.now.total), Some(70));
    let late = tally.late_levels.get(&((app("a"), day("2026-03-16")), Resource::Storage));
    assert_eq!(late.map(|level| level.amount), Some(70));
}

#[test]
fn a_new_day_begins_with_the_levels_of_the_newest_before_it() {
    let mut tally = tally();
    let users = Level { amount: 8, at: Some(at("2026-02-01T00:00:00Z")) };
    let found = DayUse { users, api_requests: 9, ..DayUse::default() };
    tally.before.insert((app("a"), day("2026-03-11")), (day("2026-02-01"), found));

    tally.count(&calls("1", 1, "2026-03-11T10:00:00Z"), at(NOW)).expect("it counts");

    assert_eq!(on(&tally, "2026-03-11"), DayUse { users, api_requests: 1, ..DayUse::default() });
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut tally = tally();
    let now = at(NOW);
    let deleted_at = at("2026-03-15T00:00:00Z");
    tally.apps.insert(app("a").expect("an app"), Some(deleted_at));
    let gpu = Resource::Priced("gpu".into());
    tally.priced.insert((app("b").expect("an app"), gpu.clone()));
    let before = tally.clone();

    let when = "2026-03-14T23:59:59Z";
    for (event, why) in [
        (calls("1", 1, "2026-03-15T00:00:00Z"), EventError::AppDeleted),
        (event("1", gpu.clone(), 1, when), EventError::UnknownResource),
        (Event { app: None, ..event("1", gpu.clone(), 1, when) }, EventError::UnknownResource),
        (calls("1", 1, "2026-03-20T12:05:01Z"), EventError::Future),
        (calls("1", 1, "2025-03-19T11:59:59Z"), EventError::TooOld),
    ] {
        assert_eq!(tally.count(&event, now), Err(why), "{event:?}");
    }
    assert_eq!(tally.days, before.days);
    assert_eq!((tally.counted.len(), tally.new_apps.len()), (0, 0));

    assert_eq!(tally.count(&calls("1", 1, when), now), Ok(Count::New(Some(1))));
    let allowed = Event { app: app("b"), ..event("2", gpu, 3, when) };
    assert_eq!(tally.count(&allowed, now), Ok(Count::New(Some(3))));
    assert_eq!(tally.priced_days.len(), 1);

    let most = Event { amount: i64::MAX, ..calls("3", 1, when) };
    assert_eq!(tally.count(&most, now), Err(EventError::TooMuch));
    assert_eq!(on(&tally, "2026-03-14").api_requests, 1);
}

/// What is stored of a tenant between sets of reports.
#[derive(Debug, Default, PartialEq)]
struct Stored {
    days: BTreeMap<DayKey, DayUse>,
    periods: BTreeMap<PeriodKey, PeriodUse>,
}

impl Stored {
    /// Counts a set of events, as it is loaded and saved.
    fn count(&mut self, events: &[Event], now: Instant) {
        let mut tally = tally();
        for event in events {
            let place = tally.grid.place(event, now).expect("in range");
            let key = (event.app.clone(), place.day);
            let found = self.days.range(..=&key).next_back();
            match found.filter(|((app, _), _)| *app == key.0) {
                Some(((_, day), used)) if *day == key.1 => {
                    tally.days.insert(key, Kept::found(*used));
                }
                Some(((_, day), used)) => {
                    tally.before.insert(key, (*day, *used));
                }
                None => (),
            }
        }
        let periods = self.periods.iter();
        tally.periods = periods.map(|(key, used)| (key.clone(), Kept::found(*used))).collect();
        for event in events {
            tally.count(event, now).expect("it counts");
        }
        for (((app, day), resource), late) in &tally.late_levels {
            for ((of, on), used) in &mut self.days {
                if of == app && on > day {
                    let level = used.level_mut(resource).expect("a level");
                    level.heed(late.amount, late.at.expect("an instant"));
                }
            }
        }
        self.days.extend(tally.days.iter().map(|(key, kept)| (key.clone(), kept.now)));
        self.periods.extend(tally.periods.iter().map(|(key, kept)| (key.clone(), kept.now)));
    }
}

#[test]
fn a_day_that_is_new_in_a_set_begins_with_what_came_late_in_it() {
    let mut stored = Stored::default();
    let level = |id, amount, when| event(id, Resource::Storage, amount, when);
    stored.count(&[level("1", 10, "2026-03-14T10:00:00Z")], at(NOW));
    stored.count(&[calls("2", 1, "2026-03-16T10:00:00Z")], at(NOW));

    let late = level("3", 50, "2026-03-15T10:00:00Z");
    stored.count(&[late, calls("4", 1, "2026-03-17T10:00:00Z")], at(NOW));

    let storage = |it: &str| stored.days[&(app("a"), day(it))].storage.amount;
    assert_eq!(["2026-03-14", "2026-03-16", "2026-03-17"].map(storage), [10, 50, 50]);
}

#[test]
fn a_level_from_before_the_first_period_is_that_of_its_beginning() {
    let mut stored = Stored::default();
    let level = |id, amount, when| event(id, Resource::Storage, amount, when);
    stored.count(&[level("1", 10, "2026-01-09T10:00:00Z")], at(NOW));
    stored.count(&[level("2", 30, "2026-01-10T07:59:59Z")], at(NOW));
    stored.count(&[level("3", 20, "2026-01-10T07:00:00Z")], at(NOW));

    let key = (app("a"), Resource::Storage, at("2026-01-10T08:00:00Z"));
    let used = stored.periods[&key];
    assert_eq!((used.total, used.measured_at), (30, Some(at("2026-01-10T07:59:59Z"))));
    assert_eq!(used.period.end(), at("2026-02-10T08:00:00Z"));
    assert_eq!(stored.periods.len(), 1);
}

proptest! {
    #[test]
    fn the_sets_in_which_events_come_do_not_matter(
        given in prop::collection::vec((0_usize..3, 0_usize..2, 1_i64..50, 0_i64..150), 1..40),
        sizes in prop::collection::vec(1_usize..6, 40),
    ) {
        let resources = [Resource::ApiCalls, Resource::Storage, Resource::Users];
        let now = at(NOW);
        let event = |(n, (resource, of, amount, ago)): (usize, &(usize, usize, i64, i64))| Event {
            key: EventKey::of_id(&n.to_string()),
            app: app(["a", ""][*of]),
            resource: resources[*resource].clone(),
            amount: *amount,
            occurred_at: now.plus_seconds(-ago * 43_200).ok(),
        };
        let events: Vec<Event> = given.iter().enumerate().map(event).collect();
        let (mut one_by_one, mut in_sets) = (Stored::default(), Stored::default());
        for event in &events {
            one_by_one.count(std::slice::from_ref(event), now);
        }
        let mut rest = &events[..];
        for size in sizes {
            let (set, after) = rest.split_at(size.min(rest.len()));
            in_sets.count(set, now);
            rest = after;
        }

        prop_assert_eq!(&one_by_one, &in_sets);
        let mut sorted = events;
        sorted.sort_by_key(|event| (event.occurred_at, event.amount));
        let mut in_time = Stored::default();
        in_time.count(&sorted, now);
        prop_assert_eq!(&in_time, &in_sets);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        given in prop::collection::vec((0_usize..3, 0_usize..3, 1_i64..50, 0_i64..40), 1..40),
        order in any::<u64>(),
    ) {
        let resources = [Resource::ApiCalls, Resource::Storage, Resource::Users];
        let now = at(NOW);
        let events: Vec<Event> = given
            .iter()
            .enumerate()
            .map(|(n, (resource, of, amount, hours))| Event {
                key: EventKey::of_id(&n.to_string()),
                app: app(["a", "b", ""][*of]),
                resource: resources[*resource].clone(),
                amount: *amount,
                occurred_at: now.plus_seconds(-hours * 43_200).ok(),
            })
            .collect();
        let mut shuffled = events.clone();
        shuffled.sort_by_key(|event| {
            let key = u64::from_be_bytes(event.key.as_bytes()[..8].try_into().expect("eight"));
            key.rotate_left(u32::try_from(order % 64).expect("small")) ^ order
        });
        let count = |events: &[Event]| {
            let mut tally = tally();
            for event in events.iter().chain(events) {
                tally.count(event, now).expect("it counts");
            }
            let days: Vec<_> = tally.days.iter().map(|(key, kept)| (key.clone(), kept.now)).collect();
            let periods: Vec<_> =
                tally.periods.iter().map(|(key, kept)| (key.clone(), kept.now)).collect();
            (days, periods, tally.counted.len())
        };

        let (days, periods, counted) = count(&events);
        prop_assert_eq!(count(&shuffled), (days, periods, counted));
        prop_assert_eq!(counted, events.len());
    }
}
