//! Record ids: a word that begins one is settled by the least and the largest id of the chunk.
//!
//! Ids sort by creation, so a whole id is looked for in one chunk or two, and `rec_` or any other
//! word is settled everywhere.

use super::{
    CHUNK, Damaged,
    bits::Bits,
    fold::{Word, fold},
};

/// How many record ids of a chunk a word begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdVerdict {
    /// None of them.
    None,
    /// All of them.
    All,
    /// The ids have to be looked at.
    Look,
}

/// Judges by the least and the largest folded record id of a chunk.
pub fn verdict(word: &Word, min_id: &str, max_id: &str) -> IdVerdict {
    match (word.begins(min_id), word.begins(max_id)) {
        (true, true) => IdVerdict::All,
        (false, false) if max_id < word.text() || word.text() < min_id => IdVerdict::None,
        _ => IdVerdict::Look,
    }
}

/// The records whose id begins with the word, given all ids of the chunk, oldest first.
pub fn beginning_with(word: &Word, record_ids: &[&str]) -> Result<Bits, Damaged> {
    if record_ids.len() != CHUNK {
        return Err(Damaged("the ids are not those of a whole chunk"));
    }
    Ok(Bits::of(record_ids.iter(), |id| word.begins(&fold(id))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::fold::Words;

    fn judge(word: &str, min_id: &str, max_id: &str) -> IdVerdict {
        let words = Words::parse(word).expect("one word");
        verdict(words.iter().next().expect("one word"), min_id, max_id)
    }

    #[test]
    fn most_words_are_settled() {
        assert_eq!(judge("rec_", "rec_01a0", "rec_01a9"), IdVerdict::All);
        assert_eq!(judge("rec_01A", "rec_01a0", "rec_01a9"), IdVerdict::All);
        assert_eq!(judge("invoice", "rec_01a0", "rec_01a9"), IdVerdict::None);
        assert_eq!(judge("专业", "rec_01a0", "rec_01a9"), IdVerdict::None);
        assert_eq!(judge("rec_01b", "rec_01a0", "rec_01a9"), IdVerdict::None);
    }

    #[test]
    fn an_id_between_the_ends_is_looked_for() {
        assert_eq!(judge("rec_01a5", "rec_01a0", "rec_01a9"), IdVerdict::Look);
        assert_eq!(judge("rec_01a", "rec_019z", "rec_01a9"), IdVerdict::Look);
        assert_eq!(judge("rec_01a0", "rec_01a0", "rec_01a9"), IdVerdict::Look);
    }

    proptest! {
        #[test]
        fn a_verdict_holds_for_every_id(
            ids in proptest::collection::vec("[ab]{1,4}", 1..20),
            word in "[ab]{1,3}",
        ) {
            let min = ids.iter().min().expect("at least one");
            let max = ids.iter().max().expect("at least one");

            let beginning = ids.iter().filter(|id| id.starts_with(&word)).count();

            match judge(&word, min, max) {
                IdVerdict::None => prop_assert_eq!(beginning, 0),
                IdVerdict::All => prop_assert_eq!(beginning, ids.len()),
                IdVerdict::Look => {}
            }
        }
    }
}
