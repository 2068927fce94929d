//! Packs of any entries, in any order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{calendar::Instant, id::AppId, metering::Resource};

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn taken(amount: i64) -> Taken {
    let occurred_at = at("2026-03-01T10:00:00Z");
    Taken { app: AppId::parse("a").ok(), resource: Resource::ApiCalls, amount, occurred_at }
}

fn entry(id: u16, amount: i64) -> Packed {
    Packed::of(EventKey::of_id(&id.to_string()), &taken(amount))
}

/// The pack whose range a key is in.
fn place(packs: &[Pack], key: EventKey) -> usize {
    packs.partition_point(|it| it.first() <= key) - 1
}

#[test]
fn a_repeat_of_what_was_packed_says_the_same_but_may_leave_out_when() {
    let key = EventKey::of_id("evt_1");
    let packed = Packed::of(key, &taken(5));
    let Taken { app, resource, amount, occurred_at } = taken(5);
    let same = Event { key, app, resource, amount, occurred_at: Some(occurred_at) };

    assert_eq!(same.repeats_packed(&packed), Ok(()));
    assert_eq!(Event { occurred_at: None, ..same.clone() }.repeats_packed(&packed), Ok(()));
    for other in [
        Event { amount: 6, ..same.clone() },
        Event { amount: 6, occurred_at: None, ..same.clone() },
        Event { amount: -5, ..same.clone() },
        Event { resource: Resource::Sms, ..same.clone() },
        Event { app: None, ..same.clone() },
        Event { occurred_at: Some(at("2026-03-01T10:00:01Z")), ..same.clone() },
        Event { key: EventKey::of_id("evt_2"), ..same.clone() },
    ] {
        assert_eq!(other.repeats_packed(&packed), Err(EventError::Differs), "{other:?}");
    }
}

#[test]
fn what_is_no_pack_is_not_read() {
    let [low, high] = {
        let mut two = [entry(1, 5), entry(2, 5)];
        two.sort_unstable();
        two
    };
    let bytes = |entries: &[Packed]| Pack { first: low.key, entries: entries.to_vec() }.bytes();
    let good = bytes(&[low, high]);

    assert_eq!(Pack::read(low.key, &good).map(|it| it.bytes()), Ok(good.clone()));
    assert_eq!(Pack::read(high.key, &good), Err(NotAPack));
    assert_eq!(Pack::read(low.key, &good[1..]), Err(NotAPack));
    assert_eq!(Pack::read(low.key, &[]), Err(NotAPack));
    assert_eq!(Pack::read(low.key, &bytes(&[high, low])), Err(NotAPack));
    assert_eq!(Pack::read(low.key, &bytes(&[low, low])), Err(NotAPack));
}

#[test]
fn what_is_old_and_settled_goes_but_never_the_last_of_a_level() {
    let limit = at("2026-04-01T00:00:00Z");
    let old = |resource: Resource, occurred_at: &str, received_at: &str| Old {
        key: EventKey::of_id(occurred_at),
        taken: Taken { resource, occurred_at: at(occurred_at), ..taken(5) },
        received_at: at(received_at),
        is_settled: true,
    };
    let sum = old(Resource::ApiCalls, "2026-03-01T00:00:00Z", "2026-03-31T23:59:59Z");
    let late = Old { received_at: limit, ..sum.clone() };
    let back = Old { taken: taken(-5), ..sum.clone() };

    assert!(sum.may_go(None, limit, None) && sum.may_go(Some(&back), limit, None));
    assert!(!late.may_go(None, limit, None) && !sum.may_go(Some(&late), limit, None));
    assert!(!back.may_go(None, limit, None), "it goes with what it takes back");
    assert!(!Old { is_settled: false, ..sum }.may_go(None, limit, None));

    let level = |at: &str| old(Resource::Users, at, "2026-03-31T00:00:00Z");
    let last = level("2026-03-20T00:00:00Z");
    assert!(level("2026-03-19T23:59:59Z").may_go(None, limit, Some(&last)));
    assert!(!level("2026-03-19T23:59:59Z").may_go(None, limit, None));
    assert!(!last.may_go(None, limit, Some(&last)));
    assert!(!level("2026-03-21T00:00:00Z").may_go(None, limit, Some(&last)));
    let ahead = old(Resource::Users, "2026-03-20T00:05:00Z", "2026-03-20T00:00:00Z");
    assert!(
        !level("2026-03-20T00:00:00Z").may_go(None, limit, Some(&ahead)),
        "it counts as of then"
    );
}

proptest! {
    #[test]
    fn packs_have_every_entry_once_in_their_ranges_however_they_came(
        turns in prop::collection::vec(prop::collection::vec((0..400_u16, 1..4_i64), 0..300), 1..8),
    ) {
        let mut packs = vec![Pack::of_all()];
        let mut all: BTreeMap<EventKey, Packed> = BTreeMap::new();
        for turn in turns {
            let mut parts: BTreeMap<usize, Vec<Packed>> = BTreeMap::new();
            for (id, amount) in turn {
                let entry = entry(id, amount);
                all.entry(entry.key).or_insert(entry);
                parts.entry(place(&packs, entry.key)).or_default().push(entry);
            }
            for (place, part) in parts.into_iter().rev() {
                let parted = packs[place].clone().with(part);
                packs.splice(place..=place, parted);
            }
            for pair in packs.windows(2) {
                prop_assert!(pair[0].first() < pair[1].first());
                prop_assert!(pair[0].entries().last().is_some_and(|it| it.key < pair[1].first()));
            }
            for pack in packs.iter().filter(|it| !it.entries().is_empty()) {
                prop_assert!(pack.entries().len() <= PACK_MAX);
                prop_assert_eq!(&Pack::read(pack.first(), &pack.bytes()).unwrap(), pack);
            }
        }
        let packed: Vec<Packed> = packs.iter().flat_map(|it| it.entries().to_vec()).collect();
        prop_assert_eq!(&packed, &all.values().copied().collect::<Vec<_>>());
        for id in 0..400_u16 {
            let key = EventKey::of_id(&id.to_string());
            prop_assert_eq!(packs[place(&packs, key)].find(key), all.get(&key).copied());
        }
    }
}
