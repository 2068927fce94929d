//! What the plans of several chunks need, each kind of it loaded in one statement.

use std::collections::BTreeMap;

use countinghouse_core::search::{
    first_seq, last_seq,
    plan::{Fetched, Needs, Pending},
};

use super::store;
use crate::db::{Error, Tx};

/// A chunk that takes the second step.
pub(super) type Planned = (i64, Box<Pending>);

/// What was loaded, by chunk.
#[derive(Debug, Default)]
pub(super) struct Loaded(BTreeMap<i64, Parts>);

#[derive(Debug, Default)]
struct Parts {
    pages: BTreeMap<u32, Vec<u8>>,
    amounts: Option<Vec<u8>>,
    statuses: Vec<Vec<u8>>,
    record_ids: Vec<String>,
}

impl Loaded {
    /// Loads what the plans need.
    pub(super) async fn load(
        tx: &mut Tx,
        tenant: &str,
        planned: &[Planned],
    ) -> Result<Self, Error> {
        let mut loaded = Self::default();
        let pages = |(chunk, plan): &'_ Planned| {
            let chunk = *chunk;
            plan.needs().pages.iter().map(move |page| (chunk, *page)).collect::<Vec<_>>()
        };
        let mut pages = planned.iter().flat_map(pages).peekable();
        if pages.peek().is_some() {
            for (chunk, page, postings) in store::pages(tx, tenant, pages).await? {
                loaded.of(chunk).pages.insert(page, postings);
            }
        }
        let mut chunks = needing(planned, |needs| needs.amounts).peekable();
        if chunks.peek().is_some() {
            for (chunk, amounts) in store::amounts(tx, tenant, chunks).await? {
                loaded.of(chunk).amounts = Some(amounts);
            }
        }
        let mut chunks = needing(planned, |needs| needs.statuses).peekable();
        if chunks.peek().is_some() {
            for (chunk, codes) in store::statuses(tx, tenant, chunks).await? {
                loaded.of(chunk).statuses.push(codes);
            }
        }
        // Ids rise, so a word that begins some but not all of a chunk's is met in very few chunks.
        for chunk in needing(planned, |needs| needs.record_ids) {
            let (from, to) = (first_seq(chunk), last_seq(chunk));
            loaded.of(chunk).record_ids = store::record_ids(tx, tenant, from, to).await?;
        }
        Ok(loaded)
    }

    /// What was loaded for a chunk.
    pub(super) fn fetched(&self, chunk: i64) -> Fetched<'_> {
        let Some(parts) = self.0.get(&chunk) else { return Fetched::default() };
        Fetched {
            pages: parts.pages.iter().map(|(page, bytes)| (*page, bytes.as_slice())).collect(),
            amounts: parts.amounts.as_deref(),
            statuses: parts.statuses.iter().map(Vec::as_slice).collect(),
            record_ids: parts.record_ids.iter().map(String::as_str).collect(),
        }
    }

    /// About how many bytes were loaded.
    pub(super) fn bytes(&self) -> usize {
        self.0.values().map(Parts::bytes).sum()
    }

    fn of(&mut self, chunk: i64) -> &mut Parts {
        self.0.entry(chunk).or_default()
    }
}

impl Parts {
    fn bytes(&self) -> usize {
        let blobs = self.pages.values().chain(&self.amounts).chain(&self.statuses);
        let ids = self.record_ids.iter().map(String::len);
        blobs.map(Vec::len).chain(ids).sum()
    }
}

/// The chunks whose plans need something.
fn needing(planned: &[Planned], what: fn(&Needs) -> bool) -> impl Iterator<Item = i64> {
    planned.iter().filter(move |(_, plan)| what(plan.needs())).map(|(chunk, _)| *chunk)
}
