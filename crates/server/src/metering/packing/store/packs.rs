//! Packs in the database.

use std::collections::BTreeSet;

use countinghouse_core::metering::{EventKey, Pack, Packed};

use super::{event_key, pairs};
use crate::db::{Error, Rows, Stmt, Tx};

/// A pack in which a key was found.
#[derive(sqlx::FromRow)]
struct FoundRow {
    tenant_id: String,
    event_key: Vec<u8>,
    first_key: Vec<u8>,
    entries: Vec<u8>,
}

const PACK: &[&str] = &["tenant_id", "first_key", "entries"];

/// The first keys of the packs in whose ranges keys are.
pub(in super::super) async fn firsts(
    tx: &mut Tx,
    tenant: &str,
    keys: impl Iterator<Item = EventKey>,
) -> Result<BTreeSet<EventKey>, Error> {
    let pairs = pairs(tenant, keys);
    if pairs.is_empty() {
        return Ok(BTreeSet::new());
    }
    let stmt = Stmt::new(
        "SELECT (SELECT f.first_key FROM usage_pack AS f
            WHERE f.tenant_id = k.a AND f.first_key <= k.b
            ORDER BY f.first_key DESC LIMIT 1) AS first_key FROM",
    );
    let rows: Vec<(Option<Vec<u8>>,)> =
        tx.fetch_all(stmt.push_bytes_pairs(pairs).push(" AS k")).await?;
    let found = rows.into_iter().filter_map(|(first,)| first).collect::<BTreeSet<_>>();
    found.into_iter().map(|first| event_key(&first, "usage_pack", tenant)).collect()
}

/// The packs that begin with these keys.
pub(in super::super) async fn packs(
    tx: &mut Tx,
    tenant: &str,
    firsts: BTreeSet<EventKey>,
) -> Result<Vec<Pack>, Error> {
    if firsts.is_empty() {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new("SELECT p.first_key, p.entries FROM");
    let stmt = stmt.push_bytes_pairs(pairs(tenant, firsts));
    let stmt = stmt.push(" AS k JOIN usage_pack AS p ON p.tenant_id = k.a AND p.first_key = k.b");
    let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|(first, entries)| pack(tenant, &first, &entries)).collect()
}

/// Writes packs: new ones, and what those that were there have now.
pub(in super::super) async fn put_packs(
    tx: &mut Tx,
    tenant: &str,
    packs: &[Pack],
) -> Result<(), Error> {
    let mut rows = Rows::new("usage_pack", PACK)
        .otherwise("ON CONFLICT (tenant_id, first_key) DO UPDATE SET entries = excluded.entries");
    for pack in packs {
        rows.push(vec![tenant.into(), pack.first().as_bytes()[..].into(), pack.bytes().into()]);
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

/// Those of `tenants` of whom anything was packed away.
pub(in super::super::super) async fn with_packs(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, Error> {
    // Whoever has packs has the first of all.
    let stmt = Stmt::new("SELECT tenant_id FROM usage_pack WHERE first_key = $1 AND tenant_id");
    let stmt = stmt.bind(&Pack::of_all().first().as_bytes()[..]);
    let rows: Vec<(String,)> = tx.fetch_all(stmt.push_any_text(tenants.iter().copied())).await?;
    Ok(rows.into_iter().map(|(tenant,)| tenant).collect())
}

/// What was packed away of events with these keys, each after its tenant.
pub(in super::super::super) async fn packed(
    tx: &mut Tx,
    keys: Vec<(String, Vec<u8>)>,
) -> Result<Vec<(String, Packed)>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    // The database finds them, so that no packs are sent for keys that are new.
    let stmt = Stmt::new("SELECT k.a AS tenant_id, k.b AS event_key, p.first_key, p.entries FROM");
    let stmt = stmt.push_bytes_pairs(keys);
    let stmt = stmt.push(
        " AS k JOIN usage_pack AS p ON p.tenant_id = k.a AND p.first_key = (
             SELECT f.first_key FROM usage_pack AS f
             WHERE f.tenant_id = k.a AND f.first_key <= k.b
             ORDER BY f.first_key DESC LIMIT 1)
         WHERE",
    );
    let stmt = stmt.push_has("p.entries", "k.b");
    let rows: Vec<FoundRow> = tx.fetch_all(stmt).await?;
    let mut found = Vec::new();
    for FoundRow { tenant_id, event_key: key, first_key, entries } in rows {
        let pack = pack(&tenant_id, &first_key, &entries)?;
        // The bytes of a key may stand in two others.
        let packed = pack.find(event_key(&key, "usage_pack", &tenant_id)?);
        found.extend(packed.map(|it| (tenant_id, it)));
    }
    Ok(found)
}

fn pack(tenant: &str, first: &[u8], entries: &[u8]) -> Result<Pack, Error> {
    let first = event_key(first, "usage_pack", tenant)?;
    Pack::read(first, entries).map_err(|_| Error::corrupt("usage_pack", tenant, "entries"))
}
