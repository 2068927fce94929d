//! The statuses of records, half a byte each, in blocks of their own because they change.
//!
//! A block is overwritten in place when the status of a record changes, while the index of its
//! chunk stays as it was sealed. It has no version: it is as many bytes as half its records.

use std::ops::Range;

use super::{CHUNK, Damaged, bits::Bits};

/// How many records a block holds.
pub const BLOCK: usize = if CHUNK < 1024 { CHUNK } else { 1024 };

/// How many bytes a block has.
pub const BLOCK_BYTES: usize = BLOCK / 2;

/// Codes of statuses are below this.
pub const STATUSES: u8 = 16;

const BLOCKS: usize = CHUNK / BLOCK;

#[expect(clippy::cast_possible_wrap, reason = "it is at most 1,024")]
const BLOCK_SEQS: i64 = BLOCK as i64;

/// The block (from 0, per tenant) that holds `seq` (from 1), and the record's slot in it.
pub fn place(seq: i64) -> (i64, usize) {
    let block = (seq - 1).div_euclid(BLOCK_SEQS);
    let slot = usize::try_from((seq - 1).rem_euclid(BLOCK_SEQS)).unwrap_or(0);
    (block, slot)
}

/// The blocks of a chunk.
pub fn blocks_of(chunk: i64) -> Range<i64> {
    let blocks = super::first_seq(chunk) / BLOCK_SEQS;
    blocks..super::last_seq(chunk) / BLOCK_SEQS
}

/// A block of these statuses, oldest first; those that are missing are 0.
///
/// # Panics
///
/// When there are more than [`BLOCK`], or one is not below [`STATUSES`].
pub fn build(statuses: &[u8]) -> Vec<u8> {
    assert!(statuses.len() <= BLOCK, "a block has {BLOCK} records");
    let mut block = vec![0; BLOCK_BYTES];
    for (slot, status) in statuses.iter().enumerate() {
        put(&mut block, slot, *status);
    }
    block
}

/// The status in a slot.
pub fn get(block: &[u8], slot: usize) -> Result<u8, Damaged> {
    check(block, slot)?;
    Ok(block[slot / 2] >> shift(slot) & 0x0f)
}

/// Changes the status in a slot.
///
/// # Panics
///
/// When the status is not below [`STATUSES`].
pub fn set(block: &mut [u8], slot: usize, status: u8) -> Result<(), Damaged> {
    check(block, slot)?;
    put(block, slot, status);
    Ok(())
}

/// The records of a chunk that have the status, given all its blocks, oldest first.
pub fn having(status: u8, blocks: &[&[u8]]) -> Result<Bits, Damaged> {
    if blocks.len() != BLOCKS {
        return Err(Damaged("the statuses are not those of a whole chunk"));
    }
    for block in blocks {
        check(block, 0)?;
    }
    let statuses = blocks.iter().copied().flatten().flat_map(|pair| [pair & 0x0f, pair >> 4]);
    Ok(Bits::of(statuses, |other| other == status))
}

fn check(block: &[u8], slot: usize) -> Result<(), Damaged> {
    if block.len() == BLOCK_BYTES && slot < BLOCK {
        Ok(())
    } else {
        Err(Damaged("a block of statuses has the wrong length or lacks the slot"))
    }
}

fn put(block: &mut [u8], slot: usize, status: u8) {
    assert!(status < STATUSES, "the code of a status is below {STATUSES}");
    let pair = &mut block[slot / 2];
    *pair = *pair & !(0x0f << shift(slot)) | status << shift(slot);
}

const fn shift(slot: usize) -> usize {
    slot % 2 * 4
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::search::seq_at;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn statuses_read_back_after_changes(
            first in vec(0..STATUSES, 0..=BLOCK),
            changes in vec((0..BLOCK, 0..STATUSES), 0..40),
            wanted in 0..STATUSES,
        ) {
            let mut plain = first.clone();
            plain.resize(BLOCK, 0);
            let mut block = build(&first);

            for (slot, status) in changes {
                plain[slot] = status;
                set(&mut block, slot, status).expect("a slot of the block");
            }

            prop_assert!((0..BLOCK).all(|slot| get(&block, slot) == Ok(plain[slot])));
            let bits = having(wanted, &[block.as_slice(); BLOCKS]).expect("whole blocks");
            prop_assert!((0..CHUNK).all(|at| bits.contains(at) == (plain[at % BLOCK] == wanted)));
        }
    }

    #[test]
    fn every_record_of_a_chunk_has_a_slot_in_its_blocks() {
        let places = (0..CHUNK).map(|position| place(seq_at(3, position)));

        let slots = blocks_of(3).flat_map(|block| (0..BLOCK).map(move |slot| (block, slot)));

        assert!(places.eq(slots));
        assert_eq!(place(1), (0, 0));
    }

    #[test]
    fn a_block_of_another_length_is_damage() {
        let short = vec![0; BLOCK_BYTES - 1];

        assert!(get(&short, 0).is_err());
        assert!(get(&build(&[]), BLOCK).is_err());
        assert!(having(0, &[short.as_slice(); BLOCKS]).is_err());
        assert!(having(0, &[]).is_err());
    }

    #[test]
    #[should_panic = "the code of a status is below 16"]
    fn a_status_has_half_a_byte() {
        build(&[16]);
    }
}
