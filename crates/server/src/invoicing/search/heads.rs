//! Heads of sealed chunks: what a plan is made from, kept in memory between searches.
//!
//! A head never changes, so what is kept is always right. It is only kept when it came with its
//! words: those are most of what a search reads.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use countinghouse_core::search::plan::Chunk;

/// How many bytes are kept, for all tenants together.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a plan is made from.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Head {
    /// The number of the chunk.
    pub(super) chunk: i64,
    min_amount: i64,
    max_amount: i64,
    min_id: String,
    max_id: String,
    #[sqlx(default)]
    numbers: Vec<u8>,
    #[sqlx(default)]
    words: Vec<u8>,
}

/// The heads that were read lately.
#[derive(Debug, Default)]
pub(super) struct Heads(Mutex<Generations>);

/// When the young ones are half of what may be kept they become the old ones, and the old ones that
/// nobody asked for meanwhile are forgotten.
#[derive(Debug, Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

#[derive(Debug, Default)]
struct Generation {
    by_tenant: HashMap<String, BTreeMap<i64, Arc<Head>>>,
    bytes: usize,
}

impl Head {
    /// The chunk as plans see it.
    pub(super) fn as_chunk(&self) -> Chunk<'_> {
        Chunk {
            number: self.chunk,
            words: &self.words,
            numbers: &self.numbers,
            min_amount: self.min_amount,
            max_amount: self.max_amount,
            min_id: &self.min_id,
            max_id: &self.max_id,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let own = size_of::<Self>() + self.min_id.len() + self.max_id.len();
        own + self.numbers.len() + self.words.len()
    }
}

impl Heads {
    /// Those of a tenant's chunks that are kept.
    pub(super) fn get(
        &self,
        tenant: &str,
        chunks: RangeInclusive<i64>,
    ) -> BTreeMap<i64, Arc<Head>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.filter_map(|chunk| Some((chunk, generations.get(tenant, chunk)?))).collect()
    }

    /// Keeps heads of a tenant.
    pub(super) fn keep(&self, tenant: &str, heads: &[Arc<Head>]) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for head in heads {
            generations.keep(tenant, Arc::clone(head));
        }
    }
}

impl Generations {
    fn get(&mut self, tenant: &str, chunk: i64) -> Option<Arc<Head>> {
        if let Some(head) = self.young.get(tenant, chunk) {
            return Some(Arc::clone(head));
        }
        let head = Arc::clone(self.old.get(tenant, chunk)?);
        self.keep(tenant, Arc::clone(&head));
        Some(head)
    }

    fn keep(&mut self, tenant: &str, head: Arc<Head>) {
        if self.young.bytes + head.bytes() > BYTES_MAX / 2 {
            self.old = mem::take(&mut self.young);
        }
        if head.bytes() <= BYTES_MAX / 2 {
            self.young.keep(tenant, head);
        }
    }
}

impl Generation {
    fn get(&self, tenant: &str, chunk: i64) -> Option<&Arc<Head>> {
        self.by_tenant.get(tenant)?.get(&chunk)
    }

    fn keep(&mut self, tenant: &str, head: Arc<Head>) {
        let bytes = head.bytes();
        let heads = self.by_tenant.entry(tenant.to_owned()).or_default();
        if heads.insert(head.chunk, head).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(chunk: i64, words: usize) -> Arc<Head> {
        let id = String::new();
        Arc::new(Head {
            chunk,
            min_amount: 0,
            max_amount: 0,
            min_id: id.clone(),
            max_id: id,
            numbers: Vec::new(),
            words: vec![0; words],
        })
    }

    fn kept(heads: &Heads, tenant: &str) -> Vec<i64> {
        heads.get(tenant, 0..=99).into_keys().collect()
    }

    #[test]
    fn a_tenant_gets_its_own_heads_and_no_others() {
        let heads = Heads::default();

        heads.keep("a", &[head(1, 10), head(3, 10)]);
        heads.keep("b", &[head(2, 10)]);

        assert_eq!(kept(&heads, "a"), [1, 3]);
        assert_eq!(kept(&heads, "b"), [2]);
        assert_eq!(heads.get("a", 3..=9).len(), 1);
    }

    #[test]
    fn what_is_kept_stays_within_bounds_and_what_is_asked_for_stays() {
        let heads = Heads::default();
        let part = BYTES_MAX / 10;

        for chunk in 1..50 {
            heads.keep("a", &[head(chunk, part)]);
            if kept(&heads, "b").is_empty() {
                heads.keep("b", &[head(0, part)]);
            }
        }

        let generations = heads.0.lock().unwrap();
        assert!(generations.young.bytes + generations.old.bytes <= BYTES_MAX);
        drop(generations);
        assert_eq!(kept(&heads, "b"), [0]);
        assert!(kept(&heads, "a").ends_with(&[49]));
        assert!(!kept(&heads, "a").contains(&1));
    }

    #[test]
    fn one_that_is_too_large_is_not_kept() {
        let heads = Heads::default();

        heads.keep("a", &[head(1, BYTES_MAX)]);

        assert!(kept(&heads, "a").is_empty());
    }
}
