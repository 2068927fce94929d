//! A set of records of one chunk: a bit for each.

use std::{fmt, iter, ops::Range};

use super::CHUNK;

const LIMBS: usize = CHUNK / 64;

/// A set of positions (sequence number − the chunk's first) in a chunk, each below [`CHUNK`].
#[derive(Clone, PartialEq, Eq)]
pub struct Bits([u64; LIMBS]);

impl Bits {
    /// The empty set.
    pub const fn none() -> Self {
        Self([0; LIMBS])
    }

    /// Every record of the chunk.
    pub const fn all() -> Self {
        Self([u64::MAX; LIMBS])
    }

    /// The positions of a range, as far as they lie in the chunk.
    pub fn range(positions: Range<usize>) -> Self {
        let mut bits = Self::none();
        bits.insert_range(positions);
        bits
    }

    /// Adds a position.
    ///
    /// # Panics
    ///
    /// When it is not below [`CHUNK`].
    pub fn insert(&mut self, position: usize) {
        self.0[position / 64] |= 1 << (position % 64);
    }

    /// Adds the positions of a range, as far as they lie in the chunk.
    pub fn insert_range(&mut self, positions: Range<usize>) {
        let end = positions.end.min(CHUNK);
        let mut at = positions.start;
        while at < end {
            let last = (end - 1).min(at | 63);
            let below = u64::MAX >> (63 - last % 64);
            self.0[at / 64] |= below & (u64::MAX << (at % 64));
            at = last + 1;
        }
    }

    /// Whether a position is in the set.
    pub fn contains(&self, position: usize) -> bool {
        position < CHUNK && self.0[position / 64] >> (position % 64) & 1 == 1
    }

    /// Keeps what is in the other set too.
    pub fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(limb, other)| *limb &= other);
    }

    /// Adds what is in the other set.
    pub fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(limb, other)| *limb |= other);
    }

    /// Takes out what is in the other set.
    pub fn and_not(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(limb, other)| *limb &= !other);
    }

    /// How many positions there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(|limb| limb.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|limb| *limb == 0)
    }

    /// Whether every record of the chunk is in it.
    pub fn is_full(&self) -> bool {
        self.0.iter().all(|limb| *limb == u64::MAX)
    }

    /// The positions, the largest (newest) first.
    pub fn newest_first(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().rev().flat_map(|(index, &limb)| {
            let mut rest = limb;
            iter::from_fn(move || {
                let bit = rest.checked_ilog2()?;
                rest ^= 1 << bit;
                Some(index * 64 + bit as usize)
            })
        })
    }

    /// The set as bytes, the least position first.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|limb| limb.to_le_bytes()).collect()
    }

    /// Adds what `to_bytes` of another set gave.
    pub(super) fn or_bytes(&mut self, bytes: &[u8; CHUNK / 8]) {
        for (limb, bytes) in self.0.iter_mut().zip(bytes.as_chunks().0) {
            *limb |= u64::from_le_bytes(*bytes);
        }
    }

    /// The set of positions for which `is_in` says yes of the item at that place.
    pub(super) fn of<T>(items: impl Iterator<Item = T>, is_in: impl Fn(T) -> bool) -> Self {
        let mut bits = Self::none();
        for (position, item) in items.take(CHUNK).enumerate() {
            bits.0[position / 64] |= u64::from(is_in(item)) << (position % 64);
        }
        bits
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.newest_first()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::btree_set, prelude::*};

    use super::*;

    fn positions() -> impl Strategy<Value = BTreeSet<usize>> {
        btree_set(0..CHUNK, 0..40)
    }

    fn bits(positions: &BTreeSet<usize>) -> Bits {
        let mut bits = Bits::none();
        for position in positions {
            bits.insert(*position);
        }
        bits
    }

    proptest! {
        #[test]
        fn it_is_the_set_that_was_put_in(set in positions()) {
            let bits = bits(&set);

            prop_assert!(bits.newest_first().eq(set.iter().rev().copied()));
            prop_assert_eq!(bits.count(), set.len());
            prop_assert_eq!(bits.is_empty(), set.is_empty());
            prop_assert!((0..CHUNK + 9).all(|at| bits.contains(at) == set.contains(&at)));
        }

        #[test]
        fn it_joins_and_intersects_like_a_set(left in positions(), right in positions()) {
            let (mut and, mut or, mut not) = (bits(&left), bits(&left), bits(&left));

            and.and(&bits(&right));
            or.or(&bits(&right));
            not.and_not(&bits(&right));

            prop_assert_eq!(and, bits(&(&left & &right)));
            prop_assert_eq!(or, bits(&(&left | &right)));
            prop_assert_eq!(not, bits(&(&left - &right)));
        }

        #[test]
        fn a_range_holds_its_positions(from in 0..CHUNK + 70, to in 0..CHUNK + 70) {
            prop_assert_eq!(Bits::range(from..to), bits(&(from..to.min(CHUNK)).collect()));
        }

        #[test]
        fn it_reads_back_from_bytes(set in positions()) {
            let mut read = Bits::none();

            read.or_bytes(&bits(&set).to_bytes().try_into().expect("a bit for each record"));

            prop_assert_eq!(read, bits(&set));
        }
    }

    #[test]
    fn all_is_every_record() {
        assert!(Bits::all().is_full());
        assert_eq!(Bits::all().count(), CHUNK);
        assert_eq!(Bits::all(), Bits::range(0..CHUNK));
    }
}
