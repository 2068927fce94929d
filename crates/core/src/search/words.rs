//! The tokens of a sealed chunk: a text to scan, and where the posting of each token is.
//!
//! The distinct tokens stand one after the other, each ended by a line break, which no token and
//! no word of a query contains. A word is looked for in all of them by one substring search, and
//! the token of a hit is told by counting line breaks. Tokens of several records come first; they
//! have postings in pages. A token of one record needs none: its position stands in the index.
//!
//! App ids are kept apart, so that no word finds them, and are compared exactly.
//!
//! Layout: version, four lengths, the text, for each common token the length of its posting (two
//! bytes), for each single one its position (two bytes), the apps.

use std::collections::HashMap;

use memchr::{memchr, memchr_iter};

use super::{
    CHUNK, Damaged,
    bits::Bits,
    bytes::{Reader, begin, put, put_len},
    fold::Word,
    posting::{Pages, Place, PostingRef},
};

const END: u8 = b'\n';

/// The tokens of a sealed chunk.
#[derive(Clone, Debug)]
pub struct WordsIndex<'a> {
    text: &'a [u8],
    commons: &'a [[u8; 2]],
    singles: &'a [[u8; 2]],
    apps: Reader<'a>,
}

/// The records of the tokens that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Those that are known already.
    pub bits: Bits,
    /// Where the others are.
    pub postings: Vec<PostingRef>,
}

/// A token of several records, and their positions.
type Common<'a> = (&'a str, &'a [u16]);

/// A token of one record, and its position.
type Single<'a> = (&'a str, u16);

/// Tokens and the positions that they occur at.
#[derive(Debug, Default)]
pub(super) struct Terms(HashMap<String, Vec<u16>>);

impl<'a> WordsIndex<'a> {
    /// Reads the `words` of a sealed chunk.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::open(bytes)?;
        let (text, commons, singles) = (reader.len()?, reader.len()?, reader.len()?);
        Ok(Self {
            text: reader.take(text)?,
            commons: reader.take(commons.saturating_mul(2))?.as_chunks().0,
            singles: reader.take(singles.saturating_mul(2))?.as_chunks().0,
            apps: reader,
        })
    }

    /// The records with a token that contains the word.
    pub fn find(&self, word: &Word) -> Result<Found, Damaged> {
        let mut found = Found::nowhere();
        let mut places = self
            .commons
            .iter()
            .scan(Place::default(), |place, len| Some(place.next(u16::from_le_bytes(*len))));
        let (mut at, mut token, mut next_common) = (0, 0, 0);
        while let Some(hit) = word.find(&self.text[at..]) {
            let hit = at + hit;
            token += memchr_iter(END, &self.text[at..hit]).count();
            if token < self.commons.len() {
                found.postings.extend(places.nth(token - next_common));
                next_common = token + 1;
            } else {
                let position = self.singles.get(token - self.commons.len());
                found.insert(*position.ok_or(Damaged("there are more tokens than postings"))?)?;
            }

            let Some(end) = memchr(END, &self.text[hit..]) else { break };
            at = hit + end + 1;
            token += 1;
        }
        Ok(found)
    }

    /// The records of the app with exactly this id.
    pub fn find_app(&self, app_id: &str) -> Result<Found, Damaged> {
        let mut found = Found::nowhere();
        let mut reader = self.apps.clone();
        while !reader.is_empty() {
            let len = reader.len()?;
            let is_it = reader.take(len)? == app_id.as_bytes();
            let posting_len = u16::from_le_bytes(reader.array()?);
            if posting_len == 0 {
                let position = reader.array()?;
                if is_it {
                    found.insert(position)?;
                }
                continue;
            }
            let page = reader.number()?.try_into().map_err(|_| Damaged("no such page"))?;
            let offset = u16::from_le_bytes(reader.array()?);
            if is_it {
                found.postings.push(PostingRef { page, offset, len: posting_len });
            }
        }
        Ok(found)
    }
}

impl Found {
    const fn nowhere() -> Self {
        Self { bits: Bits::none(), postings: Vec::new() }
    }

    fn insert(&mut self, position: [u8; 2]) -> Result<(), Damaged> {
        let position = usize::from(u16::from_le_bytes(position));
        if position >= CHUNK {
            return Err(Damaged("a token names a record outside the chunk"));
        }
        self.bits.insert(position);
        Ok(())
    }
}

impl Terms {
    /// Notes that the record at `position` has the token. Positions never fall.
    pub(super) fn add(&mut self, token: &str, position: u16) {
        match self.0.get_mut(token) {
            Some(positions) if positions.last() == Some(&position) => {}
            Some(positions) => positions.push(position),
            None => {
                self.0.insert(token.to_owned(), vec![position]);
            }
        }
    }

    /// Common tokens and single ones, each sorted, so that the same records give the same bytes.
    fn parted(&self) -> (Vec<Common<'_>>, Vec<Single<'_>>) {
        let (mut commons, mut singles) = (Vec::new(), Vec::new());
        for (token, positions) in &self.0 {
            match positions.as_slice() {
                [position] => singles.push((token.as_str(), *position)),
                positions => commons.push((token.as_str(), positions)),
            }
        }
        commons.sort_unstable();
        singles.sort_unstable();
        (commons, singles)
    }
}

/// Writes the tokens and the apps of a chunk: the `words` and the pages of postings.
pub(super) fn write(words: &Terms, apps: &Terms) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut pages = Pages::default();
    let (commons, singles) = words.parted();
    let mut text = Vec::new();
    for token in commons.iter().map(|common| common.0).chain(singles.iter().map(|one| one.0)) {
        text.extend_from_slice(token.as_bytes());
        text.push(END);
    }

    let mut out = begin();
    put_len(&mut out, text.len());
    put_len(&mut out, commons.len());
    put_len(&mut out, singles.len());
    out.extend_from_slice(&text);
    for (_, positions) in commons {
        out.extend_from_slice(&pages.push(positions).len.to_le_bytes());
    }
    for (_, position) in singles {
        out.extend_from_slice(&position.to_le_bytes());
    }
    write_apps(apps, &mut pages, &mut out);
    (out, pages.finish())
}

fn write_apps(apps: &Terms, pages: &mut Pages, out: &mut Vec<u8>) {
    let (commons, singles) = apps.parted();
    for (app_id, positions) in commons {
        put_len(out, app_id.len());
        out.extend_from_slice(app_id.as_bytes());
        let posting = pages.push(positions);
        out.extend_from_slice(&posting.len.to_le_bytes());
        put(out, u64::from(posting.page));
        out.extend_from_slice(&posting.offset.to_le_bytes());
    }
    for (app_id, position) in singles {
        put_len(out, app_id.len());
        out.extend_from_slice(app_id.as_bytes());
        out.extend_from_slice(&0_u16.to_le_bytes());
        out.extend_from_slice(&position.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{fold::Words, posting::or_into};

    fn index(tokens: &[(&str, &[u16])], apps: &[(&str, &[u16])]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let terms = |list: &[(&str, &[u16])]| {
            let mut terms = Terms::default();
            for (token, positions) in list {
                positions.iter().for_each(|position| terms.add(token, *position));
            }
            terms
        };
        write(&terms(tokens), &terms(apps))
    }

    fn positions(found: &Found, pages: &[Vec<u8>]) -> Vec<usize> {
        let mut bits = found.bits.clone();
        for posting in &found.postings {
            or_into(*posting, &pages[posting.page as usize], &mut bits).expect("just written");
        }
        bits.newest_first().collect()
    }

    #[test]
    fn a_word_is_found_inside_common_and_single_tokens() {
        let (words, pages) = index(
            &[("plan", &[1, 5]), ("planet", &[9]), ("exchange", &[2, 3]), ("加plan", &[4])],
            &[],
        );
        let index = WordsIndex::open(&words).expect("just written");

        let find = |word: &str| {
            let words = Words::parse(word).expect("one word");
            let found = index.find(words.iter().next().expect("one word")).expect("just written");
            positions(&found, &pages)
        };

        assert_eq!(find("plan"), [9, 5, 4, 1]);
        assert_eq!(find("e"), [9, 3, 2]);
        assert_eq!(find("planex"), []);
        assert_eq!(find("加"), [4]);
    }

    #[test]
    fn an_app_is_found_exactly_and_by_no_word() {
        let (words, pages) = index(&[("crmx", &[7])], &[("crm", &[0, 2]), ("CRM", &[1])]);
        let index = WordsIndex::open(&words).expect("just written");

        let find = |app_id| positions(&index.find_app(app_id).expect("just written"), &pages);

        assert_eq!(find("crm"), [2, 0]);
        assert_eq!(find("CRM"), [1]);
        assert_eq!(find("cr"), []);
        let word = Words::parse("crm").expect("one word");
        let found = index.find(word.iter().next().expect("one word")).expect("just written");
        assert_eq!(positions(&found, &pages), [7]);
    }

    #[test]
    fn a_token_without_a_posting_is_damage() {
        let (mut words, _) = index(&[("a", &[7])], &[]);
        // Version, text of two bytes, no common token, one single token.
        assert_eq!(words[..4], [1, 2, 0, 1]);
        words[3] = 0;
        let word = Words::parse("a").expect("one word");

        let found = WordsIndex::open(&words)
            .and_then(|index| index.find(word.iter().next().expect("one word")));

        assert!(found.is_err());
    }
}
