//! The outbox: what others are to be told, in the order in which it came to be.
//!
//! A message is a row, written in the transaction of what it tells of: it is there exactly when that
//! happened. Other rooms push inside their own transaction: they load an [`Outbox`], push as they
//! decide, and save it. Nothing here is ever changed or taken away.
//!
//! What is *not* here: delivering, which keeps what it knows in rows of its own.

mod message;
mod store;

use countinghouse_core::{
    calendar::Instant,
    id::{EventId, TenantId},
};

pub use self::message::{Message, MessageKind};
use crate::{
    db::{Error, Tx},
    env::Env,
};

/// A tenant's outbox: where it ends, and what is to be added.
#[derive(Debug)]
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
    /// Loads the end of a tenant's outbox. The tenant is locked.
    pub async fn load(tx: &mut Tx, tenant: &TenantId) -> Result<Self, Error> {
        Ok(Self { last_seq: store::last_seq(tx, tenant.as_str()).await?, pushed: Vec::new() })
    }

    /// Adds a message about something that happened at `at`.
    pub fn push(&mut self, env: &Env, at: Instant, message: Message) {
        self.last_seq += 1;
        self.pushed.push(Pushed { seq: self.last_seq, id: env.id(at), at, message });
    }

    /// Writes what was added.
    pub async fn save(self, tx: &mut Tx, tenant: &TenantId) -> Result<(), Error> {
        if self.pushed.is_empty() {
            return Ok(());
        }
        store::insert(tx, tenant.as_str(), &self.pushed).await
    }
}
