//! Answering a filter for one sealed chunk, in two steps with loading between them.
//!
//! [`plan`] looks at what is small and says that nothing matches, which is most often so, or what
//! else has to be loaded. Many chunks can be planned before anything is loaded for them.
//! [`Pending::finish`] takes what was loaded and gives the matches.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Damaged,
    amounts::{self, AmountVerdict},
    bits::Bits,
    filter::Filter,
    first_seq,
    fold::Word,
    ids::{self, IdVerdict},
    last_seq, numbers,
    posting::{PostingRef, or_into},
    status,
    words::WordsIndex,
};

/// What a plan is made from: the small parts of a sealed chunk.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The number of the chunk, from 0.
    pub number: i64,
    /// Its `words`. Not read unless [`Filter::reads_words`].
    pub words: &'a [u8],
    /// Its `numbers`. Not read unless [`Filter::reads_numbers`].
    pub numbers: &'a [u8],
    /// Its least amount.
    pub min_amount: i64,
    /// Its largest amount.
    pub max_amount: i64,
    /// Its least record id, folded.
    pub min_id: &'a str,
    /// Its largest record id, folded.
    pub max_id: &'a str,
}

/// What is known of a chunk after the first step.
#[derive(Clone, Debug)]
pub enum Plan {
    /// No record of the chunk matches.
    Empty,
    /// Some may, which takes the second step.
    Pending(Box<Pending>),
}

/// A chunk that takes the second step.
#[derive(Clone, Debug)]
pub struct Pending {
    candidates: Bits,
    open: Vec<Open>,
    amounts: Option<(Option<i64>, Option<i64>)>,
    status: Option<u8>,
    needs: Needs,
}

/// What has to be loaded for the second step. It may be nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The pages of postings.
    pub pages: BTreeSet<u32>,
    /// Whether the `amounts`.
    pub amounts: bool,
    /// Whether all blocks of statuses of the chunk.
    pub statuses: bool,
    /// Whether all record ids of the chunk.
    pub record_ids: bool,
}

/// What was loaded for the second step.
#[derive(Clone, Debug, Default)]
pub struct Fetched<'a> {
    /// The pages of postings by number.
    pub pages: BTreeMap<u32, &'a [u8]>,
    /// The `amounts`.
    pub amounts: Option<&'a [u8]>,
    /// The blocks of statuses, oldest first.
    pub statuses: Vec<&'a [u8]>,
    /// The record ids, oldest first.
    pub record_ids: Vec<&'a str>,
}

/// A word or an app that is not settled: the records known to have it, and where others may be.
#[derive(Clone, Debug)]
struct Open {
    known: Bits,
    postings: Vec<PostingRef>,
    id_prefix: Option<Word>,
}

/// Makes the first step for a chunk.
pub fn plan(chunk: &Chunk<'_>, filter: &Filter) -> Result<Plan, Damaged> {
    let range = (filter.min_amount, filter.max_amount);
    let verdict = amounts::verdict(range, (chunk.min_amount, chunk.max_amount));
    let mut candidates = positions(chunk.number, filter);
    if candidates.is_empty() || verdict == AmountVerdict::None {
        return Ok(Plan::Empty);
    }

    let mut open = narrow(chunk, filter, &mut candidates)?;
    if candidates.is_empty() {
        return Ok(Plan::Empty);
    }
    open.retain(|term| !term.covers(&candidates));

    let amounts = (verdict == AmountVerdict::Look).then_some(range);
    let needs = Needs {
        pages: open.iter().flat_map(|term| &term.postings).map(|posting| posting.page).collect(),
        amounts: amounts.is_some(),
        statuses: filter.status.is_some(),
        record_ids: open.iter().any(|term| term.id_prefix.is_some()),
    };
    let status = filter.status;
    Ok(Plan::Pending(Box::new(Pending { candidates, open, amounts, status, needs })))
}

/// Looks for the app and the words, keeps the candidates that have those that are settled, and
/// returns the others. It stops where no candidate is left.
fn narrow(chunk: &Chunk<'_>, filter: &Filter, candidates: &mut Bits) -> Result<Vec<Open>, Damaged> {
    let mut open = Vec::new();
    if !filter.reads_words() {
        return Ok(open);
    }
    let index = WordsIndex::open(chunk.words)?;
    let app = filter.app_id.iter().map(|app_id| Open::app(app_id, &index));
    let words = filter.words.iter().filter_map(|word| {
        match ids::verdict(word, chunk.min_id, chunk.max_id) {
            IdVerdict::All => None,
            IdVerdict::None => Some(Open::word(word, None, &index, chunk.numbers)),
            IdVerdict::Look => Some(Open::word(word, Some(word), &index, chunk.numbers)),
        }
    });
    for term in app.chain(words) {
        let term = term?;
        if term.is_settled() {
            candidates.and(&term.known);
        } else {
            open.push(term);
        }
        if candidates.is_empty() {
            break;
        }
    }
    Ok(open)
}

/// The positions of the chunk that lie in the filter's range of sequence numbers.
fn positions(chunk: i64, filter: &Filter) -> Bits {
    let first = first_seq(chunk);
    let from = *filter.seqs.start().max(&first);
    let to = *filter.seqs.end().min(&last_seq(chunk));
    match (usize::try_from(from - first), usize::try_from(to.saturating_sub(first))) {
        (Ok(from), Ok(to)) => Bits::range(from..to + 1),
        _ => Bits::none(),
    }
}

impl Pending {
    /// What has to be loaded.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Makes the second step: the records that match. What is missing of the needs is damage.
    pub fn finish(&self, fetched: &Fetched<'_>) -> Result<Bits, Damaged> {
        let mut matches = self.candidates.clone();
        if let Some(status) = self.status {
            matches.and(&status::having(status, &fetched.statuses)?);
        }
        if let Some((min, max)) = self.amounts {
            let bytes = fetched.amounts.ok_or(Damaged("its amounts are missing"))?;
            matches.and(&amounts::within(bytes, min, max)?);
        }
        for term in &self.open {
            if matches.is_empty() {
                break;
            }
            matches.and(&term.finish(fetched)?);
        }
        Ok(matches)
    }
}

impl Open {
    fn app(app_id: &str, index: &WordsIndex<'_>) -> Result<Self, Damaged> {
        let found = index.find_app(app_id)?;
        Ok(Self { known: found.bits, postings: found.postings, id_prefix: None })
    }

    fn word(
        word: &Word,
        id_prefix: Option<&Word>,
        index: &WordsIndex<'_>,
        numbers: &[u8],
    ) -> Result<Self, Damaged> {
        let found = index.find(word)?;
        let mut known = found.bits;
        numbers::or_fitting(numbers, word, &mut known)?;
        Ok(Self { known, postings: found.postings, id_prefix: id_prefix.cloned() })
    }

    fn is_settled(&self) -> bool {
        self.postings.is_empty() && self.id_prefix.is_none()
    }

    fn covers(&self, candidates: &Bits) -> bool {
        let mut others = candidates.clone();
        others.and_not(&self.known);
        others.is_empty()
    }

    fn finish(&self, fetched: &Fetched<'_>) -> Result<Bits, Damaged> {
        let mut bits = self.known.clone();
        for posting in &self.postings {
            let page = fetched.pages.get(&posting.page).ok_or(Damaged("a page is missing"))?;
            or_into(*posting, page, &mut bits)?;
        }
        if let Some(word) = &self.id_prefix {
            bits.or(&ids::beginning_with(word, &fetched.record_ids)?);
        }
        Ok(bits)
    }
}
