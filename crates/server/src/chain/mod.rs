//! The books' chain: what happened to each subscription, hash by hash.
//!
//! Other rooms append inside their own transaction: they load a [`Chain`], append to it as they
//! decide, and save it. Nothing here is ever changed or taken away.

mod store;

use std::collections::{BTreeMap, BTreeSet};

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
    /// Loads the ends of the chains of different tenants, in their order: for each of one
    /// subscription, if any exists yet.
    pub async fn load_many(
        tx: &mut Tx,
        asked: &[(&str, Option<SubscriptionId>)],
    ) -> Result<Vec<Self>, Error> {
        let tenants: BTreeSet<&str> = asked.iter().map(|(tenant, _)| *tenant).collect();
        let mut seqs = store::last_seqs(tx, &tenants).await?;
        let named = asked.iter().filter_map(|(tenant, id)| Some((*tenant, (*id)?)));
        let mut heads = store::heads(tx, named).await?;
        let chains = asked.iter().map(|(tenant, _)| Self {
            last_seq: seqs.remove(*tenant).unwrap_or(0),
            heads: heads.remove(*tenant).unwrap_or_default(),
            appended: Vec::new(),
        });
        Ok(chains.collect())
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

    /// Writes what was appended to the chains of any number of tenants, in two statements.
    pub async fn save_many<'a>(
        tx: &mut Tx,
        chains: impl IntoIterator<Item = (&'a str, &'a Self)>,
    ) -> Result<(), Error> {
        let (mut events, mut heads) = (Vec::new(), Vec::new());
        for (tenant, chain) in chains {
            if !chain.appended.is_empty() {
                events.extend(chain.appended.iter().map(|(id, event)| (tenant, *id, event)));
                heads.extend(chain.heads.iter().map(|(id, head)| (tenant, *id, head)));
            }
        }
        if events.is_empty() {
            return Ok(());
        }
        store::insert(tx, events).await?;
        store::save_heads(tx, heads).await
    }
}

/// When the last event of a tenant's chains happened, if there is one.
pub async fn newest_event(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    store::last_at(tx, tenant).await
}
