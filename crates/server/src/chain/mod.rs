//! The books' chain: what happened to each subscription, hash by hash.
//!
//! Other rooms append inside their own transaction: they load a [`Chain`], append to it as they
//! decide, and save it. Nothing here is ever changed or taken away.

mod store;

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::Instant,
    chain::{Event, EventKind, Head, NewEvent, Payload},
    id::{EventId, SubscriptionId, TenantId},
};

use crate::{
    db::{Error, Tx},
    env::Env,
};

/// A tenant's chains: where they end, and what is to be appended.
#[derive(Debug)]
pub struct Chain {
    last_seq: i64,
    heads: BTreeMap<SubscriptionId, Head>,
    appended: Vec<(EventId, Event)>,
}

impl Chain {
    /// Loads the ends of a tenant's chains: of one subscription, if any exists yet.
    pub async fn load(
        tx: &mut Tx,
        tenant: &str,
        subscription: Option<SubscriptionId>,
    ) -> Result<Self, Error> {
        let mut heads = BTreeMap::new();
        if let Some(subscription) = subscription
            && let Some(head) = store::head(tx, tenant, subscription).await?
        {
            heads.insert(subscription, head);
        }
        let last_seq = store::last_seq(tx, tenant).await?;
        Ok(Self { last_seq, heads, appended: Vec::new() })
    }

    /// Appends an event to the chain of a subscription.
    pub fn append(
        &mut self,
        env: &Env,
        tenant: &TenantId,
        subscription: SubscriptionId,
        (kind, payload): (EventKind, Payload),
        at: Instant,
    ) {
        let head = self.heads.get(&subscription).copied().unwrap_or(Head::GENESIS);
        self.last_seq += 1;
        let new =
            NewEvent { seq: self.last_seq, tenant, subscription, kind, at, payload: &payload };
        let event = head.append(&new);
        self.heads.insert(subscription, event.head());
        self.appended.push((env.id(at), event));
    }

    /// Writes what was appended.
    pub async fn save(self, tx: &mut Tx, tenant: &str) -> Result<(), Error> {
        if self.appended.is_empty() {
            return Ok(());
        }
        store::insert(tx, tenant, &self.appended).await?;
        store::save_heads(tx, tenant, &self.heads).await
    }
}

/// When the last event of a tenant's chains happened, if there is one.
pub async fn newest_event(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    store::last_at(tx, tenant).await
}
