//! Sealing: the immutable index of a chunk that is full.

use super::{
    CHUNK, amounts, chunk_of,
    filter::Entry,
    first_seq,
    fold::{fold, fold_into, tokens},
    numbers, status,
    words::{self, Terms},
};

/// What is stored for a sealed chunk. The same records always give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The number of the chunk, from 0.
    pub chunk: i64,
    /// The tokens and the apps: see [`words`].
    pub words: Vec<u8>,
    /// The postings, in pages of at most [`PAGE_BYTES`](super::posting::PAGE_BYTES).
    pub pages: Vec<Vec<u8>>,
    /// The amounts: see [`amounts`].
    pub amounts: Vec<u8>,
    /// The invoice numbers: see [`numbers`].
    pub numbers: Vec<u8>,
    /// The statuses at this moment, in the blocks of [`status::blocks_of`].
    pub statuses: Vec<Vec<u8>>,
    /// The least amount, in 1/10,000 of the major unit.
    pub min_amount: i64,
    /// The largest amount, in 1/10,000 of the major unit.
    pub max_amount: i64,
    /// The least record id, folded.
    pub min_id: String,
    /// The largest record id, folded.
    pub max_id: String,
}

/// The records are not all those of one chunk, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chunk is {CHUNK} records in their order, beginning with one that follows a full chunk")]
pub struct NotAChunk;

/// Makes the index of a whole chunk, given all its records, oldest first.
///
/// # Panics
///
/// When the status of a record is not below [`status::STATUSES`].
pub fn seal(entries: &[Entry<'_>]) -> Result<Sealed, NotAChunk> {
    let chunk = chunk_of(entries.first().ok_or(NotAChunk)?.seq);
    let is_in_order = (first_seq(chunk)..).zip(entries).all(|(seq, entry)| seq == entry.seq);
    if entries.len() != CHUNK || !is_in_order {
        return Err(NotAChunk);
    }

    let (words, pages) = seal_words(entries);
    let amounts: Vec<i64> = entries.iter().map(|entry| entry.amount).collect();
    let statuses: Vec<u8> = entries.iter().map(|entry| entry.status).collect();
    let ids = || entries.iter().map(|entry| fold(entry.record_id));
    Ok(Sealed {
        chunk,
        words,
        pages,
        numbers: numbers::write(entries.iter().map(|entry| entry.invoice_number)),
        statuses: statuses.chunks(status::BLOCK).map(status::build).collect(),
        min_amount: amounts.iter().copied().min().ok_or(NotAChunk)?,
        max_amount: amounts.iter().copied().max().ok_or(NotAChunk)?,
        min_id: ids().min().ok_or(NotAChunk)?,
        max_id: ids().max().ok_or(NotAChunk)?,
        amounts: amounts::write(&amounts),
    })
}

fn seal_words(entries: &[Entry<'_>]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut words, mut apps) = (Terms::default(), Terms::default());
    let mut folded = String::new();
    for (position, entry) in (0_u16..).zip(entries) {
        for text in entry.texts.iter().chain([&entry.kind]) {
            folded.clear();
            fold_into(text, &mut folded);
            tokens(&folded).for_each(|token| words.add(token, position));
        }
        entry.app_id.iter().for_each(|app_id| apps.add(app_id, position));
    }
    words::write(&words, &apps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{posting::PAGE_BYTES, samples};

    #[test]
    fn records_that_are_not_a_chunk_are_refused() {
        let samples = samples::believable(2);
        let mut entries: Vec<Entry<'_>> = samples.iter().map(samples::Sample::entry).collect();

        assert_eq!(seal(&[]).err(), Some(NotAChunk));
        assert_eq!(seal(&entries[1..]).err(), Some(NotAChunk));
        entries.swap(5, 6);
        assert_eq!(seal(&entries).err(), Some(NotAChunk));
    }

    #[test]
    fn the_same_records_give_the_same_bytes() {
        let samples = samples::believable(0);
        let entries: Vec<Entry<'_>> = samples.iter().map(samples::Sample::entry).collect();

        assert_eq!(seal(&entries), seal(&entries));
    }

    /// Prints the sizes for a chunk of believable records, half of them in Chinese
    /// (`cargo test believable -- --nocapture`).
    #[test]
    fn a_believable_chunk_is_small() {
        let samples = samples::believable(1);
        let entries: Vec<Entry<'_>> = samples.iter().map(samples::Sample::entry).collect();
        let text: usize =
            entries.iter().flat_map(|entry| &entry.texts).map(|text| text.len()).sum();

        let sealed = seal(&entries).expect("a whole chunk");

        let paged: usize = sealed.pages.iter().map(Vec::len).sum();
        println!("{CHUNK} records with {text} bytes of text:");
        println!("  words {} bytes", sealed.words.len());
        println!("  postings {paged} bytes in {} pages", sealed.pages.len());
        println!("  amounts {} bytes", sealed.amounts.len());
        println!("  numbers {} bytes", sealed.numbers.len());
        println!("  statuses {} blocks of {} bytes", sealed.statuses.len(), status::BLOCK_BYTES);
        assert!(sealed.pages.iter().all(|page| page.len() <= PAGE_BYTES));
        assert!(sealed.words.len() + paged < text);
        assert!(sealed.numbers.len() < 64);
    }
}
