//! Searching: the tail row by row, then sealed chunks in batches, newest first.

use std::{ops::RangeInclusive, sync::Arc};

use countinghouse_core::search::{
    Damaged, chunk_of,
    filter::Filter,
    first_seq,
    plan::{Plan, plan},
    tally::Tally,
};

use super::{
    Ask, Found,
    heads::{Head, Heads},
    loaded::{Loaded, Planned},
    pace::Pace,
    store,
};
use crate::{
    db::{Db, Error, Purpose, Tx},
    http::paging::Paging,
};

/// How many chunks the first batch has. Most searches end there.
const BATCH_MIN: i64 = 8;

/// How many chunks a batch has at most.
const BATCH_MAX: i64 = 128;

/// About how many bytes a batch may take.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// A search under way.
struct Scan<'a> {
    tx: Tx,
    heads: &'a Heads,
    tenant: &'a str,
    filter: Filter,
    tally: Tally,
    pace: Pace,
}

/// A page of what matches.
pub(super) async fn page(
    db: &Db,
    heads: &Heads,
    tenant: &str,
    ask: &Ask,
    paging: Paging,
) -> Result<Found, Error> {
    let mut tx = db.snapshot(Purpose::Search).await?;
    let last = store::count(&mut tx, tenant, None).await?;
    let (after, to) = ask.places_of(&mut tx, tenant, None, last).await?;
    let filter = ask.filter(after + 1..=to);
    let mut scan = Scan { tx, heads, tenant, filter, tally: tally(paging), pace: Pace::start() };
    scan.tail(last).await?;
    scan.chunks(last).await?;

    let Scan { mut tx, tally, .. } = scan;
    let page = tally.finish();
    let records = store::records_at(&mut tx, tenant, &page.seqs).await?;
    let lines = store::lines_of(&mut tx, tenant, &records).await?;
    tx.rollback().await?;
    Ok(Found::tallied(records, lines, &page))
}

fn tally(paging: Paging) -> Tally {
    let size = usize::try_from(paging.size()).unwrap_or_default();
    match paging.from() {
        Some(newest) => Tally::below(newest.saturating_add(1), size),
        None => Tally::page(paging.skipped().unsigned_abs(), size),
    }
}

impl Scan<'_> {
    /// Walks the records that are in no full chunk.
    async fn tail(&mut self, last: i64) -> Result<(), Error> {
        let from = (*self.filter.seqs.start()).max(first_seq(chunk_of(last + 1)));
        let to = (*self.filter.seqs.end()).min(last);
        if from > to {
            return Ok(());
        }
        let has_words = !self.filter.words.is_empty();
        let walked = store::walk(&mut self.tx, self.tenant, from, to, has_words).await?;
        for entry in walked.entries()?.iter().rev() {
            if self.filter.matches(entry) {
                self.tally.add(entry.seq);
            }
            self.pace.keep().await;
        }
        Ok(())
    }

    /// Asks the full chunks.
    async fn chunks(&mut self, last: i64) -> Result<(), Error> {
        let oldest = chunk_of(*self.filter.seqs.start());
        let mut newest = chunk_of(*self.filter.seqs.end()).min(chunk_of(last + 1) - 1);
        let mut size = BATCH_MIN;
        while !self.tally.is_done() {
            if let Some(seq) = self.tally.skip_to() {
                newest = newest.min(chunk_of(seq));
            }
            if newest < oldest {
                break;
            }
            let batch = (newest - size + 1).max(oldest)..=newest;
            newest = *batch.start() - 1;
            let bytes = self.batch(batch).await?;
            size = next_size(size, bytes);
        }
        Ok(())
    }

    /// Asks some chunks, and says about how many bytes that took.
    async fn batch(&mut self, chunks: RangeInclusive<i64>) -> Result<usize, Error> {
        let heads = self.heads(chunks).await?;
        let mut planned: Vec<Planned> = Vec::new();
        for head in heads.iter().rev() {
            let plan = plan(&head.as_chunk(), &self.filter);
            if let Plan::Pending(pending) = plan.map_err(|error| self.corrupt(head.chunk, error))? {
                planned.push((head.chunk, pending));
            }
            self.pace.keep().await;
        }

        let loaded = Loaded::load(&mut self.tx, self.tenant, &planned).await?;
        for (chunk, pending) in planned {
            if !self.tally.needs_chunk(chunk) {
                continue;
            }
            let matches = pending.finish(&loaded.fetched(chunk));
            self.tally.add_chunk(chunk, &matches.map_err(|error| self.corrupt(chunk, error))?);
            self.pace.keep().await;
        }
        Ok(loaded.bytes() + heads.iter().map(|head| head.bytes()).sum::<usize>())
    }

    /// The heads of some chunks, oldest first: those that are kept, and the others from the
    /// database. Without words they are so small that they are not kept.
    async fn heads(&mut self, chunks: RangeInclusive<i64>) -> Result<Vec<Arc<Head>>, Error> {
        let with_words = self.filter.reads_words();
        let mut heads = self.heads.get(self.tenant, chunks.clone());
        let missing: Vec<i64> = chunks.clone().filter(|chunk| !heads.contains_key(chunk)).collect();
        if !missing.is_empty() {
            let missing = missing.into_iter();
            let read = store::heads(&mut self.tx, self.tenant, missing, with_words).await?;
            let read: Vec<Arc<Head>> = read.into_iter().map(Arc::new).collect();
            if with_words {
                self.heads.keep(self.tenant, &read);
            }
            heads.extend(read.into_iter().map(|head| (head.chunk, head)));
        }
        match chunks.into_iter().find(|chunk| !heads.contains_key(chunk)) {
            Some(chunk) => Err(Error::corrupt("record_chunk", &self.name(chunk), "chunk")),
            None => Ok(heads.into_values().collect()),
        }
    }

    fn corrupt(&self, chunk: i64, error: Damaged) -> Error {
        let name = self.name(chunk);
        tracing::error!(chunk = name, %error, "a chunk can't be searched");
        Error::corrupt("record_chunk", &name, "words")
    }

    fn name(&self, chunk: i64) -> String {
        format!("{}/{chunk}", self.tenant)
    }
}

/// How many chunks the next batch has, after one of `size` chunks took `bytes`: twice as many, if
/// they fit into memory.
fn next_size(size: i64, bytes: usize) -> i64 {
    let fitting = BATCH_BYTES.saturating_mul(usize::try_from(size).unwrap_or(1)) / bytes.max(1);
    let fitting = i64::try_from(fitting).unwrap_or(BATCH_MAX);
    fitting.min(size * 2).clamp(1, BATCH_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_as_far_as_memory_allows() {
        assert_eq!(next_size(8, 0), 16);
        assert_eq!(next_size(100, 1), BATCH_MAX);
        assert_eq!(next_size(8, BATCH_BYTES), 8);
        assert_eq!(next_size(8, BATCH_BYTES * 100), 1);
    }
}
