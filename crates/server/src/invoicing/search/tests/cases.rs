//! Random searches, and what they should find.

use std::fmt::Write as _;

use countinghouse_core::{
    calendar::{Date, Zone, date_of},
    invoicing::RecordStatus,
    money::Amount,
    search::{filter::Filter, fold::Words, tally::TOTAL_MAX},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::{RngExt as _, rngs::StdRng, seq::IndexedRandom as _};

use super::corpus::{APPS, Corpus, Sample, ZONE};

/// A search.
pub(super) struct Case {
    /// Its filters as a request would have them.
    pub(super) query: String,
    filter: Filter,
    from: Option<Date>,
    to: Option<Date>,
}

/// What a page should have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) seqs: Vec<i64>,
    pub(super) statuses: Vec<String>,
    pub(super) lines: Vec<(i64, String)>,
    pub(super) total: i64,
    pub(super) total_is_exact: bool,
    pub(super) has_next: bool,
}

impl Case {
    /// A search for something that some record has, or hardly any, or none.
    pub(super) fn random(corpus: &Corpus, dice: &mut StdRng) -> Self {
        let mut case =
            Self { query: String::new(), filter: Filter::default(), from: None, to: None };
        if dice.random_ratio(1, 4) {
            let app = *APPS.choose(dice).unwrap();
            case.filter.app_id = Some(app.to_owned());
            case.add("app_id", app);
        }
        if dice.random_ratio(1, 4) {
            let status = *RecordStatus::ALL.choose(dice).unwrap();
            case.filter.status = Some(status.code());
            case.add("status", status.as_str());
        }
        if dice.random_ratio(1, 3) {
            case.amounts(dice);
        }
        if dice.random_ratio(1, 3) {
            case.dates(corpus, dice);
        }
        if dice.random_ratio(2, 3) {
            let words: Vec<String> =
                (0..dice.random_range(1..4)).map(|_| word(corpus, dice)).collect();
            let words = words.join([" ", "\u{3000}", "  "][dice.random_range(0..3)]);
            if let Ok(parsed) = Words::parse(&words) {
                case.filter.words = parsed;
                case.add("search", &words);
            }
        }
        case
    }

    /// The places of all records that match, newest first, by the definition of a match.
    pub(super) fn matches(&self, corpus: &Corpus) -> Vec<i64> {
        let zone = Zone::parse(ZONE).unwrap();
        let is_in_dates = |sample: &Sample| {
            let date = date_of(sample.at, &zone);
            self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
        };
        let samples = corpus.0.iter().rev();
        let matching =
            samples.filter(|sample| self.filter.matches(&sample.entry()) && is_in_dates(sample));
        matching.map(|sample| sample.seq).collect()
    }

    /// A size and a number of a page: one of the list's, or the one after.
    pub(super) fn page(matches: usize, dice: &mut StdRng) -> (usize, usize) {
        let size = *[1, 7, 20, 100].choose(dice).unwrap();
        let most = usize::try_from(TOTAL_MAX).unwrap().div_ceil(size);
        let page = dice.random_range(1..=most.min(matches / size + 2));
        (size, if dice.random_bool(0.5) { 1 } else { page })
    }

    fn amounts(&mut self, dice: &mut StdRng) {
        let ends = [(); 2].map(|()| match dice.random_range(0..5) {
            0 => dice.random_range(-10_000..20_000_000_000),
            1 => -5_000,
            _ => dice.random_range(0..500_i64) * 10_000,
        });
        if dice.random_bool(0.7) {
            self.filter.min_amount = Some(ends[0].min(ends[1]));
        }
        if dice.random_bool(0.7) {
            self.filter.max_amount = Some(ends[0].max(ends[1]));
        }
        for (name, end) in
            [("min_amount", self.filter.min_amount), ("max_amount", self.filter.max_amount)]
        {
            if let Some(end) = end {
                self.add(name, &Amount::from_units(end).to_string());
            }
        }
    }

    fn dates(&mut self, corpus: &Corpus, dice: &mut StdRng) {
        let zone = Zone::parse(ZONE).unwrap();
        let mut dates = [(); 2].map(|()| {
            let date = date_of(corpus.0.choose(dice).unwrap().at, &zone);
            date.plus_days(dice.random_range(-20..20)).unwrap()
        });
        dates.sort();
        if dice.random_bool(0.7) {
            self.from = Some(dates[0]);
            self.add("date_from", &dates[0].to_string());
        }
        if dice.random_bool(0.7) {
            self.to = Some(dates[1]);
            self.add("date_to", &dates[1].to_string());
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        write!(self.query, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)).unwrap();
    }
}

impl Expected {
    /// The page of `size` of the matches after so many of them.
    pub(super) fn page(corpus: &Corpus, matches: &[i64], skipped: usize, size: usize) -> Self {
        let from = skipped.min(matches.len());
        let to = (from + size).min(matches.len());
        let seqs = matches[from..to].to_vec();
        let sample = |seq: &i64| &corpus.0[usize::try_from(seq - 1).unwrap()];
        let samples = || seqs.iter().map(sample);
        let own = |sample: &Sample| {
            let lines = sample.lines.iter();
            lines.map(|line| (sample.seq, line.clone())).collect::<Vec<_>>()
        };
        Self {
            statuses: samples().map(|sample| sample.status.as_str().to_owned()).collect(),
            lines: samples().flat_map(own).collect(),
            total: i64::try_from(matches.len().min(usize::try_from(TOTAL_MAX).unwrap())).unwrap(),
            total_is_exact: matches.len() as u64 <= TOTAL_MAX,
            has_next: to < matches.len(),
            seqs,
        }
    }
}

/// A part of something that a record has, or something of nobody.
fn word(corpus: &Corpus, dice: &mut StdRng) -> String {
    let sample = corpus.0.choose(dice).unwrap();
    let text = match dice.random_range(0..10) {
        0 => sample.record_id.clone(),
        1 => sample.number.clone(),
        2 => sample.number[dice.random_range(4..sample.number.len())..].to_owned(),
        3 => sample.kind.to_owned(),
        4 => ["nobody", "无人", "zz", "inv-", "rec_", "%", "_"].choose(dice).unwrap().to_string(),
        5 | 6 => sample.description.clone(),
        _ => sample.lines.choose(dice).cloned().unwrap_or_default(),
    };
    let Some(token) = text.split_whitespace().collect::<Vec<_>>().choose(dice).copied() else {
        return "plan".to_owned();
    };
    let letters: Vec<char> = token.chars().collect();
    let from = dice.random_range(0..letters.len());
    let to = dice.random_range(from..letters.len()) + 1;
    let part = if dice.random_bool(0.5) { &letters[from..to] } else { &letters[..to] };
    let part: String = part.iter().collect();
    if dice.random_bool(0.3) { part.to_uppercase() } else { part }
}
