//! What searches keep in memory: heads of sealed chunks, and tails.
//!
//! None of it ever changes, since of a record only the status does, so what is kept is always right.
//! Heads are kept with their words, which are most of what a search reads, and tails because a row
//! that was read and folded once need not be again.

use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use super::{head::Head, tail::Tail};

/// How many bytes are kept, for all tenants together.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Tenants>);

/// Where there is no room for more, the tenant that was searched the longest ago gives way, its
/// oldest chunks first; and of one large tenant the newest chunks are kept, since a search begins
/// with them.
#[derive(Debug, Default)]
struct Tenants {
    by_name: HashMap<String, OfTenant>,
    bytes: usize,
    /// How often something was asked for.
    asked: u64,
}

#[derive(Debug, Default)]
struct OfTenant {
    heads: BTreeMap<i64, Arc<Head>>,
    tail: Option<Arc<Tail>>,
    /// When it was last asked for, as [`Tenants::asked`] counts.
    asked: u64,
}

impl Kept {
    /// The heads of a tenant's chunks that are kept.
    pub(super) fn heads(
        &self,
        tenant: &str,
        chunks: RangeInclusive<i64>,
    ) -> BTreeMap<i64, Arc<Head>> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of) = tenants.ask(tenant) else { return BTreeMap::new() };
        of.heads.range(chunks).map(|(chunk, head)| (*chunk, Arc::clone(head))).collect()
    }

    /// A tenant's tail, or as much of it as was read.
    pub(super) fn tail(&self, tenant: &str) -> Option<Arc<Tail>> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.ask(tenant)?.tail.clone()
    }

    /// Keeps heads of a tenant, as far as there is room.
    pub(super) fn keep_heads(&self, tenant: &str, heads: &[Arc<Head>]) {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for head in heads {
            if tenants.make_room(tenant, head.bytes(), head.chunk) {
                let old = tenants.of(tenant).heads.insert(head.chunk, Arc::clone(head));
                tenants.count(head.bytes(), old.map(|old| old.bytes()));
            }
        }
    }

    /// Keeps a tenant's tail instead of the one that is kept, unless that reaches further.
    pub(super) fn keep_tail(&self, tenant: &str, tail: &Arc<Tail>) {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = tenants.ask(tenant).and_then(|of| of.tail.as_ref());
        if kept.is_some_and(|kept| kept.last() >= tail.last()) {
            return;
        }
        if tenants.make_room(tenant, tail.bytes(), i64::MAX) {
            let old = tenants.of(tenant).tail.replace(Arc::clone(tail));
            tenants.count(tail.bytes(), old.map(|old| old.bytes()));
        }
    }
}

impl Tenants {
    fn ask(&mut self, tenant: &str) -> Option<&mut OfTenant> {
        self.asked += 1;
        let of = self.by_name.get_mut(tenant)?;
        of.asked = self.asked;
        Some(of)
    }

    fn of(&mut self, tenant: &str) -> &mut OfTenant {
        let asked = self.asked;
        let fresh = || OfTenant { asked, ..OfTenant::default() };
        self.by_name.entry(tenant.to_owned()).or_insert_with(fresh)
    }

    fn count(&mut self, new: usize, old: Option<usize>) {
        self.bytes = self.bytes + new - old.unwrap_or(0);
    }

    /// Makes room for something about the records of a chunk, if it is worth it.
    fn make_room(&mut self, tenant: &str, bytes: usize, chunk: i64) -> bool {
        if bytes > BYTES_MAX {
            return false;
        }
        while self.bytes + bytes > BYTES_MAX {
            let others = self.by_name.iter().filter(|(name, _)| *name != tenant);
            let other = others.min_by_key(|(_, of)| of.asked).map(|(name, _)| name.clone());
            let Some(oldest) = other.or_else(|| self.has_older(tenant, chunk)) else {
                return false;
            };
            self.remove_oldest(&oldest);
        }
        true
    }

    /// The tenant, if the head of an older chunk of it than this is kept.
    fn has_older(&self, tenant: &str, chunk: i64) -> Option<String> {
        let (oldest, _) = self.by_name.get(tenant)?.heads.first_key_value()?;
        (*oldest < chunk).then(|| tenant.to_owned())
    }

    fn remove_oldest(&mut self, tenant: &str) {
        let Some(of) = self.by_name.get_mut(tenant) else { return };
        let head = of.heads.pop_first().map(|(_, head)| head.bytes());
        let freed = head.or_else(|| of.tail.take().map(|tail| tail.bytes()));
        if of.heads.is_empty() && of.tail.is_none() {
            self.by_name.remove(tenant);
        }
        self.count(0, freed);
    }
}

#[cfg(test)]
mod tests;
