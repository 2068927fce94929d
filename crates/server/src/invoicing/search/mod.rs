//! Search by sequence: the records of a tenant that have some words, status, app, amount or date.
//!
//! What a match is, how a chunk of records is sealed and how a sealed chunk is asked is decided in
//! [`countinghouse_core::search`]; here are the rows. Two ways lead to a page, and the request
//! alone tells which:
//!
//! - filters that leave a dense list, by app and dates, are answered by counters and arithmetic
//!   (`dense`), like any page of records;
//! - with others the tail, the records after the last full chunk, is walked row by row, and the
//!   sealed chunks are asked newest first, in batches, until the page and its total are known
//!   (`scan`). What never changes and is read most is kept in memory (`kept`).
//!
//! A chunk is sealed by the transaction that fills it (`sealing`). So whoever reads how many records
//! there are knows which chunks are sealed, and a search that reads all it needs in one snapshot
//! never misses a record or sees one twice, whatever is written meanwhile.
//!
//! A search takes at most [`LIMIT`], waiting for a connection included. Searches have a few
//! connections of their own, and give way to other work between chunks.
//!
//! What is absent: ranking, and searching in more than one tenant.

mod ask;
mod dense;
mod head;
mod kept;
mod loaded;
mod pace;
mod scan;
mod sealing;
mod store;
mod tail;
mod walked;

#[cfg(test)]
mod tests;

use std::time::Duration;

use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    search::tally::{Page, TOTAL_MAX},
};

use self::kept::Kept;
pub use self::store::CHUNK_PAGES;
pub(super) use self::{
    ask::{Ask, read},
    sealing::{seal_full_chunks, status_changed},
};
use super::records::{LineRow, RecordRow};
use crate::{
    db::{Db, Error, Tx},
    http::{paging::Paging, problem::ApiError},
};

/// The places of the records of a tenant that arrived from an instant on, and before another: the
/// first is excluded, the last included.
pub async fn places_between(
    tx: &mut Tx,
    tenant: &str,
    (from, before): (Instant, Instant),
) -> Result<(i64, i64), Error> {
    let count = store::count(tx, tenant, None).await?;
    let after = store::count_before(tx, tenant, None, count, from).await?;
    Ok((after, store::count_before(tx, tenant, None, count, before).await?.max(after)))
}

/// How long a search may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Searches, and what they keep in memory between them. One is shared by the whole process.
#[derive(Debug)]
pub struct Searches {
    kept: Kept,
    limit: Duration,
}

/// A page of what a search found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The records of the page, newest first.
    pub(super) records: Vec<RecordRow>,
    /// Their lines, in the same order.
    pub(super) lines: Vec<LineRow>,
    /// How many records match; at most [`TOTAL_MAX`].
    pub(super) total: i64,
    /// Whether no more than that match.
    pub(super) total_is_exact: bool,
    /// The place to go on from, when more match.
    pub(super) next: Option<i64>,
}

/// The places of the first and the last record that arrived in a second; the last is before the first
/// where none did.
pub(super) async fn arrived_at(
    tx: &mut Tx,
    tenant: &str,
    at: Instant,
) -> Result<(i64, i64), Error> {
    let count = store::count(tx, tenant, None).await?;
    let before = store::count_before(tx, tenant, None, count, at).await?;
    let until = at.plus_seconds(1).unwrap_or(Instant::MAX);
    Ok((before + 1, store::count_before(tx, tenant, None, count, until).await?))
}

impl Default for Searches {
    fn default() -> Self {
        Self { kept: Kept::default(), limit: LIMIT }
    }
}

impl Searches {
    /// A page of the tenant's records that are asked for.
    pub(super) async fn find(
        &self,
        db: &Db,
        tenant: &TenantId,
        ask: &Ask,
        paging: Paging,
    ) -> Result<Found, ApiError> {
        let found = async {
            if ask.is_dense() {
                dense::page(db, tenant, ask, paging).await
            } else {
                scan::page(db, &self.kept, tenant.as_str(), ask, paging).await
            }
        };
        let found = tokio::time::timeout(self.limit, found).await;
        let too_long = "the search took more than 5 s; narrow it down, or try again later";
        Ok(found.map_err(|_| ApiError::Unavailable(too_long))??)
    }
}

impl Found {
    /// A page of a dense list of `total` rows, which goes on with row `next`.
    fn dense(records: Vec<RecordRow>, lines: Vec<LineRow>, total: i64, next: Option<i64>) -> Self {
        let most = i64::try_from(TOTAL_MAX).unwrap_or(i64::MAX);
        Self { records, lines, total: total.min(most), total_is_exact: total <= most, next }
    }

    /// A page that was tallied.
    fn tallied(records: Vec<RecordRow>, lines: Vec<LineRow>, page: &Page) -> Self {
        let oldest = page.seqs.last().filter(|_| page.has_next);
        Self {
            records,
            lines,
            total: i64::try_from(page.total).unwrap_or(i64::MAX),
            total_is_exact: page.total_is_exact,
            next: oldest.map(|seq| seq - 1),
        }
    }
}
