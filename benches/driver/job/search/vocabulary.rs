//! What the seeded records say, from a sample of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use serde_json::Value;

use crate::{Outcome, client::Connection, request::Caller};

/// Records in the sample at most, and rows of the pages that it is read by.
const SAMPLE: u64 = 10_000;
const ROWS: u64 = 100;

/// The fewest letters of a word; shorter ones are searched for as pairs.
const WORD_MIN: usize = 3;

/// Whatever begins an id or a number is found in every record.
const PREFIXES: [&str; 2] = ["rec_", "inv-"];

/// Pairs of letters that hardly any text has.
const RARE_PAIRS: [&str; 8] = ["zq", "qz", "jq", "vq", "qx", "xq", "zx", "wq"];

/// A sample of a tenant's records, evenly from the whole list.
pub(super) struct Vocabulary {
    /// What is searched of each record, in lower case.
    texts: Vec<String>,
    /// In how many of them each word occurs.
    words: BTreeMap<String, u32>,
    /// From the newest record to the oldest.
    days: Vec<String>,
    /// In rising order.
    amounts: Vec<f64>,
}

impl Vocabulary {
    pub(super) async fn sample(service: SocketAddr, tenant: &str, total: u64) -> Outcome<Self> {
        let caller = Caller::person(tenant, "member")?;
        let mut connection = Connection::open(service).await?;
        let pages = (total / ROWS).max(1);
        let step = (pages * ROWS / SAMPLE).max(1);
        let mut sample = Self {
            texts: Vec::new(),
            words: BTreeMap::new(),
            days: Vec::new(),
            amounts: Vec::new(),
        };
        let mut page = 1;
        while page <= pages {
            let path = format!("/billing/records/{tenant}?page_size={ROWS}&page={page}");
            let answer = connection.ask(&caller.get(&path)).await?.json(200)?;
            let items = answer["items"].as_array().ok_or("a page without items")?;
            items.iter().try_for_each(|item| sample.take(item))?;
            page += step;
        }
        sample.amounts.sort_by(f64::total_cmp);
        Ok(sample)
    }

    fn take(&mut self, record: &Value) -> Outcome {
        let mut text = format!("{}\n{}", record["description"], record["type"]);
        for line in record["line_items"].as_array().into_iter().flatten() {
            text = format!("{text}\n{}", line["description"]);
        }
        let text = text.to_lowercase();
        for word in words(&text) {
            *self.words.entry(word.to_owned()).or_default() += 1;
        }
        self.texts.push(text);
        let created = record["created_at"].as_str().and_then(|it| it.get(..10));
        self.days.push(created.ok_or("a record without a date")?.to_owned());
        self.amounts.push(record["amount"].as_f64().ok_or("a record without an amount")?);
        Ok(())
    }

    /// The word whose share of the records is nearest to `share`.
    pub(super) fn word_in(&self, share: f64) -> Outcome<&str> {
        let wanted = share * f64::from(u32::try_from(self.texts.len())?);
        let distance = |count: &u32| (f64::from(*count) / wanted).ln().abs();
        let nearest =
            self.words.iter().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
        nearest.map(|(word, _)| word.as_str()).ok_or_else(|| "the records have no words".into())
    }

    /// The pair of Chinese characters that most records have.
    pub(super) fn chinese_pair(&self) -> Option<String> {
        let mut pairs: BTreeMap<(char, char), u32> = BTreeMap::new();
        for text in &self.texts {
            let next = text.chars().skip(1);
            let own: BTreeSet<_> =
                text.chars().zip(next).filter(|(a, b)| is_han(*a) && is_han(*b)).collect();
            for pair in own {
                *pairs.entry(pair).or_default() += 1;
            }
        }
        let most = pairs.into_iter().max_by_key(|(_, count)| *count);
        most.map(|((first, second), _)| format!("{first}{second}"))
    }

    /// Pairs of letters that no record of the sample has.
    pub(super) fn absent_pairs(&self) -> impl Iterator<Item = &'static str> {
        RARE_PAIRS.into_iter().filter(|pair| !self.texts.iter().any(|text| text.contains(pair)))
    }

    /// A fifth of the days and half of the amounts, as query parameters.
    pub(super) fn filters(&self) -> Outcome<String> {
        let day = |fifths: usize| self.days.get(self.days.len() * fifths / 5);
        let amount = |quarters: usize| self.amounts.get(self.amounts.len() * quarters / 4);
        let (Some(from), Some(to)) = (day(3), day(2)) else { return Err("no records".into()) };
        let (Some(least), Some(most)) = (amount(1), amount(3)) else {
            return Err("no records".into());
        };
        Ok(format!(
            "date_from={from}&date_to={to}&min_amount={least}&max_amount={most}&status=paid"
        ))
    }
}

/// The words of a text that are found only where they are written out, each once; of codes such as
/// order numbers also what begins them.
fn words(text: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let mut words = BTreeSet::new();
    for part in text.split(|letter: char| !is_part(letter) && letter != '-') {
        match code(part) {
            Some(shortest) => words.extend((shortest..=part.len()).map(|end| &part[..end])),
            None => words.extend(part.split(|letter: char| !letter.is_ascii_lowercase())),
        }
    }
    words.retain(|word| {
        word.len() >= WORD_MIN && !PREFIXES.iter().any(|prefix| prefix.starts_with(word))
    });
    words
}

/// If it is letters, a hyphen and digits: where its first digit ends.
fn code(text: &str) -> Option<usize> {
    let (letters, digits) = text.split_once('-')?;
    let is_code = !letters.is_empty()
        && letters.bytes().all(|byte| byte.is_ascii_lowercase())
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| letters.len() + 2)
}

fn is_han(letter: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&letter)
}
