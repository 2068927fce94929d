//! Finding billing records by words, status, app and amount: search by sequence.
//!
//! A tenant's records carry a dense sequence number from 1, and are cut into chunks of [`CHUNK`].
//! The newest records, those of the chunk that is still filling up, are walked one by one with
//! [`filter::Filter::matches`]. A chunk that is full is *sealed* ([`seal::seal`]): an immutable
//! index of it is written once, and from then on a search reads the index and not the records.
//!
//! A query word has no white space, so it can only match inside one white-space-delimited token
//! of a text. A sealed chunk therefore keeps its distinct tokens as one text that is scanned, and
//! for each token the records it occurs in. No trigram, no dictionary of a language: a word of one
//! Chinese letter is found as surely as a long English one.
//!
//! A search walks newest first: the tail, then chunk after chunk. For each chunk it makes a
//! [`plan`] from what is small (and mostly learns there that nothing matches), fetches what the
//! plan asks for, gets the matches as [`bits::Bits`] and adds them to a [`tally::Tally`], which
//! says when it has seen enough.
//!
//! ```
//! use countinghouse_core::search::{
//!     CHUNK,
//!     filter::{Entry, Filter},
//!     fold::Words,
//!     plan::{Chunk, Fetched, Plan, plan},
//!     seal::seal,
//!     seq_at,
//!     tally::Tally,
//! };
//!
//! let numbers: Vec<String> = (1..=CHUNK).map(|serial| format!("INV-2026-{serial:06}")).collect();
//! let entries: Vec<Entry<'_>> = numbers
//!     .iter()
//!     .enumerate()
//!     .map(|(position, number)| Entry {
//!         seq: seq_at(0, position),
//!         record_id: "rec_01JZ0000000000000000000000",
//!         invoice_number: number,
//!         app_id: None,
//!         kind: "subscription",
//!         amount: 990_000,
//!         status: 1,
//!         texts: vec!["专业版 Pro plan"],
//!     })
//!     .collect();
//! let sealed = seal(&entries).unwrap();
//!
//! let filter = Filter { words: Words::parse("专业 0042").unwrap(), ..Filter::default() };
//! let chunk = Chunk {
//!     number: sealed.chunk,
//!     words: &sealed.words,
//!     numbers: &sealed.numbers,
//!     min_amount: sealed.min_amount,
//!     max_amount: sealed.max_amount,
//!     min_id: &sealed.min_id,
//!     max_id: &sealed.max_id,
//! };
//! let mut tally = Tally::page(0, 20);
//! if let Plan::Pending(pending) = plan(&chunk, &filter).unwrap() {
//!     let page = |number: &u32| (*number, sealed.pages[*number as usize].as_slice());
//!     let pages = pending.needs().pages.iter().map(page).collect();
//!     let matches = pending.finish(&Fetched { pages, ..Fetched::default() }).unwrap();
//!     tally.add_chunk(sealed.chunk, &matches);
//! }
//! assert_eq!(tally.finish().seqs, [42]);
//! ```
//!
//! What is absent: storing and loading the bytes, dates (the caller turns them into a range of
//! sequence numbers, since `created_at` never runs backwards), and ranking.

pub mod amounts;
pub mod bits;
mod bytes;
pub mod filter;
pub mod fold;
pub mod ids;
pub mod numbers;
pub mod plan;
pub mod posting;
pub mod seal;
pub mod status;
pub mod tally;
pub mod words;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

/// How many records a chunk holds: a power of two from 64 to 8,192.
///
/// Chunk `n` is the records `n * CHUNK + 1 ..= (n + 1) * CHUNK`. Sealed chunks are only readable
/// with the size they were made with.
pub const CHUNK: usize = 4096;

const _: () = assert!(CHUNK.is_power_of_two() && CHUNK >= 64 && CHUNK <= 8192);

/// [`CHUNK`] for sequence numbers.
#[expect(clippy::cast_possible_wrap, reason = "it is at most 8,192")]
const CHUNK_SEQS: i64 = CHUNK as i64;

/// Bytes of an index are not what sealing wrote. The chunk has to be sealed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a search index is damaged: {0}")]
pub struct Damaged(&'static str);

/// The number of the chunk that holds `seq` (from 1).
pub const fn chunk_of(seq: i64) -> i64 {
    (seq - 1).div_euclid(CHUNK_SEQS)
}

/// The oldest sequence number of a chunk.
pub const fn first_seq(chunk: i64) -> i64 {
    chunk * CHUNK_SEQS + 1
}

/// The newest sequence number of a chunk.
pub const fn last_seq(chunk: i64) -> i64 {
    (chunk + 1) * CHUNK_SEQS
}

/// The sequence number at a position (below [`CHUNK`]) of a chunk.
pub const fn seq_at(chunk: i64, position: usize) -> i64 {
    #[expect(clippy::cast_possible_wrap, reason = "a position is below 8,192")]
    let position = position as i64;
    first_seq(chunk) + position
}
