//! What happened to a tenant: its events, and the documents that they tell of, side by side.
//!
//! Events are read in pages, records in chunks of the search index. Whenever there are events for a
//! chunk, the chunk is judged, so neither list is ever held whole.

use std::collections::VecDeque;

use countinghouse_core::{
    invoicing::Series,
    search::{CHUNK, chunk_of, first_seq, last_seq},
};

use super::{
    audit::{Audit, Depth},
    chains::{self, Chains},
    documents::{self, Chunk, Documents, Issued, Texts},
    dunning,
    fingerprint::Fingerprint,
    index,
    periods::Periods,
    report::Rule,
};
use crate::db::Error;

/// How many chunks lie between two that are made again in a sample.
const SAMPLE: i64 = 16;

/// The largest place of a record that is believed; 10^15 records are not.
const PLACE_MAX: i64 = 1_000_000_000_000_000;

/// The documents of a tenant, as far as they were read.
struct Walk<'a> {
    tenant: &'a str,
    documents: Documents<'a>,
    /// The last place that was looked at.
    place: i64,
    /// Events that say that an invoice was issued, whose documents are not read yet.
    issued: VecDeque<Issued>,
    /// What was posted for invoices that are not read yet.
    posted: Fingerprint,
    /// The chunks that are sealed.
    sealed: Vec<i64>,
}

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    /// Goes through the events of a tenant and its documents. `posted` is what the ledger has for
    /// its invoices.
    pub(super) async fn history(&mut self, tenant: &str, posted: Fingerprint) -> Result<(), Error> {
        let sealed = index::chunks(&mut self.tx, tenant).await?;
        let (documents, issued) = (Documents::new(tenant), VecDeque::new());
        let mut walk = Walk { tenant, documents, place: i64::MIN, issued, posted, sealed };
        let (mut chains, mut last) = (Chains::new(tenant), i64::MIN);
        let mut periods = Periods::new(tenant);
        loop {
            let events = chains::page(&mut self.tx, tenant, last).await?;
            let Some(end) = events.last() else { break };
            last = end.seq;
            self.counted.events += u64::try_from(events.len()).unwrap_or(0);
            for event in events {
                chains.read(&event, &mut self.found);
                periods.read(&event, &mut self.found);
                walk.issued.extend(Issued::of(event));
            }
            while walk.issued.len() >= CHUNK {
                if !self.chunk(&mut walk).await? {
                    self.note_unmatched(&mut walk);
                }
            }
        }
        let heads = chains::heads(&mut self.tx, tenant).await?;
        chains.finish(heads, &mut self.found);
        periods.finish(&mut self.tx, &mut self.found).await?;
        while self.chunk(&mut walk).await? {}
        self.note_unmatched(&mut walk);
        self.finish(walk).await
    }

    /// Judges the next chunk of records; false if there is none.
    async fn chunk(&mut self, walk: &mut Walk<'_>) -> Result<bool, Error> {
        let tenant = walk.tenant;
        let next = documents::next_place(&mut self.tx, tenant, walk.place).await?;
        let Some(next) = next else { return Ok(false) };
        if next > PLACE_MAX {
            self.found.note(Rule::RecordSeq, tenant, || format!("there is a record {next}"));
            return Ok(false);
        }
        let number = chunk_of(next);
        let is_sampled = number % SAMPLE == 0 || walk.sealed.last() == Some(&number);
        let texts = match self.depth {
            Depth::Sampled if !is_sampled => Texts::Left,
            _ => Texts::Read,
        };
        let seqs = first_seq(number)..=last_seq(number);
        let chunk = Chunk::load(&mut self.tx, tenant, &seqs, texts).await?;
        walk.documents.read(&chunk, &mut self.found);
        documents::take_off(&chunk.invoices, &mut walk.posted);
        documents::compare_events(tenant, &chunk.invoices, &mut walk.issued, &mut self.found);
        if chunk.records.len() == CHUNK {
            self.index(tenant, number, &chunk, texts).await?;
        }
        walk.place = last_seq(number);
        self.counted.records += u64::try_from(chunk.records.len()).unwrap_or(0);
        self.tell();
        Ok(true)
    }

    /// Compares a full chunk with the search index; seals it again if its texts were read.
    async fn index(
        &mut self,
        tenant: &str,
        number: i64,
        chunk: &Chunk,
        texts: Texts,
    ) -> Result<(), Error> {
        let (tx, found) = (&mut self.tx, &mut self.found);
        index::compare_statuses(tx, tenant, number, chunk, found).await?;
        if texts == Texts::Read {
            index::compare_sealed(tx, tenant, number, chunk, found).await?;
            self.counted.chunks += 1;
        }
        Ok(())
    }

    /// Events that no document is left for.
    fn note_unmatched(&mut self, walk: &mut Walk<'_>) {
        if let Some(event) = walk.issued.front() {
            self.found.note(Rule::Event, walk.tenant, || {
                format!("event {} tells of an invoice that is not there", event.seq())
            });
            walk.issued.clear();
        }
    }

    /// Compares the ends of the lists.
    async fn finish(&mut self, walk: Walk<'_>) -> Result<(), Error> {
        let Walk { tenant, documents: read, posted, sealed, .. } = walk;
        let full = chunk_of(read.last_seq().saturating_add(1));
        self.found.expect(sealed.iter().copied().eq(0..full), Rule::Sealed, tenant, || {
            format!("{full} chunks of records are full, and {} are sealed", sealed.len())
        });
        if !posted.is_empty() {
            self.name_posting(tenant).await?;
        }
        dunning::compare(&mut self.tx, tenant, read.attempts(), &mut self.found).await?;
        let counters = documents::counters(&mut self.tx, tenant).await?;
        let series = documents::series(&mut self.tx, tenant, Series::Invoice.as_str()).await?;
        read.finish(counters, &series, &mut self.found);
        Ok(())
    }

    /// Finds the invoice that the ledger has something else for. It is known that there is one.
    async fn name_posting(&mut self, tenant: &str) -> Result<(), Error> {
        let mut place = i64::MIN;
        while let Some(next) = documents::next_place(&mut self.tx, tenant, place).await? {
            if next > PLACE_MAX {
                break;
            }
            let number = chunk_of(next);
            place = last_seq(number);
            let seqs = first_seq(number)..=place;
            let invoices = documents::invoices(&mut self.tx, tenant, &seqs).await?;
            let causes = documents::causes(&invoices);
            let posted = documents::postings(&mut self.tx, tenant, causes).await?;
            documents::compare(tenant, &invoices, posted, &mut self.found);
        }
        self.found.note(Rule::Posting, tenant, || {
            "there are postings for an invoice that is not there, or torn apart".to_owned()
        });
        Ok(())
    }
}
