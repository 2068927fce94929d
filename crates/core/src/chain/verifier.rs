//! Finding what was changed in a chain.

use super::{EventColumns, Head};

/// Reads the events of one subscription in the order of their index, from the first on.
///
/// It holds no more than the last event's hash, so a chain of any length can be streamed past it.
/// Once it has found a break it reports that one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    head: Head,
    found: Option<ChainBreak>,
}

/// The first place where a chain is not what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chain is broken at event {index}: {fault}")]
pub struct ChainBreak {
    /// The index of the first bad or missing event.
    pub index: i64,
    /// What is wrong with it.
    pub fault: ChainFault,
}

/// What is wrong with an event of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// It is not there, or not in its place.
    #[error("it is missing")]
    Gap,
    /// It does not continue the event before it.
    #[error("it does not follow the event before it")]
    PrevHash,
    /// Something in it was changed.
    #[error("its content does not match its hash")]
    Hash,
    /// It is not the event that was recorded as the last.
    #[error("it is not the event that was recorded as the last")]
    Head,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// Has read nothing.
    pub const fn new() -> Self {
        Self { head: Head::GENESIS, found: None }
    }

    /// Reads the next event; an error is the first break of the chain.
    pub fn read(&mut self, event: &EventColumns<'_>) -> Result<(), ChainBreak> {
        if let Some(found) = self.found {
            return Err(found);
        }
        let index = self.head.index + 1;
        let expected = event.expected_hash();
        let fault = if event.index != index {
            ChainFault::Gap
        } else if event.prev_hash != self.head.hash {
            ChainFault::PrevHash
        } else if event.hash != expected {
            ChainFault::Hash
        } else {
            self.head = Head { index, hash: expected };
            return Ok(());
        };
        self.break_at(index, fault)
    }

    /// Compares the end with what was recorded as the head, so that no event is missing there.
    pub fn finish(mut self, recorded: &Head) -> Result<(), ChainBreak> {
        if let Some(found) = self.found {
            return Err(found);
        }
        let read = self.head;
        if read.index < recorded.index {
            self.break_at(read.index + 1, ChainFault::Gap)
        } else if read.index > recorded.index {
            self.break_at(recorded.index + 1, ChainFault::Head)
        } else if read.hash != recorded.hash {
            self.break_at(read.index, ChainFault::Head)
        } else {
            Ok(())
        }
    }

    /// How many events were read and found good.
    pub const fn good(&self) -> i64 {
        self.head.index
    }

    fn break_at(&mut self, index: i64, fault: ChainFault) -> Result<(), ChainBreak> {
        let found = ChainBreak { index, fault };
        self.found = Some(found);
        Err(found)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        calendar::Instant,
        chain::{Event, EventKind, HASH_LEN, Payload, samples::chain_of},
        money::Amount,
    };

    /// A chain with every kind of member; `golden/` holds its hashes.
    pub(in crate::chain) fn sample_chain() -> Vec<Event> {
        let invoice = || Payload::new().text("invoice_number", "INV-2026-000001");
        let due = Instant::parse("2026-04-15T08:30:00Z").expect("an instant");
        let said = [
            (
                EventKind::SubscriptionCreated,
                Payload::new().text("plan", "pro").boolean("trial", false),
            ),
            (
                EventKind::InvoiceIssued,
                invoice().amount("total", Amount::from_units(4_989_900)).instant("due_at", due),
            ),
            (
                EventKind::CreditApplied,
                invoice()
                    .amount("amount", Amount::from_units(-500))
                    .text("remark", "余额 \"抵扣\"\n"),
            ),
            (EventKind::PaymentFailed, invoice().integer("attempt", 1)),
            (EventKind::InvoicePaid, invoice()),
        ];
        chain_of(3, said)
    }

    fn verify(rows: &[EventColumns<'_>], recorded: &Head) -> Result<(), ChainBreak> {
        let mut verifier = Verifier::new();
        rows.iter().try_for_each(|row| verifier.read(row))?;
        verifier.finish(recorded)
    }

    fn head(chain: &[Event]) -> Head {
        chain.last().map_or(Head::GENESIS, Event::head)
    }

    fn rows(chain: &[Event]) -> Vec<EventColumns<'_>> {
        chain.iter().map(Event::columns).collect()
    }

    fn broken(index: i64, fault: ChainFault) -> Result<(), ChainBreak> {
        Err(ChainBreak { index, fault })
    }

    #[test]
    fn an_untouched_chain_verifies() {
        let chain = sample_chain();

        assert_eq!(verify(&rows(&chain), &head(&chain)), Ok(()));
        assert_eq!(verify(&[], &Head::GENESIS), Ok(()));
    }

    #[test]
    fn a_change_of_any_column_is_found_where_it_was_made() {
        type Tamper = for<'row> fn(&mut EventColumns<'row>);
        let columns: [(&str, Tamper, ChainFault); 9] = [
            ("seq", |row| row.seq += 1, ChainFault::Hash),
            ("tenant", |row| row.tenant = "acmf", ChainFault::Hash),
            ("subscription", |row| row.subscription = "sub_", ChainFault::Hash),
            ("index", |row| row.index += 1, ChainFault::Gap),
            ("kind", |row| row.kind = "subscription.stolen", ChainFault::Hash),
            ("at", |row| row.at_micros += 1, ChainFault::Hash),
            ("payload", |row| row.payload = "{}", ChainFault::Hash),
            ("prev_hash", |row| row.prev_hash = &[7; HASH_LEN], ChainFault::PrevHash),
            ("hash", |row| row.hash = &[7; HASH_LEN], ChainFault::Hash),
        ];
        let chain = sample_chain();

        for (column, tamper, fault) in columns {
            for (index, place) in (1..).zip(0..chain.len()) {
                let mut rows = rows(&chain);
                tamper(&mut rows[place]);
                assert_eq!(verify(&rows, &head(&chain)), broken(index, fault), "{column}");
            }
        }
    }

    #[test]
    fn a_changed_event_with_a_new_hash_of_its_own_is_found_at_the_next() {
        let chain = sample_chain();
        let mut rows = rows(&chain);
        rows[1].payload = "{}";
        let hash = rows[1].expected_hash();
        rows[1].hash = &hash;

        assert_eq!(verify(&rows, &head(&chain)), broken(3, ChainFault::PrevHash));
        assert_eq!(verify(&rows[..2], &chain[1].head()), broken(2, ChainFault::Head));
    }

    #[test]
    fn a_missing_event_is_found_wherever_it_was() {
        let chain = sample_chain();

        for (index, place) in (1..).zip(0..chain.len()) {
            let mut rows = rows(&chain);
            rows.remove(place);
            assert_eq!(verify(&rows, &head(&chain)), broken(index, ChainFault::Gap));
        }
    }

    #[test]
    fn events_that_were_added_doubled_or_swapped_are_found() {
        let chain = sample_chain();
        let mut doubled = rows(&chain);
        doubled.insert(2, doubled[1]);
        let mut swapped = rows(&chain);
        swapped.swap(2, 3);

        assert_eq!(verify(&doubled, &head(&chain)), broken(3, ChainFault::Gap));
        assert_eq!(verify(&swapped, &head(&chain)), broken(3, ChainFault::Gap));
        assert_eq!(verify(&rows(&chain), &chain[2].head()), broken(4, ChainFault::Head));
    }

    #[test]
    fn the_first_break_stays_the_answer() {
        let chain = sample_chain();
        let rows = rows(&chain);
        let mut verifier = Verifier::new();
        let first = verifier.read(&rows[1]);

        let again = verifier.read(&rows[0]);

        assert_eq!((first, again), (broken(1, ChainFault::Gap), broken(1, ChainFault::Gap)));
        assert_eq!(verifier.finish(&Head::GENESIS), broken(1, ChainFault::Gap));
    }
}
