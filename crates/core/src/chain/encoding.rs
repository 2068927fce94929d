//! The bytes of an event that are hashed.

use sha2::{Digest, Sha256};

/// How many bytes a hash has.
pub const HASH_LEN: usize = 32;

/// A SHA-256.
pub type Hash = [u8; HASH_LEN];

/// What every hash begins with, so that it is the hash of nothing else. Another shape of events
/// gets another version.
const VERSION: &[u8] = b"countinghouse.event.v1";

/// An event as its row holds it, true or not.
///
/// Plain text and numbers, so that a row that no longer makes sense can be judged too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventColumns<'row> {
    /// Its number among the tenant's events.
    pub seq: i64,
    /// The tenant.
    pub tenant: &'row str,
    /// The subscription.
    pub subscription: &'row str,
    /// Its number among the subscription's events, from 1.
    pub index: i64,
    /// What happened.
    pub kind: &'row str,
    /// When, in microseconds since the start of 1970.
    pub at_micros: i64,
    /// The canonical JSON of what it says.
    pub payload: &'row str,
    /// The hash of the subscription's event before it; zeros before the first.
    pub prev_hash: &'row [u8],
    /// Its own hash, which covers all of the above.
    pub hash: &'row [u8],
}

impl EventColumns<'_> {
    /// What its hash must be: SHA-256 over the version and every column but the hash, each after
    /// its length in bytes (8 bytes, big-endian); numbers are 8 bytes, big-endian.
    pub fn expected_hash(&self) -> Hash {
        let columns: [&[u8]; 9] = [
            VERSION,
            &self.seq.to_be_bytes(),
            self.tenant.as_bytes(),
            self.subscription.as_bytes(),
            &self.index.to_be_bytes(),
            self.kind.as_bytes(),
            &self.at_micros.to_be_bytes(),
            self.payload.as_bytes(),
            self.prev_hash,
        ];
        let mut hasher = Sha256::new();
        for column in columns {
            let length = u64::try_from(column.len()).expect("a length fits into 64 bits");
            hasher.update(length.to_be_bytes());
            hasher.update(column);
        }
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::chain::{Event, EventKind, samples::every_kind, verifier::tests::sample_chain};

    /// Events and hashes as the first release made them. It is never to be edited: if this test
    /// fails, every chain that exists would no longer verify.
    const GOLDEN: &str = include_str!("golden/events_v1.txt");

    /// An event of every kind, with all that it may say. A new kind is added at the end.
    const KINDS: &str = include_str!("golden/kinds_v1.txt");

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes any text");
            text
        })
    }

    fn written(events: &[Event]) -> String {
        let mut written = String::new();
        for event in events {
            let row = event.columns();
            let (seq, index, at) = (row.seq, row.index, row.at_micros);
            let head =
                format!("{seq}\n{}\n{}\n{index}\n{}\n{at}", row.tenant, row.subscription, row.kind);
            let tail = format!("{}\n{}\n{}", row.payload, hex(row.prev_hash), hex(row.hash));
            writeln!(written, "{head}\n{tail}\n").expect("a string takes any text");
        }
        written
    }

    #[test]
    fn events_are_encoded_as_they_were_for_ever() {
        assert_eq!(written(&sample_chain()), GOLDEN);
    }

    #[test]
    fn every_kind_of_event_is_encoded_as_it_was_for_ever() {
        let events = every_kind();

        assert_eq!(written(&events), KINDS);
        let kinds: Vec<EventKind> = events.iter().map(Event::kind).collect();
        for kind in EventKind::ALL {
            assert_eq!(kinds.iter().filter(|it| **it == kind).count(), 1, "{kind}");
        }
    }

    #[test]
    fn text_cannot_move_from_one_column_to_the_next() {
        let row = |tenant, subscription| EventColumns {
            seq: 1,
            tenant,
            subscription,
            index: 1,
            kind: "invoice.issued",
            at_micros: 0,
            payload: "{}",
            prev_hash: &[0; HASH_LEN],
            hash: &[],
        };

        assert_ne!(row("ab", "c").expected_hash(), row("a", "bc").expected_hash());
    }
}
