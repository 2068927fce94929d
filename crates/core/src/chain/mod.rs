//! What happened to a subscription, so that nobody can change it unseen.
//!
//! Every event of a subscription carries the hash of the one before it and of all that it says
//! itself. [`Head::append`] makes the next one, and a [`Verifier`] reads them all again and names
//! the first that was changed, moved or removed. An event says what happened in a [`Payload`] of
//! canonical JSON, which must hold nothing personal, since it can never be erased.
//!
//! The bytes that are hashed are frozen: see `golden/` for events and hashes that must come out
//! the same for ever. A new shape is a new version beside the old one.
//!
//! Not in here: which decision appends what, and where heads and events are stored.

mod encoding;
mod event;
mod payload;
#[cfg(test)]
mod samples;
mod verifier;

pub use encoding::{EventColumns, HASH_LEN, Hash};
pub use event::{Event, EventKind, Head, NewEvent};
pub use payload::Payload;
pub use verifier::{ChainBreak, ChainFault, Verifier};
