//! The search index.

use crate::{
    db::{Error, Stmt, Tx},
    invoicing::CHUNK_PAGES,
};

/// A sealed chunk as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in super::super) struct ChunkRow {
    pub(in super::super) words: Vec<u8>,
    pub(in super::super) numbers: Vec<u8>,
    pub(in super::super) amounts: Vec<u8>,
    pub(in super::super) min_amount: i64,
    pub(in super::super) max_amount: i64,
    pub(in super::super) min_id: String,
    pub(in super::super) max_id: String,
}

/// The numbers of a tenant's sealed chunks.
pub(in super::super) async fn chunks(tx: &mut Tx, tenant: &str) -> Result<Vec<i64>, Error> {
    let stmt = Stmt::new("SELECT chunk FROM record_chunk WHERE tenant_id = $1 ORDER BY chunk");
    let rows: Vec<(i64,)> = tx.fetch_all(stmt.bind(tenant)).await?;
    Ok(rows.into_iter().map(|(chunk,)| chunk).collect())
}

/// A sealed chunk.
pub(in super::super) async fn chunk(
    tx: &mut Tx,
    tenant: &str,
    chunk: i64,
) -> Result<Option<ChunkRow>, Error> {
    let stmt = Stmt::new(
        "SELECT words, numbers, amounts, min_amount, max_amount, min_id, max_id
         FROM record_chunk WHERE tenant_id = $1 AND chunk = $2",
    );
    tx.fetch_optional(stmt.bind(tenant).bind(chunk)).await
}

/// The pages of a sealed chunk with their numbers, in order.
pub(in super::super) async fn pages(
    tx: &mut Tx,
    tenant: &str,
    chunk: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let stmt = Stmt::new(
        "SELECT place, postings FROM record_chunk_page
         WHERE tenant_id = $1 AND place >= $2 AND place < $3 ORDER BY place",
    );
    let first = chunk * CHUNK_PAGES;
    let stmt = stmt.bind(tenant).bind(first).bind(first + CHUNK_PAGES);
    let rows: Vec<(i64, Vec<u8>)> = tx.fetch_all(stmt).await?;
    Ok(rows.into_iter().map(|(place, postings)| (place - first, postings)).collect())
}

/// The blocks of statuses from one up to another, which is not among them, in order.
pub(in super::super) async fn status_blocks(
    tx: &mut Tx,
    tenant: &str,
    from: i64,
    to: i64,
) -> Result<Vec<Vec<u8>>, Error> {
    let stmt = Stmt::new(
        "SELECT codes FROM record_status_block
         WHERE tenant_id = $1 AND block >= $2 AND block < $3 ORDER BY block",
    );
    let rows: Vec<(Vec<u8>,)> = tx.fetch_all(stmt.bind(tenant).bind(from).bind(to)).await?;
    Ok(rows.into_iter().map(|(codes,)| codes).collect())
}
