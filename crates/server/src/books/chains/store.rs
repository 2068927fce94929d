//! Chained events.

use crate::db::{Error, Stmt, Time, Tx};

/// An event as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct EventRow {
    pub(in super::super) seq: i64,
    pub(in super::super) subscription_id: String,
    pub(in super::super) position: i64,
    pub(in super::super) kind: String,
    pub(in super::super) created_at: Time,
    pub(in super::super) payload: String,
    pub(in super::super) previous_hash: Vec<u8>,
    pub(in super::super) hash: Vec<u8>,
}

/// How many events are read at a time.
const PAGE: i64 = 4_096;

/// A tenant's next events in order.
pub(in super::super) async fn page(
    tx: &mut Tx,
    tenant: &str,
    after: i64,
) -> Result<Vec<EventRow>, Error> {
    let stmt = Stmt::new(
        "SELECT seq, subscription_id, position, kind, created_at, payload, previous_hash, hash
         FROM chain_event WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    );
    tx.fetch_all(stmt.bind(tenant).bind(after).bind(PAGE)).await
}

/// Where a tenant's chains are recorded to end: the subscription, the position, the hash.
pub(in super::super) async fn heads(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Vec<(String, i64, Vec<u8>)>, Error> {
    let stmt = Stmt::new(
        "SELECT subscription_id, last_position, last_hash FROM chain_head
         WHERE tenant_id = $1 ORDER BY subscription_id",
    );
    tx.fetch_all(stmt.bind(tenant)).await
}
