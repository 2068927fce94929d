//! The tail: the records after the last full chunk, read and folded once.

use std::sync::Arc;

use countinghouse_core::search::{
    chunk_of,
    filter::{Entry, Filter, Folded},
    first_seq,
};

use super::{kept::Kept, pace::Pace, store};
use crate::db::{Error, Tx};

/// The records of the chunk that is filling up, as far as they were read. They lack the status, the
/// one thing that changes.
#[derive(Debug)]
pub(super) struct Tail {
    chunk: i64,
    /// Oldest first.
    rows: Vec<Arc<TailRow>>,
    bytes: usize,
}

/// A record of the tail.
#[derive(Debug)]
pub(super) struct TailRow {
    /// Its place in the tenant's list.
    pub(super) seq: i64,
    app_id: Option<Box<str>>,
    amount: i64,
    folded: Folded,
}

impl Tail {
    /// The tail of a tenant that has `last` records, read as far as it is not kept.
    pub(super) async fn load(
        tx: &mut Tx,
        kept: &Kept,
        tenant: &str,
        last: i64,
    ) -> Result<Arc<Self>, Error> {
        let chunk = chunk_of(last + 1);
        let known = kept.tail(tenant).filter(|tail| tail.chunk == chunk);
        let known = known.unwrap_or_else(|| Arc::new(Self::nothing(chunk)));
        if known.last() >= last {
            return Ok(known);
        }

        let walked = store::walk(tx, tenant, known.last() + 1, last).await?;
        let mut tail = Self { chunk, rows: known.rows.clone(), bytes: known.bytes };
        let mut pace = Pace::start();
        for entry in walked.entries()? {
            tail.push(&entry);
            pace.keep().await;
        }
        if tail.last() != last {
            return Err(Error::corrupt("billing_record", &format!("{tenant}/{last}"), "seq"));
        }
        let tail = Arc::new(tail);
        kept.keep_tail(tenant, &tail);
        Ok(tail)
    }

    fn nothing(chunk: i64) -> Self {
        Self { chunk, rows: Vec::new(), bytes: size_of::<Self>() }
    }

    fn push(&mut self, entry: &Entry<'_>) {
        let row = TailRow {
            seq: entry.seq,
            app_id: entry.app_id.map(Into::into),
            amount: entry.amount,
            folded: Folded::of(entry),
        };
        let app = entry.app_id.map_or(0, str::len);
        self.bytes += size_of::<TailRow>() + size_of::<usize>() * 3 + app + row.folded.bytes();
        self.rows.push(Arc::new(row));
    }

    /// The place of the newest record that was read.
    pub(super) fn last(&self) -> i64 {
        self.rows.last().map_or(first_seq(self.chunk) - 1, |row| row.seq)
    }

    /// The records, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &TailRow> {
        self.rows.iter().rev().map(AsRef::as_ref)
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Records with these descriptions.
    #[cfg(test)]
    pub(super) fn of_texts(chunk: i64, texts: &[&str]) -> Self {
        let mut tail = Self::nothing(chunk);
        for (seq, text) in (first_seq(chunk)..).zip(texts) {
            tail.push(&Entry {
                seq,
                record_id: "",
                invoice_number: "",
                app_id: None,
                kind: "",
                amount: 0,
                status: 0,
                texts: vec![text],
            });
        }
        tail
    }
}

impl TailRow {
    /// Whether the record is wanted, given that it has the status that is asked for.
    pub(super) fn matches(&self, filter: &Filter) -> bool {
        let entry = Entry {
            seq: self.seq,
            record_id: "",
            invoice_number: "",
            app_id: self.app_id.as_deref(),
            kind: "",
            amount: self.amount,
            status: filter.status.unwrap_or_default(),
            texts: Vec::new(),
        };
        filter.matches_folded(&entry, &self.folded)
    }
}
