//! A sealed chunk answers as the plain matcher does, and survives damage.

use std::sync::LazyLock;

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};

use super::{
    CHUNK, Damaged,
    bits::Bits,
    filter::{Entry, Filter},
    fold::Words,
    plan::{Chunk, Fetched, Pending, Plan, plan},
    samples::{Sample, believable, corpus},
    seal::{Sealed, seal},
    seq_at,
};

fn sealed(samples: &[Sample]) -> Sealed {
    seal(&samples.iter().map(Sample::entry).collect::<Vec<_>>()).expect("a whole chunk")
}

fn head(sealed: &Sealed) -> Chunk<'_> {
    Chunk {
        number: sealed.chunk,
        words: &sealed.words,
        numbers: &sealed.numbers,
        min_amount: sealed.min_amount,
        max_amount: sealed.max_amount,
        min_id: &sealed.min_id,
        max_id: &sealed.max_id,
    }
}

/// Answers as a server would: loads what the plan needs, and nothing else.
fn answer(sealed: &Sealed, samples: &[Sample], filter: &Filter) -> Result<Bits, Damaged> {
    let mut chunk = head(sealed);
    if !filter.reads_words() {
        chunk.words = &[];
    }
    if !filter.reads_numbers() {
        chunk.numbers = &[];
    }
    match plan(&chunk, filter)? {
        Plan::Empty => Ok(Bits::none()),
        Plan::Pending(pending) => pending.finish(&fetch(&pending, sealed, samples)),
    }
}

fn fetch<'a>(pending: &Pending, sealed: &'a Sealed, samples: &'a [Sample]) -> Fetched<'a> {
    let needs = pending.needs();
    let page = |number: &u32| Some((*number, sealed.pages.get(*number as usize)?.as_slice()));
    Fetched {
        pages: needs.pages.iter().filter_map(page).collect(),
        amounts: needs.amounts.then_some(sealed.amounts.as_slice()),
        statuses: sealed.statuses.iter().filter(|_| needs.statuses).map(Vec::as_slice).collect(),
        record_ids: samples
            .iter()
            .filter(|_| needs.record_ids)
            .map(|sample| sample.record_id.as_str())
            .collect(),
    }
}

fn plain(samples: &[Sample], filter: &Filter) -> Bits {
    Bits::of(samples.iter(), |sample| filter.matches(&sample.entry()))
}

/// How a filter is made once the records are known.
#[derive(Clone, Debug)]
struct Recipe {
    words: Vec<WordRecipe>,
    app_id: Option<Index>,
    status: Option<u8>,
    amounts: [Option<(Index, i8)>; 2],
    seqs: Option<(Index, Index)>,
}

#[derive(Clone, Debug)]
enum WordRecipe {
    /// A part of what a record says, in upper case or as it is.
    Part { record: Index, field: Index, from: Index, len: usize, is_upper: bool },
    /// The beginning, or the end, of an id or number.
    Edge { record: Index, is_id: bool, at_end: bool, len: usize },
    /// Whatever it says.
    Text(String),
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let part = (any::<[Index; 3]>(), 1..8_usize, any::<bool>()).prop_map(|(at, len, is_upper)| {
        WordRecipe::Part { record: at[0], field: at[1], from: at[2], len, is_upper }
    });
    let edge = (any::<Index>(), any::<[bool; 2]>(), 1..20_usize)
        .prop_map(|(record, [is_id, at_end], len)| WordRecipe::Edge { record, is_id, at_end, len });
    let other = prop_oneof!["[a-z0-9]", "[单版]", ".{1,3}", Just("rec_".to_owned())];
    let word = prop_oneof![4 => part, 2 => edge, 1 => other.prop_map(WordRecipe::Text)];
    (
        vec(word, 0..4),
        option::weighted(0.2, any::<Index>()),
        option::weighted(0.2, 0..16_u8),
        [option::weighted(0.2, any::<(Index, i8)>()), option::weighted(0.2, any::<(Index, i8)>())],
        option::weighted(0.2, any::<(Index, Index)>()),
    )
        .prop_map(|(words, app_id, status, amounts, seqs)| Recipe {
            words,
            app_id,
            status,
            amounts,
            seqs,
        })
}

impl Recipe {
    fn filter(&self, samples: &[Sample]) -> Filter {
        let query: Vec<String> = self.words.iter().map(|word| word.text(samples)).collect();
        let [min_amount, max_amount] = self.amounts.map(|bound| {
            bound.map(|(at, by)| at.get(samples).amount.saturating_add(i64::from(by) / 20 * 100))
        });
        let seq = |at: Index| seq_at(0, at.index(3 * CHUNK));
        Filter {
            words: Words::parse(&query.join(" ")).expect("a short query"),
            app_id: self.app_id.and_then(|at| at.get(samples).app_id.clone()),
            status: self.status,
            min_amount,
            max_amount,
            seqs: self.seqs.map_or(1..=i64::MAX, |(from, to)| seq(from)..=seq(to)),
        }
    }
}

impl WordRecipe {
    fn text(&self, samples: &[Sample]) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Edge { record, is_id, at_end, len } => {
                let sample = record.get(samples);
                let text = if *is_id { &sample.record_id } else { &sample.invoice_number };
                let chars: Vec<char> = text.chars().collect();
                let len = chars.len().min(if *is_id { len + 8 } else { *len });
                let from = if *at_end { chars.len() - len } else { 0 };
                chars[from..from + len].iter().collect()
            }
            Self::Part { record, field, from, len, is_upper } => {
                let sample = record.get(samples);
                let entry = sample.entry();
                let fields: Vec<&str> = [sample.kind].into_iter().chain(entry.texts).collect();
                let chars: Vec<char> = field.get(&fields).chars().collect();
                let from = from.index(chars.len() + 1);
                let part: String = chars.iter().skip(from).take(*len).collect();
                if *is_upper { part.to_uppercase() } else { part }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_sealed_chunk_answers_as_the_plain_matcher_does(
        samples in corpus(),
        recipes in vec(recipe(), 6..10),
    ) {
        let sealed = sealed(&samples);

        for recipe in recipes {
            let filter = recipe.filter(&samples);
            let answer = answer(&sealed, &samples, &filter).expect("just sealed");
            prop_assert!(answer == plain(&samples, &filter), "differs for {:?}", filter);
        }
    }
}

static BELIEVABLE: LazyLock<(Vec<Sample>, Sealed)> = LazyLock::new(|| {
    let samples = believable(0);
    let sealed = sealed(&samples);
    (samples, sealed)
});

fn asking(query: &str) -> Filter {
    Filter { words: Words::parse(query).expect("a short query"), ..Filter::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_chunk_is_an_error_or_an_answer_and_never_a_panic(
        blob in 0..5_usize,
        at in prop_oneof![any::<Index>().prop_map(|at| at.index(1 << 20)), 0..24_usize],
        byte: u8,
        is_cut: bool,
        query in select(vec!["e", "版", "2026", "inv-2026-0001", "order 77", "rec_01K", "月1"]),
    ) {
        let (samples, sealed) = &*BELIEVABLE;
        let mut damaged = sealed.clone();
        let bytes = match blob {
            0 => &mut damaged.words,
            1 => &mut damaged.numbers,
            2 => &mut damaged.amounts,
            3 => &mut damaged.statuses[0],
            _ => &mut damaged.pages[0],
        };
        let at = at % bytes.len();
        if is_cut { bytes.truncate(at) } else { bytes[at] = byte }
        let filter = Filter {
            app_id: Some("app-3".to_owned()),
            status: Some(1),
            min_amount: Some(1_000_000),
            ..asking(query)
        };

        let answer = answer(&damaged, samples, &filter);

        if damaged == *sealed {
            prop_assert_eq!(answer, answer_of(&filter));
        }
    }
}

fn answer_of(filter: &Filter) -> Result<Bits, Damaged> {
    let (samples, sealed) = &*BELIEVABLE;
    answer(sealed, samples, filter)
}

fn needs(filter: &Filter) -> Option<Pending> {
    match plan(&head(&BELIEVABLE.1), filter).expect("just sealed") {
        Plan::Empty => None,
        Plan::Pending(pending) => Some(*pending),
    }
}

#[test]
fn a_word_that_is_nowhere_is_known_without_loading_anything() {
    assert!(needs(&asking("plan nowhere")).is_none());
    assert!(needs(&asking("不存在")).is_none());
    assert!(needs(&asking("rec_01ZZZ")).is_none());
    assert!(needs(&Filter { app_id: Some("app".into()), ..Filter::default() }).is_none());
    assert!(needs(&Filter { min_amount: Some(i64::MAX), ..Filter::default() }).is_none());
    assert!(needs(&Filter { seqs: seq_at(1, 0)..=i64::MAX, ..Filter::default() }).is_none());
}

#[test]
fn what_every_record_has_needs_nothing() {
    let pending = needs(&Filter { min_amount: Some(0), ..asking("rec_ inv-2026") });

    let pending = pending.expect("all records match");
    assert_eq!(pending.needs(), &super::plan::Needs::default());
    assert!(pending.finish(&Fetched::default()).expect("nothing is needed").is_full());
}

#[test]
fn a_whole_invoice_number_or_the_end_of_it_needs_nothing() {
    let pending = needs(&asking("INV-2026-000042")).expect("one record matches");

    let matches = pending.finish(&Fetched::default()).expect("nothing is needed");
    assert_eq!(matches.newest_first().collect::<Vec<_>>(), [41]);
}

#[test]
fn a_whole_record_id_needs_the_ids() {
    let (samples, _) = &*BELIEVABLE;
    let filter = asking(&samples[40].record_id.to_lowercase());

    let pending = needs(&filter).expect("one record matches");

    assert!(pending.needs().record_ids && pending.needs().pages.is_empty());
    let matches = answer_of(&filter).expect("just sealed");
    assert_eq!(matches.newest_first().collect::<Vec<_>>(), [40]);
}

#[test]
fn another_version_of_any_part_is_damage() {
    let (samples, sealed) = &*BELIEVABLE;
    let filter = Filter { min_amount: Some(1_000_000), ..asking("e") };
    let spoilt = |spoil: fn(&mut Sealed)| {
        let mut sealed = sealed.clone();
        spoil(&mut sealed);
        answer(&sealed, samples, &filter)
    };

    assert!(spoilt(|_| {}).is_ok());
    assert!(spoilt(|sealed| sealed.words[0] += 1).is_err());
    assert!(spoilt(|sealed| sealed.numbers[0] += 1).is_err());
    assert!(spoilt(|sealed| sealed.amounts[0] += 1).is_err());
    assert!(spoilt(|sealed| sealed.pages.iter_mut().for_each(|page| page[0] += 1)).is_err());
}

#[test]
fn what_is_missing_is_damage_and_not_an_answer() {
    let filter = Filter { status: Some(1), ..asking("plan") };

    let pending = needs(&filter).expect("some records match");

    assert!(pending.finish(&Fetched::default()).is_err());
}

#[test]
fn the_plain_matcher_agrees_with_the_rule_spelled_out() {
    let (samples, _) = &*BELIEVABLE;
    let spelled_out = |entry: &Entry<'_>, word: &str| {
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
        entry.texts.iter().chain([&entry.kind]).any(|text| lower(text).contains(word))
            || lower(entry.record_id).starts_with(word)
            || lower(entry.invoice_number).starts_with(word)
            || (word.bytes().all(|byte| byte.is_ascii_digit())
                && entry.invoice_number.ends_with(word))
    };

    for word in ["pro", "版", "7", "042", "2026", "inv-2026-00", "rec_01", "%", "usage"] {
        for sample in samples {
            let entry = sample.entry();
            assert_eq!(asking(word).matches(&entry), spelled_out(&entry, word), "{word}");
        }
    }
}
