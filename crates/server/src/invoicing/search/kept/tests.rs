//! What is kept, and what gives way.

use super::*;

const PART: usize = BYTES_MAX / 5;

fn head(chunk: i64, words: usize) -> Arc<Head> {
    Arc::new(Head::of_words(chunk, vec![0; words]))
}

fn chunks(kept: &Kept, tenant: &str) -> Vec<i64> {
    kept.heads(tenant, 0..=99).into_keys().collect()
}

/// How many bytes are kept, which must be how many are counted.
fn bytes(kept: &Kept) -> usize {
    let tenants = kept.0.lock().unwrap();
    let heads = tenants.by_name.values().flat_map(|of| of.heads.values());
    let tails = tenants.by_name.values().filter_map(|of| of.tail.as_ref());
    let all = heads.map(|head| head.bytes()).chain(tails.map(|tail| tail.bytes()));
    assert_eq!(tenants.bytes, all.sum::<usize>());
    tenants.bytes
}

#[test]
fn a_tenant_gets_its_own_and_no_others() {
    let kept = Kept::default();

    kept.keep_heads("a", &[head(1, 10), head(3, 10)]);
    kept.keep_heads("b", &[head(2, 10)]);
    kept.keep_tail("b", &Arc::new(Tail::of_texts(0, &["x"])));

    assert_eq!((chunks(&kept, "a"), chunks(&kept, "b")), (vec![1, 3], vec![2]));
    assert_eq!(kept.heads("a", 3..=9).len(), 1);
    assert!(kept.tail("a").is_none() && kept.tail("b").is_some());
}

#[test]
fn of_a_large_tenant_the_newest_chunks_are_kept() {
    let kept = Kept::default();

    for chunk in [5, 4, 3, 9, 8, 2, 7, 6] {
        kept.keep_heads("a", &[head(chunk, PART - 1_000)]);
        assert!(bytes(&kept) <= BYTES_MAX);
    }

    assert_eq!(chunks(&kept, "a"), [5, 6, 7, 8, 9]);
}

#[test]
fn the_tenant_searched_the_longest_ago_gives_way() {
    let kept = Kept::default();
    for tenant in ["a", "b"] {
        kept.keep_heads(tenant, &[head(1, PART), head(2, PART)]);
    }
    assert_eq!(chunks(&kept, "a"), [1, 2]);

    kept.keep_heads("c", &[head(7, PART)]);

    assert!(bytes(&kept) <= BYTES_MAX);
    assert_eq!((chunks(&kept, "a"), chunks(&kept, "b")), (vec![1, 2], vec![2]));
    assert_eq!(chunks(&kept, "c"), [7]);
}

#[test]
fn what_came_twice_is_counted_once() {
    let kept = Kept::default();
    let tail = Arc::new(Tail::of_texts(0, &["x", "y"]));

    kept.keep_heads("a", &[head(1, 10), head(1, 10)]);
    kept.keep_tail("a", &tail);
    kept.keep_tail("a", &tail);

    assert_eq!(bytes(&kept), head(1, 10).bytes() + tail.bytes());
}

#[test]
fn the_tail_that_reaches_further_is_kept() {
    let kept = Kept::default();
    let tails = [(0, &["x"][..]), (0, &["x", "y"]), (1, &["z"])];
    let [short, long, next] = tails.map(|(chunk, texts)| Arc::new(Tail::of_texts(chunk, texts)));

    for tail in [&short, &next, &long, &short] {
        kept.keep_tail("a", tail);
    }

    assert_eq!(kept.tail("a").unwrap().last(), next.last());
    assert_eq!(bytes(&kept), next.bytes());
}

#[test]
fn a_tail_goes_after_the_heads() {
    let kept = Kept::default();
    kept.keep_heads("a", &[head(1, PART)]);
    kept.keep_tail("a", &Arc::new(Tail::of_texts(2, &["x"])));

    kept.keep_heads("b", &[0, 1, 2, 3].map(|chunk| head(chunk, PART)));
    assert!(chunks(&kept, "a").is_empty() && kept.tail("a").is_some());
    kept.keep_heads("b", &[head(4, PART)]);

    assert!(bytes(&kept) <= BYTES_MAX && kept.tail("a").is_none());
    assert_eq!(chunks(&kept, "b"), [1, 2, 3, 4]);
}

#[test]
fn one_that_is_too_large_is_not_kept() {
    let kept = Kept::default();
    kept.keep_heads("b", &[head(1, 10)]);

    kept.keep_heads("a", &[head(1, BYTES_MAX)]);

    assert_eq!((chunks(&kept, "a"), chunks(&kept, "b")), (vec![], vec![1]));
}
