//! What a search asks for, and the plain answer for one record.
//!
//! [`Filter::matches`] is the definition of a match. It serves the records that no index covers
//! yet, and what a sealed chunk answers is held against it by the tests.

use std::ops::RangeInclusive;

use super::fold::{Words, fold, fold_into};

/// A billing record as search sees it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The place in the tenant's list, dense from 1.
    pub seq: i64,
    /// The record id, `rec_` and a ULID.
    pub record_id: &'a str,
    /// The invoice number, such as `INV-2026-000123`.
    pub invoice_number: &'a str,
    /// The app that the record is for.
    pub app_id: Option<&'a str>,
    /// The type, such as `subscription`.
    pub kind: &'a str,
    /// The amount in 1/10,000 of the currency's major unit.
    pub amount: i64,
    /// The caller's code of the status, below 16.
    pub status: u8,
    /// The description and the descriptions of the lines.
    pub texts: Vec<&'a str>,
}

/// The texts of a record, folded once for many searches.
#[derive(Clone, Debug)]
pub struct Folded {
    record_id: Box<str>,
    invoice_number: Box<str>,
    text: Box<str>,
}

/// What a record must be like. The default is everything.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Each word must occur in the type or a text, or begin the record id or the invoice number,
    /// or (digits) end the invoice number.
    pub words: Words,
    /// The app, exactly.
    pub app_id: Option<String>,
    /// The code of the status.
    pub status: Option<u8>,
    /// The least amount, in 1/10,000 of the major unit.
    pub min_amount: Option<i64>,
    /// The largest amount, in 1/10,000 of the major unit.
    pub max_amount: Option<i64>,
    /// The places in the tenant's list, both ends included.
    pub seqs: RangeInclusive<i64>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            words: Words::default(),
            app_id: None,
            status: None,
            min_amount: None,
            max_amount: None,
            seqs: 1..=i64::MAX,
        }
    }
}

impl Folded {
    /// Folds the texts of a record.
    pub fn of(entry: &Entry<'_>) -> Self {
        let mut text = fold(entry.kind);
        for part in &entry.texts {
            // No word has a line break, so none is found across two texts.
            text.push('\n');
            fold_into(part, &mut text);
        }
        Self {
            record_id: fold(entry.record_id).into(),
            invoice_number: fold(entry.invoice_number).into(),
            text: text.into(),
        }
    }

    /// How many bytes the texts have.
    pub fn bytes(&self) -> usize {
        self.record_id.len() + self.invoice_number.len() + self.text.len()
    }
}

impl Filter {
    /// Whether a record is wanted.
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        self.matches_but_for_words(entry)
            && (self.words.is_empty() || self.finds_words(&Folded::of(entry)))
    }

    /// Whether a record is wanted whose texts are these; those of the entry are not looked at.
    pub fn matches_folded(&self, entry: &Entry<'_>, folded: &Folded) -> bool {
        self.matches_but_for_words(entry) && self.finds_words(folded)
    }

    /// Whether the `words` of a chunk are read at all. When not, they need not be loaded.
    pub fn reads_words(&self) -> bool {
        !self.words.is_empty() || self.app_id.is_some()
    }

    /// Whether the `numbers` of a chunk are read at all. When not, they need not be loaded.
    pub fn reads_numbers(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether amounts play a part.
    pub fn reads_amounts(&self) -> bool {
        self.min_amount.is_some() || self.max_amount.is_some()
    }

    fn matches_but_for_words(&self, entry: &Entry<'_>) -> bool {
        self.seqs.contains(&entry.seq)
            && self.status.is_none_or(|status| status == entry.status)
            && self.min_amount.is_none_or(|min| min <= entry.amount)
            && self.max_amount.is_none_or(|max| entry.amount <= max)
            && (self.app_id.is_none() || self.app_id.as_deref() == entry.app_id)
    }

    fn finds_words(&self, folded: &Folded) -> bool {
        self.words.iter().all(|word| {
            word.find(folded.text.as_bytes()).is_some()
                || word.begins(&folded.record_id)
                || word.fits_number(&folded.invoice_number)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry<'static> {
        Entry {
            seq: 7,
            record_id: "rec_01J9ZZZZZZ0000000000000007",
            invoice_number: "INV-2026-000123",
            app_id: Some("crm"),
            kind: "subscription",
            amount: 990_000,
            status: 1,
            texts: vec!["Pro plan, 20% off", "专业版 Überschuss_1"],
        }
    }

    fn finds(query: &str) -> bool {
        let words = Words::parse(query).expect("a short query");
        Filter { words, ..Filter::default() }.matches(&entry())
    }

    #[test]
    fn a_word_is_found_inside_a_text_or_the_type() {
        assert!(finds("LAN 业 überSCHUSS script"));
        assert!(!finds("plan,20"));
    }

    #[test]
    fn all_words_must_be_found() {
        assert!(finds("plan 专业"));
        assert!(!finds("plan 企业"));
    }

    #[test]
    fn percent_and_underscore_are_ordinary_characters() {
        assert!(finds("20% s_1"));
        assert!(!finds("p%n") && !finds("pl_n") && !finds("2026%"));
    }

    #[test]
    fn ids_and_numbers_are_found_by_their_beginning() {
        assert!(finds("REC_01j9") && finds("inv-2026"));
        assert!(!finds("01J9") && !finds("2026-"));
    }

    #[test]
    fn digits_are_found_at_the_end_of_a_number() {
        assert!(finds("123") && finds("000123"));
        assert!(!finds("12") && !finds("-000123"));
    }

    #[test]
    fn nothing_is_found_across_two_texts() {
        assert!(!finds("off专") && !finds("subscriptionpro"));
    }

    #[test]
    fn the_app_is_not_found_by_a_word() {
        assert!(!finds("crm"));
    }

    #[test]
    fn bounds_are_included() {
        let with = |filter: Filter| filter.matches(&entry());

        assert!(with(Filter { min_amount: Some(990_000), ..Filter::default() }));
        assert!(with(Filter { max_amount: Some(990_000), ..Filter::default() }));
        assert!(with(Filter { seqs: 7..=7, ..Filter::default() }));
        assert!(!with(Filter { min_amount: Some(990_001), ..Filter::default() }));
        assert!(!with(Filter { max_amount: Some(989_999), ..Filter::default() }));
        assert!(!with(Filter { seqs: 8..=9, ..Filter::default() }));
    }

    #[test]
    fn app_and_status_are_compared_exactly() {
        let with = |filter: Filter| filter.matches(&entry());

        assert!(with(Filter { app_id: Some("crm".into()), status: Some(1), ..Filter::default() }));
        assert!(!with(Filter { app_id: Some("CRM".into()), ..Filter::default() }));
        assert!(!with(Filter { status: Some(2), ..Filter::default() }));
    }
    #[test]
    fn texts_may_be_folded_beforehand() {
        let folded = Folded::of(&entry());
        let bare = Entry { texts: Vec::new(), kind: "", record_id: "", ..entry() };
        let finds = |query: &str, status| {
            let words = Words::parse(query).expect("a short query");
            Filter { words, status, ..Filter::default() }.matches_folded(&bare, &folded)
        };

        assert!(finds("LAN 业 überSCHUSS script rec_01j9 0123", Some(1)) && finds("", None));
        assert!(!finds("plan 企业", None) && !finds("plan", Some(2)));
        assert_eq!(
            folded.bytes(),
            "subscription\npro plan, 20% off\n专业版 überschuss_1".len() + 45
        );
    }
}
