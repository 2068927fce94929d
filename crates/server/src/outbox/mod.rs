//! The outbox: what others are to be told, in the order in which it came to be.
//!
//! A message is a row, written in the transaction of what it tells of: it is there exactly when that
//! happened. Other rooms push inside their own transaction: they load an [`Outbox`], push as they
//! decide, and save it. Nothing here is ever changed or taken away.
//!
//! What is *not* here: delivering, which keeps what it knows in rows of its own.

mod message;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{calendar::Instant, id::EventId};

pub use self::message::{Message, MessageKind, RequestReason, WithdrawalReason};
use crate::{
    db::{Error, Tx},
    env::Env,
};

/// A tenant's outbox: where it ends, and what is to be added.
#[derive(Debug, Default)]
pub struct Outbox {
    last_seq: i64,
    pushed: Vec<Pushed>,
}

/// A message in its place.
#[derive(Debug)]
struct Pushed {
    seq: i64,
    id: EventId,
    at: Instant,
    message: Message,
}

/// When the last message of a tenant was pushed, if there is one.
pub async fn newest_message(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    store::last_at(tx, tenant).await
}

impl Outbox {
    /// Loads the ends of the outboxes of those of `tenants` that have messages. They are locked.
    pub async fn load_many(
        tx: &mut Tx,
        tenants: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Self>, Error> {
        let ends = store::last_seqs(tx, tenants).await?.into_iter();
        Ok(ends.map(|(tenant, last_seq)| (tenant, Self { last_seq, pushed: Vec::new() })).collect())
    }

    /// Adds a message about something that happened at `at`.
    pub fn push(&mut self, env: &Env, at: Instant, message: Message) {
        self.last_seq += 1;
        self.pushed.push(Pushed { seq: self.last_seq, id: env.id(at), at, message });
    }

    /// Writes what was added to the outboxes of any number of tenants, in one statement.
    pub async fn save_many<'a>(
        tx: &mut Tx,
        outboxes: impl IntoIterator<Item = (&'a str, &'a Self)>,
    ) -> Result<(), Error> {
        let mut pushed = Vec::new();
        for (tenant, outbox) in outboxes {
            pushed.extend(outbox.pushed.iter().map(|it| (tenant, it)));
        }
        store::insert(tx, &pushed).await
    }
}
