//! Chained events in the database.

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::Instant,
    chain::{Event, Head},
    id::{EventId, SubscriptionId},
};

use crate::db::{Error, Rows, Stmt, Time, Tx};

const EVENT: &[&str] = &[
    "tenant_id",
    "seq",
    "event_id",
    "subscription_id",
    "position",
    "kind",
    "created_at",
    "payload",
    "previous_hash",
    "hash",
];

const HEAD: &[&str] = &["tenant_id", "subscription_id", "last_position", "last_hash"];

/// The number of the tenant's last event, 0 before the first.
pub(super) async fn last_seq(tx: &mut Tx, tenant: &str) -> Result<i64, Error> {
    let stmt =
        Stmt::new("SELECT seq FROM chain_event WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1");
    let row: Option<(i64,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map_or(0, |(seq,)| seq))
}

/// When the tenant's last event happened, if there is one.
pub(super) async fn last_at(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT created_at FROM chain_event WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
    );
    let row: Option<(Time,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    row.map(|(at,)| at.instant()).transpose()
}

/// Where the chain of a subscription ends.
pub(super) async fn head(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
) -> Result<Option<Head>, Error> {
    let stmt = Stmt::new(
        "SELECT last_position, last_hash FROM chain_head
         WHERE tenant_id = $1 AND subscription_id = $2",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string());
    let row: Option<(i64, Vec<u8>)> = tx.fetch_optional(stmt).await?;
    row.map(|(index, hash)| {
        let hash = hash.try_into();
        let corrupt = |_| Error::corrupt("chain_head", &subscription.to_string(), "last_hash");
        Ok(Head { index, hash: hash.map_err(corrupt)? })
    })
    .transpose()
}

/// Enters events.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    events: &[(EventId, Event)],
) -> Result<(), Error> {
    let mut rows = Rows::new("chain_event", EVENT);
    for (id, event) in events {
        let row = event.columns();
        rows.push(vec![
            tenant.into(),
            row.seq.into(),
            id.to_string().into(),
            row.subscription.into(),
            row.index.into(),
            row.kind.into(),
            Time(row.at_micros).into(),
            row.payload.into(),
            row.prev_hash.into(),
            row.hash.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Writes where chains end.
pub(super) async fn save_heads(
    tx: &mut Tx,
    tenant: &str,
    heads: &BTreeMap<SubscriptionId, Head>,
) -> Result<(), Error> {
    let mut rows = Rows::new("chain_head", HEAD).otherwise(
        "ON CONFLICT (tenant_id, subscription_id) DO UPDATE SET
            last_position = excluded.last_position, last_hash = excluded.last_hash",
    );
    for (subscription, head) in heads {
        rows.push(vec![
            tenant.into(),
            subscription.to_string().into(),
            head.index.into(),
            (&head.hash).into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}
