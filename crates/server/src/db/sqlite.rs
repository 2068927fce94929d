//! SQLite: one connection that writes, and readers that never wait for it, thanks to the WAL.

use std::{future::poll_fn, str::FromStr as _, time::Duration};

use futures_util::{StreamExt as _, stream::BoxStream};
use sqlx::{
    Pool, Sqlite,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    ACQUIRE_TIMEOUT, Error, Purpose, SEARCH_ACQUIRE_TIMEOUT, STATEMENTS_KEPT, Settings,
    readers::Readers,
};

/// How many connections read pages. Each has a thread of its own.
const PAGE_READERS: u32 = 4;

/// How many snapshots of short reads there are at once.
const SNAPSHOT_READERS: u32 = 2;

/// How many searches read at once.
const SEARCH_READERS: u32 = 2;

/// How many exports and checks read at once.
const EXPORT_READERS: u32 = 4;

/// How many rows a reader of pages may read ahead: those of a large page.
const PAGE_ROWS_AHEAD: usize = 256;

/// How many rows the writer may read ahead: those that a set of commands rests on.
const SET_ROWS_AHEAD: usize = 1_024;

/// How many rows an export's connection may read ahead.
const EXPORT_ROWS_AHEAD: usize = 1_024;

/// How many pages of the log may wait before the writer is held up to start it afresh.
const LOG_PAGES_MAX: i64 = 100_000;

#[derive(Clone, Debug)]
pub(super) struct Pools {
    pub(super) writer: Pool<Sqlite>,
    pub(super) pages: Readers<Sqlite>,
    snapshots: Pool<Sqlite>,
    searches: Pool<Sqlite>,
    exports: Pool<Sqlite>,
    checkpointer: Pool<Sqlite>,
}

impl Pools {
    pub(super) async fn open(settings: &Settings) -> Result<Self, Error> {
        let file = file(settings)?;
        let writer = file.clone().create_if_missing(true).pragma("cache_size", "-65536");
        let writer = writer.row_buffer_size(SET_ROWS_AHEAD);
        let writer = pool(1).connect_with(writer).await?;
        Ok(Self::over(writer, file))
    }

    /// Opens nothing yet, and never for writing.
    pub(super) fn open_to_read(settings: &Settings) -> Result<Self, Error> {
        let file = file(settings)?.read_only(true);
        Ok(Self::over(pool(1).connect_lazy_with(file.clone()), file))
    }

    fn over(writer: Pool<Sqlite>, file: SqliteConnectOptions) -> Self {
        let reader = file.clone().read_only(true).pragma("cache_size", "-16384");
        Self {
            writer,
            pages: Readers::of(
                pool(PAGE_READERS)
                    .connect_lazy_with(reader.clone().row_buffer_size(PAGE_ROWS_AHEAD)),
            ),
            snapshots: pool(SNAPSHOT_READERS).connect_lazy_with(reader.clone()),
            searches: pool(SEARCH_READERS)
                .acquire_timeout(SEARCH_ACQUIRE_TIMEOUT)
                .connect_lazy_with(reader.clone()),
            exports: pool(EXPORT_READERS).connect_lazy_with(
                reader.pragma("cache_size", "-2048").row_buffer_size(EXPORT_ROWS_AHEAD),
            ),
            checkpointer: pool(1).connect_lazy_with(file),
        }
    }

    pub(super) fn snapshots(&self, purpose: Purpose) -> &Pool<Sqlite> {
        match purpose {
            Purpose::Page => &self.snapshots,
            Purpose::Search => &self.searches,
            Purpose::Export => &self.exports,
        }
    }

    /// Moves the log into the file, beside the writer. Should readers have kept it from starting
    /// afresh for long, the writer is held up once; not while an old snapshot is still read, for
    /// then it would be held up in vain.
    pub(super) async fn checkpoint(&self) -> Result<(), Error> {
        let (_, pages, moved) = self.pragma("PRAGMA wal_checkpoint(PASSIVE)").await?;
        if pages > LOG_PAGES_MAX && moved == pages {
            self.pragma("PRAGMA wal_checkpoint(RESTART)").await?;
        }
        Ok(())
    }

    async fn pragma(&self, sql: &'static str) -> Result<(i64, i64, i64), Error> {
        Ok(sqlx::query_as(sql).fetch_one(&self.checkpointer).await?)
    }

    pub(super) async fn close(&self) {
        self.pages.close().await;
        let others = [&self.snapshots, &self.searches, &self.exports];
        for pool in others.into_iter().chain([&self.checkpointer, &self.writer]) {
            pool.close().await;
        }
    }
}

/// Reads every row. The engine's own thread hands over one at a time; whoever had to wait for a row
/// lets the thread get ahead before it asks for the next, or the two would wake each other for each.
pub(super) async fn all<T>(
    mut rows: BoxStream<'_, Result<T, sqlx::Error>>,
) -> Result<Vec<T>, sqlx::Error> {
    let mut all = Vec::new();
    loop {
        let mut waited = false;
        let next = poll_fn(|context| {
            let next = rows.poll_next_unpin(context);
            waited |= next.is_pending();
            next
        });
        let Some(row) = next.await else { return Ok(all) };
        all.push(row?);
        if waited {
            tokio::task::yield_now().await;
        }
    }
}

fn file(settings: &Settings) -> Result<SqliteConnectOptions, Error> {
    Ok(SqliteConnectOptions::from_str(&settings.url)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .busy_timeout(Duration::from_secs(5))
        // So that a row that `INSERT OR REPLACE` would replace meets the trigger on its deletion.
        .pragma("recursive_triggers", "on")
        .pragma("temp_store", "memory")
        .pragma("mmap_size", "1073741824")
        // A task of its own moves the log into the file.
        .pragma("wal_autocheckpoint", "0"))
}

fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
}
