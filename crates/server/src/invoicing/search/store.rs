//! What search reads and writes in the database.

use std::collections::HashSet;

use countinghouse_core::{
    calendar::Instant,
    invoicing::RecordStatus,
    search::{seal::Sealed, status::blocks_of},
};

use super::{
    super::records::{LineRow, RecordRow},
    head::Head,
    walked::Walked,
};
use crate::db::{Error, Rows, Stmt, Tx};

/// Pages of postings of one chunk are below this, far above what the texts of a chunk can need.
pub const CHUNK_PAGES: i64 = 1 << 20;

const CHUNK: &[&str] = &[
    "tenant_id",
    "chunk",
    "min_amount",
    "max_amount",
    "min_id",
    "max_id",
    "numbers",
    "amounts",
    "words",
];

const PAGE: &[&str] = &["tenant_id", "place", "postings"];

const STATUS_BLOCK: &[&str] = &["tenant_id", "block", "codes"];

/// How many records a tenant has, or one of its apps.
pub(super) async fn count(tx: &mut Tx, tenant: &str, app: Option<&str>) -> Result<i64, Error> {
    let stmt =
        Stmt::new("SELECT last_seq FROM record_counter WHERE tenant_id = $1 AND app_id = $2");
    let stmt = stmt.bind(tenant).bind(app.unwrap_or_default());
    let row: Option<(i64,)> = tx.fetch_optional(stmt).await?;
    Ok(row.map_or(0, |(last,)| last))
}

/// How many of the first `count` records of a tenant, or of one of its apps, arrived before `at`.
/// They never arrive out of order, so it takes about twenty rows to tell.
pub(super) async fn count_before(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    count: i64,
    at: Instant,
) -> Result<i64, Error> {
    let stmt = Stmt::new(match app {
        None => {
            "WITH RECURSIVE bound (low, high) AS (
                SELECT CAST(0 AS BIGINT), CAST($2 AS BIGINT)
                UNION ALL
                SELECT CASE WHEN r.created_at < $3 THEN r.seq ELSE b.low END,
                       CASE WHEN r.created_at < $3 THEN b.high ELSE r.seq - 1 END
                FROM bound AS b JOIN billing_record AS r
                    ON r.tenant_id = $1 AND r.seq = (b.low + b.high + 1) / 2
                WHERE b.low < b.high)
             SELECT low FROM bound WHERE low = high"
        }
        Some(_) => {
            "WITH RECURSIVE bound (low, high) AS (
                SELECT CAST(0 AS BIGINT), CAST($2 AS BIGINT)
                UNION ALL
                SELECT CASE WHEN r.created_at < $3 THEN r.app_seq ELSE b.low END,
                       CASE WHEN r.created_at < $3 THEN b.high ELSE r.app_seq - 1 END
                FROM bound AS b JOIN billing_record AS r
                    ON r.tenant_id = $1 AND r.app_id = $4
                    AND r.app_seq = (b.low + b.high + 1) / 2
                WHERE b.low < b.high)
             SELECT low FROM bound WHERE low = high"
        }
    });
    let stmt = stmt.bind(tenant).bind(count).bind(at);
    tx.fetch_scalar(app.into_iter().fold(stmt, Stmt::bind)).await
}

/// The records with `after < place <= to` of a tenant, or of one of its apps, newest first.
pub(super) async fn records_between(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    after: i64,
    to: i64,
) -> Result<Vec<RecordRow>, Error> {
    let stmt = Stmt::new(
        "SELECT seq, record_id, invoice_number, app_id, type, status, amount, currency,
                description, created_at
         FROM billing_record WHERE tenant_id = $1",
    );
    let stmt = stmt.bind(tenant).bind(after).bind(to).push(match app {
        None => " AND seq > $2 AND seq <= $3 ORDER BY seq DESC",
        Some(_) => " AND app_seq > $2 AND app_seq <= $3 AND app_id = $4 ORDER BY app_seq DESC",
    });
    tx.fetch_all(app.into_iter().fold(stmt, Stmt::bind)).await
}

/// The records at some places of the tenant's list, newest first.
pub(super) async fn records_at(
    tx: &mut Tx,
    tenant: &str,
    seqs: &[i64],
) -> Result<Vec<RecordRow>, Error> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(
        "SELECT seq, record_id, invoice_number, app_id, type, status, amount, currency,
                description, created_at
         FROM billing_record WHERE tenant_id = $1 AND seq",
    );
    let stmt = stmt.bind(tenant).push_any_int(seqs.iter().copied());
    tx.fetch_all(stmt.push(" ORDER BY seq DESC")).await
}

/// The lines of records, in their order.
pub(super) async fn lines_of(
    tx: &mut Tx,
    tenant: &str,
    records: &[RecordRow],
) -> Result<Vec<LineRow>, Error> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(
        "SELECT record_seq, description, resource_type, quantity, unit_price, amount, tax_rate,
                tax_amount
         FROM invoice_line WHERE tenant_id = $1 AND record_seq",
    );
    let stmt = stmt.bind(tenant).push_any_int(records.iter().map(|record| record.seq));
    tx.fetch_all(stmt.push(" ORDER BY record_seq DESC, line")).await
}

/// The records from one place to another, and their lines.
pub(super) async fn walk(tx: &mut Tx, tenant: &str, from: i64, to: i64) -> Result<Walked, Error> {
    let stmt = Stmt::new(
        "SELECT seq, record_id, invoice_number, app_id, type, status, amount, description
         FROM billing_record WHERE tenant_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq",
    );
    let records = tx.fetch_all(stmt.bind(tenant).bind(from).bind(to)).await?;
    let stmt = Stmt::new(
        "SELECT record_seq, description FROM invoice_line
         WHERE tenant_id = $1 AND record_seq >= $2 AND record_seq <= $3
         ORDER BY record_seq, line",
    );
    let lines = tx.fetch_all(stmt.bind(tenant).bind(from).bind(to)).await?;
    Ok(Walked { records, lines })
}

/// The places, from one to another, of records that have a status now.
pub(super) async fn seqs_having(
    tx: &mut Tx,
    tenant: &str,
    from: i64,
    to: i64,
    status: RecordStatus,
) -> Result<HashSet<i64>, Error> {
    let stmt = Stmt::new(
        "SELECT seq FROM billing_record
         WHERE tenant_id = $1 AND seq >= $2 AND seq <= $3 AND status = $4",
    );
    let stmt = stmt.bind(tenant).bind(from).bind(to).bind(status.as_str());
    let rows: Vec<(i64,)> = tx.fetch_all(stmt).await?;
    Ok(rows.into_iter().map(|(seq,)| seq).collect())
}

/// Writes the index of a chunk.
pub(super) async fn insert_chunk(tx: &mut Tx, tenant: &str, sealed: Sealed) -> Result<(), Error> {
    let chunk = sealed.chunk;
    let mut chunks = Rows::new("record_chunk", CHUNK);
    chunks.push(vec![
        tenant.into(),
        chunk.into(),
        sealed.min_amount.into(),
        sealed.max_amount.into(),
        sealed.min_id.into(),
        sealed.max_id.into(),
        sealed.numbers.into(),
        sealed.amounts.into(),
        sealed.words.into(),
    ]);
    let mut pages = Rows::new("record_chunk_page", PAGE);
    for (page, postings) in (0..).zip(sealed.pages) {
        pages.push(vec![tenant.into(), page_place(chunk, page).into(), postings.into()]);
    }
    let mut blocks = Rows::new("record_status_block", STATUS_BLOCK);
    for (block, codes) in blocks_of(chunk).zip(sealed.statuses) {
        blocks.push(vec![tenant.into(), block.into(), codes.into()]);
    }
    tx.insert(chunks).await?;
    tx.insert(pages).await?;
    tx.insert(blocks).await?;
    Ok(())
}

/// The heads of some chunks, with or without the words.
pub(super) async fn heads(
    tx: &mut Tx,
    tenant: &str,
    chunks: impl Iterator<Item = i64>,
    with_words: bool,
) -> Result<Vec<Head>, Error> {
    let stmt = Stmt::new("SELECT chunk, min_amount, max_amount, min_id, max_id").bind(tenant);
    let stmt = stmt.push(if with_words { ", numbers, words" } else { "" });
    let stmt = stmt.push(" FROM record_chunk WHERE tenant_id = $1 AND chunk").push_any_int(chunks);
    tx.fetch_all(stmt).await
}

/// The amounts of some chunks.
pub(super) async fn amounts(
    tx: &mut Tx,
    tenant: &str,
    chunks: impl Iterator<Item = i64>,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let stmt = Stmt::new("SELECT chunk, amounts FROM record_chunk WHERE tenant_id = $1 AND chunk");
    tx.fetch_all(stmt.bind(tenant).push_any_int(chunks)).await
}

/// Pages of postings of some chunks, by chunk and page.
pub(super) async fn pages(
    tx: &mut Tx,
    tenant: &str,
    pages: impl Iterator<Item = (i64, u32)>,
) -> Result<Vec<(i64, u32, Vec<u8>)>, Error> {
    let stmt = Stmt::new("SELECT place, postings FROM record_chunk_page WHERE tenant_id = $1");
    let places = pages.map(|(chunk, page)| page_place(chunk, page));
    let rows: Vec<(i64, Vec<u8>)> =
        tx.fetch_all(stmt.bind(tenant).push(" AND place").push_any_int(places)).await?;
    let read = |(place, postings)| {
        let page = u32::try_from(place % CHUNK_PAGES).unwrap_or(u32::MAX);
        (place / CHUNK_PAGES, page, postings)
    };
    Ok(rows.into_iter().map(read).collect())
}

/// The blocks of statuses of some chunks, by chunk, oldest first.
pub(super) async fn statuses(
    tx: &mut Tx,
    tenant: &str,
    chunks: impl Iterator<Item = i64>,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let stmt = Stmt::new("SELECT block, codes FROM record_status_block WHERE tenant_id = $1");
    let stmt = stmt.bind(tenant).push(" AND block").push_any_int(chunks.flat_map(blocks_of));
    let rows: Vec<(i64, Vec<u8>)> = tx.fetch_all(stmt.push(" ORDER BY block")).await?;
    let blocks = blocks_of(0).end;
    Ok(rows.into_iter().map(|(block, codes)| (block / blocks, codes)).collect())
}

/// The record ids from one place to another, oldest first.
pub(super) async fn record_ids(
    tx: &mut Tx,
    tenant: &str,
    from: i64,
    to: i64,
) -> Result<Vec<String>, Error> {
    let stmt = Stmt::new(
        "SELECT record_id FROM billing_record
         WHERE tenant_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq",
    );
    let rows: Vec<(String,)> = tx.fetch_all(stmt.bind(tenant).bind(from).bind(to)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A block of statuses. Records that are in no full chunk have none.
pub(super) async fn status_block(
    tx: &mut Tx,
    tenant: &str,
    block: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let stmt =
        Stmt::new("SELECT codes FROM record_status_block WHERE tenant_id = $1 AND block = $2");
    let row: Option<(Vec<u8>,)> = tx.fetch_optional(stmt.bind(tenant).bind(block)).await?;
    Ok(row.map(|(codes,)| codes))
}

/// Overwrites a block of statuses.
pub(super) async fn save_status_block(
    tx: &mut Tx,
    tenant: &str,
    block: i64,
    codes: Vec<u8>,
) -> Result<(), Error> {
    let stmt =
        Stmt::new("UPDATE record_status_block SET codes = $3 WHERE tenant_id = $1 AND block = $2");
    tx.execute(stmt.bind(tenant).bind(block).bind(codes)).await?;
    Ok(())
}

fn page_place(chunk: i64, page: u32) -> i64 {
    chunk * CHUNK_PAGES + i64::from(page)
}
