//! Events that are packed away: what is kept of them for ever, so that none counts twice.
//!
//! An entry has the event's key and two digests of what it said: 24 bytes. Entries stand in packs, each
//! of which has all of a range of keys, from its first to that of the next pack, in their order.

use sha2::{Digest as _, Sha256};

use super::{Event, EventError, EventKey, Measure, Taken};
use crate::calendar::Instant;

/// The bytes of an entry.
const ENTRY: usize = 24;

/// How many entries a pack has at most: looking one up reads a page of the database, however many there
/// are, and a row is not so large that any engine puts a part of it elsewhere.
pub const PACK_MAX: usize = 36;

/// What is kept of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packed {
    /// Which event it is.
    pub key: EventKey,
    /// A digest of its app, resource and amount.
    content: [u8; 4],
    /// A digest of when it occurred, on its own since a repeat may leave it out.
    time: [u8; 4],
}

/// The entries of a range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    first: EventKey,
    entries: Vec<Packed>,
}

/// An event that is looked at, whether it may be packed away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    /// Which event it is.
    pub key: EventKey,
    /// What it says; below zero it takes another back.
    pub taken: Taken,
    /// When it was reported.
    pub received_at: Instant,
    /// Whether what it counts in was billed and nothing of it waits, or is billed by nobody.
    pub is_settled: bool,
}

/// Bytes that are no pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be entries in the order of their keys, none before the first of the pack")]
pub struct NotAPack;

impl Packed {
    /// What is kept of an event that was taken.
    pub fn of(key: EventKey, taken: &Taken) -> Self {
        let mut content = Sha256::new();
        content.update(taken.app.as_ref().map_or("", |app| app.as_str()));
        content.update(b"\0");
        content.update(taken.resource.as_str());
        content.update(b"\0");
        content.update(taken.amount.to_be_bytes());
        let mut time = Sha256::new();
        time.update(taken.occurred_at.as_second().to_be_bytes());
        Self { key, content: first_four(content), time: first_four(time) }
    }

    fn read(bytes: &[u8; ENTRY]) -> Self {
        let (mut key, mut content, mut time) = ([0; 16], [0; 4], [0; 4]);
        key.copy_from_slice(&bytes[..16]);
        content.copy_from_slice(&bytes[16..20]);
        time.copy_from_slice(&bytes[20..]);
        Self { key: EventKey::from_bytes(key), content, time }
    }
}

fn first_four(hash: Sha256) -> [u8; 4] {
    let digest = hash.finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

impl Event {
    /// Whether it is the event that was packed away under its key, as [`Event::repeats`] has it.
    pub fn repeats_packed(&self, packed: &Packed) -> Result<(), EventError> {
        let said = Taken {
            app: self.app.clone(),
            resource: self.resource.clone(),
            amount: self.amount,
            occurred_at: self.occurred_at.unwrap_or(Instant::MIN),
        };
        let said = Packed::of(self.key, &said);
        let same_time = self.occurred_at.is_none() || said.time == packed.time;
        let same = said.key == packed.key && said.content == packed.content && same_time;
        if same { Ok(()) } else { Err(EventError::Differs) }
    }
}

impl Old {
    /// Whether it may be packed away, of events that were reported before `limit`. Whatever takes it
    /// back goes with it, so that what is left always adds up.
    ///
    /// Of a level, `last` is the last report that is settled, unless that was taken back. It stays, and
    /// so does what is not older: it is what is left when later ones are taken back.
    pub fn may_go(&self, back: Option<&Self>, limit: Instant, last: Option<&Self>) -> bool {
        let is_old = self.received_at < limit && back.is_none_or(|it| it.received_at < limit);
        if self.taken.amount < 0 || !self.is_settled || !is_old {
            return false;
        }
        match self.taken.resource.measure() {
            Measure::Sum => true,
            Measure::Level => last.is_some_and(|last| {
                self.taken.occurred_at < last.taken.occurred_at.min(last.received_at)
            }),
        }
    }

    /// What is kept of it.
    pub fn packed(&self) -> Packed {
        Packed::of(self.key, &self.taken)
    }
}

impl Pack {
    /// The first pack of a tenant: without an entry, of all keys.
    pub const fn of_all() -> Self {
        Self { first: EventKey::from_bytes([0; 16]), entries: Vec::new() }
    }

    /// The pack whose range begins with a key, as it is stored.
    pub fn read(first: EventKey, bytes: &[u8]) -> Result<Self, NotAPack> {
        let (entries, rest) = bytes.as_chunks::<ENTRY>();
        let entries: Vec<Packed> = entries.iter().map(Packed::read).collect();
        let is_sorted = entries.windows(2).all(|pair| pair[0].key < pair[1].key);
        let is_within = entries.first().is_some_and(|it| first <= it.key);
        if is_sorted && is_within && rest.is_empty() {
            return Ok(Self { first, entries });
        }
        Err(NotAPack)
    }

    /// The first key of its range.
    pub const fn first(&self) -> EventKey {
        self.first
    }

    /// Its entries, in the order of their keys.
    pub fn entries(&self) -> &[Packed] {
        &self.entries
    }

    /// Its entries as they are stored.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len() * ENTRY);
        for Packed { key, content, time } in &self.entries {
            bytes.extend_from_slice(key.as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(time);
        }
        bytes
    }

    /// The entry of a key.
    pub fn find(&self, key: EventKey) -> Option<Packed> {
        let place = self.entries.binary_search_by_key(&key, |it| it.key).ok()?;
        Some(self.entries[place])
    }

    /// It with more entries of its range; what it has of a key stays as it is. Where these are too many
    /// they are parted into packs of about the same size, of which the first begins where it began.
    #[must_use]
    pub fn with(self, more: impl IntoIterator<Item = Packed>) -> Vec<Self> {
        let mut entries = self.entries;
        // The sort is stable, so what was there stands before what comes.
        entries.extend(more);
        entries.sort_by_key(|it| it.key);
        entries.dedup_by_key(|it| it.key);
        let packs = entries.len().div_ceil(PACK_MAX).max(1);
        let size = entries.len().div_ceil(packs).max(1);
        let mut all: Vec<Self> = entries
            .chunks(size)
            .map(|it| Self { first: it[0].key, entries: it.to_vec() })
            .collect();
        if let Some(pack) = all.first_mut() {
            pack.first = self.first;
        }
        all
    }
}

#[cfg(test)]
mod tests;
