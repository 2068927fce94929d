//! Postings: the records that a token occurs in, packed into pages.
//!
//! A posting is a bit for each record of the chunk, or the gaps between the records, whichever is
//! shorter. Pages stay small enough to be kept in line in a row of either database.

use super::{
    CHUNK, Damaged,
    bits::Bits,
    bytes::{Reader, begin, put},
};

/// The most bytes of a page.
pub const PAGE_BYTES: usize = 1_900;

const BITMAP_BYTES: usize = CHUNK / 8;
const _: () = assert!(BITMAP_BYTES < PAGE_BYTES);

/// Where a posting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostingRef {
    /// The page, from 0.
    pub page: u32,
    /// Its first byte in the page.
    pub offset: u16,
    /// Its length in bytes.
    pub len: u16,
}

/// Pages that are being filled.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pages: Vec<Vec<u8>>,
    place: Place,
}

/// Where the next posting goes. Postings are placed one after the other, so their lengths alone
/// tell where each is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    page: u32,
    end: u16,
}

/// Adds the records of a posting, given its page, to `bits`.
pub fn or_into(posting: PostingRef, page: &[u8], bits: &mut Bits) -> Result<(), Damaged> {
    Reader::open(page)?;
    let from = usize::from(posting.offset);
    let bytes = page
        .get(from..from + usize::from(posting.len))
        .ok_or(Damaged("a posting lies outside its page"))?;

    match bytes.try_into() {
        Ok(bitmap) => bits.or_bytes(bitmap),
        Err(_) => or_gaps(bytes, bits)?,
    }
    Ok(())
}

fn or_gaps(bytes: &[u8], bits: &mut Bits) -> Result<(), Damaged> {
    let mut reader = Reader::bare(bytes);
    let mut next = 0;
    while !reader.is_empty() {
        let gap = reader.len()?;
        if gap >= CHUNK - next {
            return Err(Damaged("a posting names a record outside the chunk"));
        }
        bits.insert(next + gap);
        next += gap + 1;
    }
    Ok(())
}

/// The posting of rising positions.
fn encode(positions: &[u16]) -> Vec<u8> {
    let mut gaps = Vec::with_capacity(positions.len() * 2);
    let mut next = 0;
    for &position in positions {
        put(&mut gaps, u64::from(position - next));
        next = position + 1;
    }
    if gaps.len() < BITMAP_BYTES {
        return gaps;
    }

    let mut bits = Bits::none();
    for position in positions {
        bits.insert(usize::from(*position));
    }
    bits.to_bytes()
}

impl Pages {
    /// Adds the posting of rising positions.
    pub(super) fn push(&mut self, positions: &[u16]) -> PostingRef {
        let posting = encode(positions);
        let len = u16::try_from(posting.len()).expect("a posting is no longer than a bitmap");
        let place = self.place.next(len);
        if place.page as usize == self.pages.len() {
            self.pages.push(begin());
        }
        self.pages[place.page as usize].extend_from_slice(&posting);
        place
    }

    /// The pages, each of at most [`PAGE_BYTES`].
    pub(super) fn finish(self) -> Vec<Vec<u8>> {
        self.pages
    }
}

impl Place {
    /// Where a posting of this length goes.
    pub(super) fn next(&mut self, len: u16) -> PostingRef {
        if usize::from(self.end) + usize::from(len) > PAGE_BYTES {
            self.page += 1;
            self.end = Self::default().end;
        }
        let offset = self.end;
        self.end = offset.saturating_add(len);
        PostingRef { page: self.page, offset, len }
    }
}

impl Default for Place {
    fn default() -> Self {
        // A page begins with the version.
        Self { page: 0, end: 1 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{
        collection::{btree_set, vec},
        prelude::*,
    };

    use super::*;

    fn positions() -> impl Strategy<Value = BTreeSet<u16>> {
        let end = u16::try_from(CHUNK).expect("a chunk is small");
        prop_oneof![btree_set(0..end, 1..30), btree_set(0..end, CHUNK / 10..CHUNK / 4)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn postings_read_back_from_small_pages(sets in vec(positions(), 1..12)) {
            let mut pages = Pages::default();
            let places: Vec<PostingRef> = sets
                .iter()
                .map(|set| pages.push(&set.iter().copied().collect::<Vec<_>>()))
                .collect();

            let pages = pages.finish();

            prop_assert!(pages.iter().all(|page| page.len() <= PAGE_BYTES));
            for (place, set) in places.iter().zip(&sets) {
                let mut bits = Bits::none();
                or_into(*place, &pages[place.page as usize], &mut bits).expect("just written");
                prop_assert!(bits.newest_first().eq(set.iter().rev().copied().map(usize::from)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(page: Vec<u8>, offset: u16, len in 0..600_u16) {
            let mut page = page;
            page.insert(0, 1);
            let mut bits = Bits::none();

            let read = or_into(PostingRef { page: 0, offset: offset % 64, len }, &page, &mut bits);

            prop_assert!(read.is_ok() || bits.count() < CHUNK);
        }
    }

    #[test]
    fn a_token_of_every_record_takes_a_bitmap() {
        let all: Vec<u16> = (0..CHUNK).map(|at| u16::try_from(at).expect("small")).collect();

        assert_eq!(encode(&all).len(), BITMAP_BYTES);
        assert_eq!(encode(&all[5..7]), [5, 0]);
    }
}
