//! The tenants that are being changed, and the answers that were given.

use std::collections::{BTreeSet, HashMap};

use axum::http::StatusCode;
use countinghouse_core::calendar::Instant;

use super::{Told, job::Held};
use crate::{
    db::{Db, Error, Rows, Stmt, Time, Tx},
    http::{envelope::Answer, idempotency::Key, problem::ApiError},
};

/// How long an answer is kept under its key.
const KEPT_DAYS: i64 = 30;

/// How many answers one step of the sweep looks at.
const SWEEP_STEP: i64 = 1_000;

/// A tenant, and what its own clock shows.
type TenantRow = (String, Option<Time>);

/// A fingerprint, and the answer to what it is of.
pub(super) type Kept = ([u8; 32], Answer);

#[derive(sqlx::FromRow)]
struct AnswerRow {
    key_digest: Vec<u8>,
    fingerprint: Vec<u8>,
    status: i64,
    body: Vec<u8>,
}

/// Locks `tenants` in the order of their ids until the transaction ends. New ones are entered.
pub(super) async fn lock(tx: &mut Tx, tenants: &BTreeSet<&str>) -> Result<Held, Error> {
    let mut rows: Vec<TenantRow> = tx.fetch_locked(known(tenants)).await?;
    if rows.len() < tenants.len() {
        enter(tx, tenants).await?;
        rows = tx.fetch_locked(known(tenants)).await?;
    }
    held(rows)
}

/// Locks those of `tenants` that nobody else holds. New ones are entered.
pub(super) async fn lock_free_ones(tx: &mut Tx, tenants: &BTreeSet<&str>) -> Result<Held, Error> {
    enter(tx, tenants).await?;
    held(tx.fetch_lockable(known(tenants)).await?)
}

fn held(rows: Vec<TenantRow>) -> Result<Held, Error> {
    let one = |(tenant, clock): TenantRow| Ok((tenant, clock.map(Time::instant).transpose()?));
    rows.into_iter().map(one).collect()
}

fn known(tenants: &BTreeSet<&str>) -> Stmt {
    Stmt::new("SELECT tenant_id, clock_at FROM tenant WHERE tenant_id")
        .push_any_text(tenants.iter().copied())
        .push(" ORDER BY tenant_id")
}

/// Whether a tenant was ever named in a write.
pub async fn is_known(tx: &mut Tx, tenant: &str) -> Result<bool, Error> {
    let stmt = Stmt::new("SELECT CAST(1 AS BIGINT) FROM tenant WHERE tenant_id = $1");
    Ok(tx.fetch_optional::<(i64,)>(stmt.bind(tenant)).await?.is_some())
}

/// What a tenant's own clock shows, if it has one. Outside a sandbox it means nothing.
pub async fn clock(tx: &mut Tx, tenant: &str) -> Result<Option<Instant>, Error> {
    let stmt = Stmt::new("SELECT clock_at FROM tenant WHERE tenant_id = $1").bind(tenant);
    let row: Option<(Option<Time>,)> = tx.fetch_optional(stmt).await?;
    row.and_then(|(clock,)| clock).map(Time::instant).transpose()
}

/// Sets a tenant's own clock, or takes it away.
pub async fn set_clock(tx: &mut Tx, tenant: &str, clock: Option<Instant>) -> Result<(), Error> {
    let stmt = Stmt::new("UPDATE tenant SET clock_at = $2 WHERE tenant_id = $1");
    tx.execute(stmt.bind(tenant).bind(clock)).await?;
    Ok(())
}

async fn enter(tx: &mut Tx, tenants: &BTreeSet<&str>) -> Result<(), Error> {
    let mut rows = Rows::new("tenant", &["tenant_id"]).otherwise("ON CONFLICT DO NOTHING");
    for tenant in tenants {
        rows.push(vec![(*tenant).into()]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// What the caller who comes with `key` is told without a run, if the key was used before.
pub(super) async fn find(tx: &mut Tx, tenant: &str, key: &Key) -> Result<Option<Told>, Error> {
    let kept = find_all(tx, [(tenant, key)]).await?;
    Ok(replay(&kept, key))
}

/// The answers that were kept under `keys`.
pub(super) async fn find_all<'a>(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = (&'a str, &'a Key)>,
) -> Result<HashMap<[u8; 32], Kept>, Error> {
    let keys: Vec<(&str, &Key)> = keys.into_iter().collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let stmt = match &keys[..] {
        [(tenant, key)] => Stmt::new(
            "SELECT key_digest, fingerprint, status, body
             FROM command_answer WHERE tenant_id = $1 AND key_digest = $2",
        )
        .bind(*tenant)
        .bind(&key.digest),
        keys => Stmt::new("SELECT key_digest, fingerprint, status, body FROM")
            .push_bytes_pairs(
                keys.iter().map(|(tenant, key)| ((*tenant).into(), key.digest.into())).collect(),
            )
            .push(" AS k JOIN command_answer ON tenant_id = k.a AND key_digest = k.b"),
    };
    let rows: Vec<AnswerRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(AnswerRow::kept).collect()
}

/// What a repeat is told: the first answer, or that the key meant something else.
pub(super) fn replay(kept: &HashMap<[u8; 32], Kept>, key: &Key) -> Option<Told> {
    let (fingerprint, answer) = kept.get(&key.digest)?;
    Some(if *fingerprint == key.fingerprint {
        Ok(Answer { replayed: true, ..answer.clone() })
    } else {
        Err(ApiError::KeyReused)
    })
}

/// Keeps answers with the changes that they tell of.
pub(super) async fn keep<'a>(
    tx: &mut Tx,
    answers: impl IntoIterator<Item = (&'a str, &'a Key, &'a Answer)>,
    now: Instant,
) -> Result<(), Error> {
    let mut rows = Rows::new(
        "command_answer",
        &["tenant_id", "key_digest", "fingerprint", "status", "body", "answered_at"],
    );
    for (tenant, key, answer) in answers {
        rows.push(vec![
            tenant.into(),
            (&key.digest).into(),
            (&key.fingerprint).into(),
            i64::from(answer.status.as_u16()).into(),
            answer.body.to_vec().into(),
            Time::from(now).into(),
        ]);
    }
    if !rows.is_empty() {
        tx.insert(rows).await?;
    }
    Ok(())
}

/// Forgets answers that are older than their time, a step at a time in the order of their keys, so
/// that no index is needed for it and no lock is held for long. Gives how many were forgotten.
pub async fn sweep(db: &Db, now: Instant) -> Result<u64, Error> {
    let Ok(limit) = now.plus_days(-KEPT_DAYS) else { return Ok(0) };
    let mut forgotten = 0;
    let mut after: (String, Vec<u8>) = (String::new(), Vec::new());
    loop {
        let step = Stmt::new(
            "SELECT tenant_id, key_digest FROM command_answer
             WHERE (tenant_id, key_digest) > ($1, $2)
             ORDER BY tenant_id, key_digest LIMIT 1 OFFSET $3",
        );
        let step = step.bind(after.0.as_str()).bind(&after.1[..]).bind(SWEEP_STEP - 1);
        let upto: Option<(String, Vec<u8>)> = db.fetch_optional(step).await?;
        let mut tx = db.begin().await?;
        let stale = Stmt::new(
            "DELETE FROM command_answer WHERE (tenant_id, key_digest) > ($1, $2)
             AND answered_at < $3",
        );
        let stale = stale.bind(after.0.as_str()).bind(&after.1[..]).bind(Time::from(limit));
        let stale = match &upto {
            Some((tenant, digest)) => stale
                .push(" AND (tenant_id, key_digest) <= ($4, $5)")
                .bind(tenant.as_str())
                .bind(&digest[..]),
            None => stale,
        };
        forgotten += tx.execute(stale).await?;
        tx.commit().await?;
        match upto {
            Some(upto) => after = upto,
            None => return Ok(forgotten),
        }
    }
}

impl AnswerRow {
    fn kept(self) -> Result<([u8; 32], Kept), Error> {
        let corrupt = |column| Error::corrupt("command_answer", "", column);
        let digest = self.key_digest.try_into().map_err(|_| corrupt("key_digest"))?;
        let fingerprint = self.fingerprint.try_into().map_err(|_| corrupt("fingerprint"))?;
        let status = u16::try_from(self.status).ok().and_then(|it| StatusCode::from_u16(it).ok());
        let status = status.ok_or_else(|| corrupt("status"))?;
        Ok((digest, (fingerprint, Answer { status, body: self.body.into(), replayed: false })))
    }
}
