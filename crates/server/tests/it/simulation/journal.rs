//! What happened, a line for each event, in words that the same seed gives again.
//!
//! Ids are drawn, and steps that run together draw theirs in any order; so each is named by the
//! order in which it is first met, and what is digested of them is left out.

use std::{collections::HashMap, fmt::Write as _};

use sha2::{Digest as _, Sha256};

/// How long the random part of an id is, and how long the digest in a quote or
/// in what the wallet calls a payment.
const ID_LEN: usize = 26;
const DIGEST_LEN: usize = 32;

/// Gives ids their names.
#[derive(Default)]
pub(super) struct Names(HashMap<String, usize>);

/// The lines.
#[derive(Default)]
pub(super) struct Journal {
    lines: Vec<String>,
    names: Names,
}

impl Names {
    /// A text with the names of ids in place of them.
    pub(super) fn replace(&mut self, text: &str) -> String {
        let bytes = text.as_bytes();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while at < bytes.len() {
            let run = bytes[at..].iter().take_while(|it| it.is_ascii_alphanumeric()).count();
            if run == 0 {
                let next = text[at..].chars().next().unwrap();
                out.push(next);
                at += next.len_utf8();
                continue;
            }
            let (word, before) = (&text[at..at + run], out.chars().next_back());
            if run == ID_LEN && before == Some('_') {
                let next = self.0.len() + 1;
                let name = self.0.entry(word.to_owned()).or_insert(next);
                write!(out, "#{name}").unwrap();
            } else if run == DIGEST_LEN && (before == Some('.') || out.ends_with("wtx_")) {
                out.push('#');
            } else {
                out.push_str(word);
            }
            at += run;
        }
        out
    }
}

impl Journal {
    /// Writes a line.
    pub(super) fn write(&mut self, line: &str) {
        let line = self.names.replace(line);
        self.lines.push(line);
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The last lines, for whoever looks for what went wrong.
    pub(super) fn tail(&self) -> String {
        self.lines[self.lines.len().saturating_sub(12)..].join("\n")
    }

    /// The last lines about a tenant.
    pub(super) fn tail_of(&self, tenant: &str) -> String {
        let own: Vec<&str> =
            self.lines.iter().filter(|it| it.contains(tenant)).map(String::as_str).collect();
        own[own.len().saturating_sub(12)..].join("\n")
    }

    /// How many lines contain a text.
    pub(super) fn count(&self, text: &str) -> usize {
        self.lines.iter().filter(|line| line.contains(text)).count()
    }

    /// The digest of all lines.
    pub(super) fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for line in &self.lines {
            hasher.update(line.as_bytes());
            hasher.update(b"\n");
        }
        hex::encode(hasher.finalize())
    }

    /// Fails at the first line that another journal has otherwise.
    #[track_caller]
    pub(super) fn assert_same(&self, other: &Self) {
        let differs = self.lines.iter().zip(&other.lines).position(|(one, two)| one != two);
        if let Some(at) = differs {
            panic!("line {at}:\n{}\n{}", self.lines[at], other.lines[at]);
        }
        assert_eq!(self.lines.len(), other.lines.len());
    }
}

#[test]
fn ids_and_digests_are_named_by_their_order() {
    let mut names = Names::default();
    let (one, two) = ("01KB3V6Z0ECX7Y9R2T4W6Q8S0A", "01KB3V6Z0ECX7Y9R2T4W6Q8S0B");

    let text = format!("é sub_{two} sub_{one} q1.sub_{two}.3.00112233445566778899aabbccddeeff");

    assert_eq!(names.replace(&text), "é sub_#1 sub_#2 q1.sub_#1.3.#");
}
