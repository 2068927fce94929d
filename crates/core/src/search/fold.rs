//! Folding text for comparison, and the words of a query.
//!
//! Folding lower-cases letter by letter, without rules that look at neighbours, so that a part of
//! a folded text is the folded part of the text: a substring search stays a substring search.

use memchr::memmem::Finder;

/// The most words a query may have.
pub const WORDS_MAX: usize = 10;

/// The most letters a query may have, white space included.
pub const LETTERS_MAX: usize = 200;

/// The folded words of a query, all of which a record must match. No words match everything.
#[derive(Clone, Debug, Default)]
pub struct Words {
    words: Vec<Word>,
}

/// One folded word: not empty, and without white space.
#[derive(Clone, Debug)]
pub struct Word {
    text: String,
    finder: Finder<'static>,
    is_digits: bool,
}

/// A query asks for too much at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// It has more than [`WORDS_MAX`] words.
    #[error("at most {WORDS_MAX} words can be searched for")]
    Words,
    /// It has more than [`LETTERS_MAX`] letters.
    #[error("at most {LETTERS_MAX} letters can be searched for")]
    Letters,
}

impl Words {
    /// Splits a query on Unicode white space. A repeated word counts against the limit, but is
    /// kept once.
    pub fn parse(query: &str) -> Result<Self, TooMuch> {
        if query.chars().nth(LETTERS_MAX).is_some() {
            return Err(TooMuch::Letters);
        }
        if query.split_whitespace().nth(WORDS_MAX).is_some() {
            return Err(TooMuch::Words);
        }

        let mut texts: Vec<String> = query.split_whitespace().map(fold).collect();
        // The longest word is the likeliest to be nowhere, which ends a search of a chunk.
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Ok(Self { words: texts.into_iter().map(Word::new).collect() })
    }

    /// The distinct words, the longest first.
    pub fn iter(&self) -> impl Iterator<Item = &Word> {
        self.words.iter()
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl Word {
    fn new(text: String) -> Self {
        let finder = Finder::new(text.as_bytes()).into_owned();
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        Self { text, finder, is_digits }
    }

    /// The folded letters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it has nothing but the digits 0 to 9, so that it may end an invoice number.
    pub fn is_digits(&self) -> bool {
        self.is_digits
    }

    /// Where the word first occurs in folded text, in bytes.
    pub fn find(&self, folded: &[u8]) -> Option<usize> {
        self.finder.find(folded)
    }

    /// Whether a folded record id begins with the word.
    pub fn begins(&self, folded: &str) -> bool {
        folded.starts_with(&self.text)
    }

    /// Whether the word begins a folded invoice number or, when it is digits, ends it.
    pub fn fits_number(&self, folded: &str) -> bool {
        self.begins(folded) || (self.is_digits && folded.ends_with(&self.text))
    }
}

/// The text with every letter in lower case.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded text to `folded`.
pub fn fold_into(text: &str, folded: &mut String) {
    let start = folded.len();
    if text.is_ascii() {
        folded.push_str(text);
        folded[start..].make_ascii_lowercase();
    } else {
        folded.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// The white-space-delimited tokens of a folded text, in order, repeated ones too.
pub fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(words: &Words) -> Vec<&str> {
        words.iter().map(Word::text).collect()
    }

    #[test]
    fn words_are_split_on_any_white_space_and_folded() {
        let words = Words::parse("\u{3000}PRO\u{a0}计划\tÉtat\u{2028}100%_ ").expect("four words");

        assert_eq!(texts(&words), ["计划", "100%_", "état", "pro"]);
    }

    #[test]
    fn words_that_fold_alike_are_kept_once() {
        let words = Words::parse("Pro pro PRO").expect("three words");

        assert_eq!(texts(&words), ["pro"]);
    }

    #[test]
    fn a_query_of_white_space_has_no_words() {
        assert!(Words::parse(" \u{2003}\n").expect("no words").is_empty());
    }

    #[test]
    fn the_eleventh_word_is_too_much() {
        assert!(Words::parse(&"a ".repeat(WORDS_MAX)).is_ok());
        assert_eq!(Words::parse(&"a ".repeat(WORDS_MAX + 1)).err(), Some(TooMuch::Words));
    }

    #[test]
    fn letters_are_counted_and_not_bytes() {
        assert!(Words::parse(&"账".repeat(LETTERS_MAX)).is_ok());
        assert_eq!(Words::parse(&"账".repeat(LETTERS_MAX + 1)).err(), Some(TooMuch::Letters));
    }

    #[test]
    fn a_final_sigma_folds_like_any_other() {
        assert_eq!(fold("ΟΔΟΣ"), "οδοσ");
    }

    #[test]
    fn only_ascii_digits_may_end_a_number() {
        let words = Words::parse("042 ٠٤٢ 4-2").expect("three words");

        let fits: Vec<bool> = words.iter().map(|word| word.fits_number("inv-042")).collect();

        assert_eq!(texts(&words), ["٠٤٢", "042", "4-2"]);
        assert_eq!(fits, [false, true, false]);
    }

    proptest! {
        #[test]
        fn folding_goes_letter_by_letter(left: String, right: String) {
            prop_assert_eq!(fold(&format!("{left}{right}")), fold(&left) + &fold(&right));
        }

        #[test]
        fn folding_keeps_white_space_where_it_is(text: String) {
            let folded = fold(&text);
            let apart: Vec<String> = text.split_whitespace().map(fold).collect();
            prop_assert_eq!(tokens(&folded).collect::<Vec<_>>(), apart);
        }
    }
}
