//! Counting matches from the newest on, and keeping those of one page.
//!
//! A search is fed to a [`Tally`] newest first, record by record or chunk by chunk. The total is
//! exact up to a cap; beyond it the search only goes on until the page is full and one more row
//! has told whether there is a next one.

use super::{bits::Bits, first_seq, seq_at};

/// The largest exact total.
pub const TOTAL_MAX: u64 = 10_000;

/// What a search has found so far.
#[derive(Clone, Debug)]
pub struct Tally {
    window: Window,
    limit: usize,
    counted: u64,
    seqs: Vec<i64>,
    has_next: bool,
}

/// One page of matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The sequence numbers of the matches on the page, newest first.
    pub seqs: Vec<i64>,
    /// How many match, at most [`TOTAL_MAX`].
    pub total: u64,
    /// Whether there are not more than [`TOTAL_MAX`].
    pub total_is_exact: bool,
    /// Whether a match follows the page.
    pub has_next: bool,
}

#[derive(Clone, Copy, Debug)]
enum Window {
    /// All but this many of the newest matches.
    After(u64),
    /// Matches with a sequence number below this.
    Below(i64),
}

impl Tally {
    /// The page of `limit` matches that `offset` newer ones come before.
    pub fn page(offset: u64, limit: usize) -> Self {
        Self::new(Window::After(offset), limit)
    }

    /// The page of `limit` matches older than the record `cursor`. The total still counts from
    /// the newest.
    pub fn below(cursor: i64, limit: usize) -> Self {
        Self::new(Window::Below(cursor), limit)
    }

    fn new(window: Window, limit: usize) -> Self {
        Self { window, limit, counted: 0, seqs: Vec::new(), has_next: false }
    }

    /// Adds a match, older than all that were added before.
    pub fn add(&mut self, seq: i64) {
        let is_in_window = match self.window {
            Window::After(offset) => self.counted >= offset,
            Window::Below(cursor) => seq < cursor,
        };
        self.counted += 1;
        if is_in_window && self.seqs.len() < self.limit {
            self.seqs.push(seq);
        } else if is_in_window {
            self.has_next = true;
        }
    }

    /// Adds the matches of a chunk, older than all that were added before.
    pub fn add_chunk(&mut self, chunk: i64, matches: &Bits) {
        let count = matches.count() as u64;
        let is_outside = match self.window {
            Window::After(offset) => self.counted + count <= offset,
            Window::Below(cursor) => cursor <= first_seq(chunk),
        };
        if is_outside || self.has_next {
            self.counted += count;
            return;
        }
        matches.newest_first().for_each(|position| self.add(seq_at(chunk, position)));
    }

    /// Whether older records can't change the page any more, so that the search may stop.
    pub fn is_done(&self) -> bool {
        self.counted > TOTAL_MAX && self.has_next
    }

    /// Whether the records of a chunk can change the page. Once the total has passed the cap,
    /// those that are not older than the cursor can't, and are not worth looking at.
    pub fn needs_chunk(&self, chunk: i64) -> bool {
        !self.is_done() && self.skip_to().is_none_or(|newest| first_seq(chunk) <= newest)
    }

    /// The newest sequence number that can still change the page, when the search may leave out
    /// what lies between.
    pub fn skip_to(&self) -> Option<i64> {
        match self.window {
            Window::Below(cursor) if self.counted > TOTAL_MAX => Some(cursor - 1),
            _ => None,
        }
    }

    /// The page, after the oldest record or when it [is done](Self::is_done).
    pub fn finish(self) -> Page {
        Page {
            seqs: self.seqs,
            total: self.counted.min(TOTAL_MAX),
            total_is_exact: self.counted <= TOTAL_MAX,
            has_next: self.has_next,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::search::CHUNK;

    /// Chunks that match densely or hardly, oldest first.
    fn chunks() -> impl Strategy<Value = Vec<Bits>> {
        let chunk = (1..9_usize, 0..CHUNK).prop_map(|(step, from)| {
            let mut bits = Bits::none();
            (from..CHUNK).step_by(step).for_each(|position| bits.insert(position));
            bits
        });
        vec(prop_oneof![2 => chunk, 1 => Just(Bits::none()), 1 => Just(Bits::all())], 0..9)
    }

    fn newest_first(chunks: &[Bits]) -> Vec<i64> {
        let numbered = (0_i64..).zip(chunks).collect::<Vec<_>>();
        numbered
            .iter()
            .rev()
            .flat_map(|(number, bits)| bits.newest_first().map(|at| seq_at(*number, at)))
            .collect()
    }

    /// Feeds chunks as a server would: newest first, and only those that matter.
    fn feed(mut tally: Tally, chunks: &[Bits]) -> Page {
        let numbered = (0_i64..).zip(chunks).collect::<Vec<_>>();
        for (number, bits) in numbered.into_iter().rev() {
            if tally.is_done() {
                break;
            }
            if tally.needs_chunk(number) {
                tally.add_chunk(number, bits);
            }
        }
        tally.finish()
    }

    fn page_of(all: &[i64], from: usize, limit: usize) -> Page {
        let from = from.min(all.len());
        Page {
            seqs: all[from..].iter().copied().take(limit).collect(),
            total: (all.len() as u64).min(TOTAL_MAX),
            total_is_exact: all.len() as u64 <= TOTAL_MAX,
            has_next: all.len() - from > limit,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_page_is_a_part_of_all_matches(
            chunks in chunks(),
            offset in prop_oneof![0..200_u64, 0..10_000_u64],
            limit in 1..=100_usize,
        ) {
            let page = feed(Tally::page(offset, limit), &chunks);

            let from = usize::try_from(offset).expect("small");
            prop_assert_eq!(page, page_of(&newest_first(&chunks), from, limit));
        }

        #[test]
        fn a_cursor_moves_the_page_and_not_the_total(
            chunks in chunks(),
            cursor: prop::sample::Index,
            limit in 1..=100_usize,
        ) {
            let cursor = seq_at(0, cursor.index(chunks.len() * CHUNK + 2));
            let all = newest_first(&chunks);

            let page = feed(Tally::below(cursor, limit), &chunks);

            let from = all.iter().take_while(|seq| **seq >= cursor).count();
            prop_assert_eq!(page, page_of(&all, from, limit));
        }
    }

    #[test]
    fn the_total_is_exact_up_to_the_cap() {
        let count = |matches: u64| {
            let mut tally = Tally::page(0, 20);
            (0..matches).for_each(|_| tally.add(1));
            (tally.is_done(), tally.finish())
        };

        let (is_done, page) = count(TOTAL_MAX);
        assert!(!is_done && page.total_is_exact && page.total == TOTAL_MAX);
        let (is_done, page) = count(TOTAL_MAX + 1);
        assert!(is_done && !page.total_is_exact && page.total == TOTAL_MAX);
    }

    #[test]
    fn the_last_page_within_the_cap_looks_one_row_further() {
        let mut tally = Tally::page(TOTAL_MAX - 100, 100);

        (0..TOTAL_MAX).for_each(|_| tally.add(1));
        assert!(!tally.is_done());
        tally.add(1);

        assert!(tally.is_done() && tally.finish().has_next);
    }

    #[test]
    fn past_the_cap_only_what_is_older_than_the_cursor_matters() {
        let mut tally = Tally::below(50, 20);
        assert!(tally.skip_to().is_none() && tally.needs_chunk(1_000_000));

        (0..=TOTAL_MAX).for_each(|at| tally.add(9_000_000_000 - at.cast_signed()));

        assert_eq!(tally.skip_to(), Some(49));
        assert!(!tally.needs_chunk(1_000_000) && tally.needs_chunk(0));
    }
}
