//! Chained events in the database.

use std::collections::{BTreeMap, BTreeSet};

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

/// The numbers of the last events of those of `tenants` that have any.
pub(super) async fn last_seqs(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<String, i64>, Error> {
    let stmt = Stmt::new(
        "SELECT t.tenant_id,
                (SELECT MAX(e.seq) FROM chain_event AS e WHERE e.tenant_id = t.tenant_id)
         FROM tenant AS t WHERE t.tenant_id",
    );
    let stmt = stmt.push_any_text(tenants.iter().copied());
    let rows: Vec<(String, Option<i64>)> = tx.fetch_all(stmt).await?;
    Ok(rows.into_iter().filter_map(|(tenant, last)| Some((tenant, last?))).collect())
}

/// When the tenant's last event happened, if there is one.
pub(super) async fn last_at(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT created_at FROM chain_event WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
    );
    let row: Option<(Time,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    row.map(|(at,)| at.instant()).transpose()
}

/// Where the chains of some subscriptions end, by tenant; one without events has no end.
pub(super) async fn heads<'a>(
    tx: &mut Tx,
    subscriptions: impl IntoIterator<Item = (&'a str, SubscriptionId)>,
) -> Result<BTreeMap<String, BTreeMap<SubscriptionId, Head>>, Error> {
    let pairs = subscriptions.into_iter().map(|(tenant, id)| (tenant.to_owned(), id.to_string()));
    let pairs: Vec<(String, String)> = pairs.collect();
    if pairs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let stmt = Stmt::new("SELECT tenant_id, subscription_id, last_position, last_hash FROM")
        .push_text_pairs(pairs)
        .push(" AS k JOIN chain_head ON tenant_id = k.a AND subscription_id = k.b");
    let rows: Vec<(String, String, i64, Vec<u8>)> = tx.fetch_all(stmt).await?;
    let mut heads: BTreeMap<String, BTreeMap<SubscriptionId, Head>> = BTreeMap::new();
    for (tenant, subscription, index, hash) in rows {
        let corrupt = |column| Error::corrupt("chain_head", &subscription, column);
        let hash = hash.try_into().map_err(|_| corrupt("last_hash"))?;
        let id = subscription.parse().map_err(|_| corrupt("subscription_id"))?;
        heads.entry(tenant).or_default().insert(id, Head { index, hash });
    }
    Ok(heads)
}

/// Enters events.
pub(super) async fn insert<'a>(
    tx: &mut Tx,
    events: impl IntoIterator<Item = (&'a str, EventId, &'a Event)>,
) -> Result<(), Error> {
    let mut rows = Rows::new("chain_event", EVENT);
    for (tenant, id, event) in events {
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
pub(super) async fn save_heads<'a>(
    tx: &mut Tx,
    heads: impl IntoIterator<Item = (&'a str, SubscriptionId, &'a Head)>,
) -> Result<(), Error> {
    let mut rows = Rows::new("chain_head", HEAD).otherwise(
        "ON CONFLICT (tenant_id, subscription_id) DO UPDATE SET
            last_position = excluded.last_position, last_hash = excluded.last_hash",
    );
    for (tenant, subscription, head) in heads {
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
