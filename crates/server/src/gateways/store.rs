//! Gateways and their sealed secrets in the database.

use std::collections::BTreeSet;

use countinghouse_core::{
    gateways::{Gateway, GatewayCode, GatewayStatus},
    id::GatewayId,
    search::fold::{WORDS_MAX, Words, fold},
};

use super::seal::Sealed;
use crate::db::{Error, Rows, Stmt, Time, Tx};

/// A gateway and what is shown of its configuration.
pub(super) type Stored = (Gateway, String);

#[derive(sqlx::FromRow)]
struct GatewayRow {
    gateway_id: String,
    code: String,
    name: String,
    status: String,
    config: String,
    version: i64,
    created_at: Time,
    updated_at: Time,
}

const GATEWAY: &[&str] = &[
    "gateway_id",
    "code",
    "name",
    "folded",
    "status",
    "config",
    "version",
    "created_at",
    "updated_at",
];

const SECRET: &[&str] = &["gateway_id", "place", "nonce", "sealed"];

const SELECT: &str =
    "SELECT gateway_id, code, name, status, config, version, created_at, updated_at
    FROM payment_gateway";

/// The condition for each word that is searched for.
const LIKE: [&str; WORDS_MAX] = [
    " AND folded LIKE $4 ESCAPE '\\'",
    " AND folded LIKE $5 ESCAPE '\\'",
    " AND folded LIKE $6 ESCAPE '\\'",
    " AND folded LIKE $7 ESCAPE '\\'",
    " AND folded LIKE $8 ESCAPE '\\'",
    " AND folded LIKE $9 ESCAPE '\\'",
    " AND folded LIKE $10 ESCAPE '\\'",
    " AND folded LIKE $11 ESCAPE '\\'",
    " AND folded LIKE $12 ESCAPE '\\'",
    " AND folded LIKE $13 ESCAPE '\\'",
];

/// The gateway of that id.
pub(super) async fn find(tx: &mut Tx, id: GatewayId) -> Result<Option<Stored>, Error> {
    let stmt = Stmt::new(SELECT).push(" WHERE gateway_id = $1");
    let row: Option<GatewayRow> = tx.fetch_optional(stmt.bind(id.to_string())).await?;
    row.map(GatewayRow::read).transpose()
}

/// Whether there is a gateway of that code.
pub(super) async fn has_code(tx: &mut Tx, code: &GatewayCode) -> Result<bool, Error> {
    let stmt = Stmt::new("SELECT gateway_id FROM payment_gateway WHERE code = $1");
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(code.as_str())).await?;
    Ok(row.is_some())
}

/// The places of a gateway's configuration that have a secret.
pub(super) async fn places(tx: &mut Tx, id: GatewayId) -> Result<BTreeSet<String>, Error> {
    let stmt = Stmt::new("SELECT place FROM gateway_secret WHERE gateway_id = $1");
    let rows: Vec<(String,)> = tx.fetch_all(stmt.bind(id.to_string())).await?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

/// At most `limit` gateways whose name and code have all words, newest first: those before `before`,
/// and then after `skipped` of them.
pub(super) async fn page(
    tx: &mut Tx,
    words: &Words,
    before: Option<&str>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<Stored>, Error> {
    let stmt = fitting(Stmt::new(SELECT), words, before, (skipped, limit));
    let rows: Vec<GatewayRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(GatewayRow::read).collect()
}

/// How many gateways have all words; counted up to `most`.
pub(super) async fn count(tx: &mut Tx, words: &Words, most: i64) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COUNT(*) FROM (SELECT gateway_id FROM payment_gateway");
    tx.fetch_scalar(fitting(stmt, words, None, (0, most)).push(") AS found")).await
}

/// Adds which gateways are wanted.
fn fitting(stmt: Stmt, words: &Words, before: Option<&str>, (skipped, limit): (i64, i64)) -> Stmt {
    let stmt = stmt.push(" WHERE ($3 = '' OR gateway_id < $3)");
    let stmt = stmt.bind(limit).bind(skipped).bind(before.unwrap_or_default());
    let stmt = words.iter().zip(LIKE).fold(stmt, |stmt, (word, like)| {
        stmt.push(like).bind(format!("%{}%", literal(word.text())))
    });
    stmt.push(" ORDER BY gateway_id DESC LIMIT $1 OFFSET $2")
}

/// A text of which no letter means another in a pattern.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Enters a gateway.
pub(super) async fn insert(tx: &mut Tx, (it, config): &Stored) -> Result<(), Error> {
    let mut rows = Rows::new("payment_gateway", GATEWAY);
    rows.push(vec![
        it.id.to_string().into(),
        it.code.as_str().into(),
        it.name.as_str().into(),
        folded(it).into(),
        it.status.as_str().into(),
        config.as_str().into(),
        it.version.into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

/// Writes what became of a gateway.
pub(super) async fn update(tx: &mut Tx, (it, config): &Stored) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE payment_gateway SET name = $2, folded = $3, status = $4, config = $5, version = $6,
            updated_at = $7
         WHERE gateway_id = $1",
    );
    let stmt = stmt
        .bind(it.id.to_string())
        .bind(it.name.as_str())
        .bind(folded(it))
        .bind(it.status.as_str())
        .bind(config.as_str())
        .bind(it.version)
        .bind(it.updated_at);
    tx.execute(stmt).await?;
    Ok(())
}

/// Replaces the secrets of a gateway but those at places that are `kept`.
pub(super) async fn set_secrets(
    tx: &mut Tx,
    id: GatewayId,
    kept: &BTreeSet<String>,
    sealed: &[Sealed],
) -> Result<(), Error> {
    let stmt = Stmt::new("DELETE FROM gateway_secret WHERE gateway_id = $1 AND NOT (place");
    let stmt = stmt.bind(id.to_string()).push_any_text(kept.iter().cloned()).push(")");
    tx.execute(stmt).await?;
    let mut rows = Rows::new("gateway_secret", SECRET);
    for it in sealed {
        rows.push(vec![
            id.to_string().into(),
            it.place.as_str().into(),
            it.nonce.to_vec().into(),
            it.bytes.clone().into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Removes a gateway with its secrets.
pub(super) async fn delete(tx: &mut Tx, id: GatewayId) -> Result<(), Error> {
    set_secrets(tx, id, &BTreeSet::new(), &[]).await?;
    let stmt = Stmt::new("DELETE FROM payment_gateway WHERE gateway_id = $1");
    tx.execute(stmt.bind(id.to_string())).await?;
    Ok(())
}

/// What is searched: a word of a search has no line break.
fn folded(it: &Gateway) -> String {
    fold(&format!("{}\n{}", it.name, it.code))
}

impl GatewayRow {
    fn read(self) -> Result<Stored, Error> {
        let corrupt = |column| Error::corrupt("payment_gateway", &self.gateway_id, column);
        let gateway = Gateway {
            id: self.gateway_id.parse().map_err(|_| corrupt("gateway_id"))?,
            code: GatewayCode::parse(&self.code).map_err(|_| corrupt("code"))?,
            status: GatewayStatus::parse(&self.status).ok_or_else(|| corrupt("status"))?,
            version: self.version,
            created_at: self.created_at.instant()?,
            updated_at: self.updated_at.instant()?,
            name: self.name,
        };
        Ok((gateway, self.config))
    }
}
