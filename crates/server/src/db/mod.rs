//! One storage seam, two engines.
//!
//! SQLite is built in, so that the service runs with nothing else installed; PostgreSQL is one
//! setting away. Every statement is written once, in the SQL that both understand, as a [`Stmt`]:
//!
//! - places are `$1`, `$2`, …; a list is [`Stmt::push_any_text`];
//! - instants are [`Time`], amounts and counters `BIGINT`, digests `BYTEA`;
//! - rows are locked with [`Tx::fetch_locked`], never with a `FOR UPDATE` in the text, and what a
//!   lock guards is read by a later statement: one that waited still sees the rest as it was;
//! - many rows are [`Rows`];
//! - text is searched in what Rust has folded, since SQLite's `LOWER` knows ASCII only.
//!
//! A query of one statement takes [`Db`]; everything else takes a [`Tx`]. No other room names an
//! engine, and none begins, commits or retries but `command`.

mod columns;
mod error;
mod migrate;
mod place;
mod postgres;
mod readers;
mod rows;
mod sqlite;
mod stmt;
mod tx;
mod value;

use std::time::Duration;

use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

pub(crate) use self::place::by_place;
use self::tx::{Running, Writer};
pub use self::{
    columns::Columns,
    error::Error,
    migrate::{MigrationState, SCHEMA_VERSION},
    rows::Rows,
    stmt::Stmt,
    tx::Tx,
    value::{Time, Value},
};

/// How the database is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path` or `postgres://…`.
    pub url: String,
    /// How many connections may be open at once, those of the write lanes included. At least 8.
    pub max_connections: u32,
    /// How long one statement may take.
    pub statement_timeout: Duration,
}

/// How long a caller waits for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a search waits for one of its few connections: it gives up by itself before.
const SEARCH_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(6);

/// How many prepared statements a connection keeps.
const STATEMENTS_KEPT: usize = 512;

/// An open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db(Engine);

#[derive(Clone, Debug)]
enum Engine {
    Postgres(postgres::Pools),
    Sqlite(sqlite::Pools),
}

/// What a reader is for; each purpose has connections of its own, so that none starves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A page or a single row: short.
    Page,
    /// A search: seconds at most, and few at once.
    Search,
    /// An export or a check of everything: as long as it takes.
    Export,
}

/// A row type that both engines can decode. `#[derive(sqlx::FromRow)]` is enough.
pub trait Record:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl Settings {
    /// The settings for `url`, with the defaults for the rest.
    pub fn new(url: impl Into<String>) -> Self {
        let statement_timeout = Duration::from_secs(30);
        Self { url: url.into(), max_connections: 16, statement_timeout }
    }
}

impl Db {
    /// Opens the database, without looking at its schema.
    pub async fn open(settings: &Settings) -> Result<Self, Error> {
        Ok(Self(if is_postgres(&settings.url) {
            Engine::Postgres(postgres::Pools::open(settings)?)
        } else {
            Engine::Sqlite(sqlite::Pools::open(settings).await?)
        }))
    }

    /// Opens a database that is there, for snapshots only; nothing can be written through it.
    pub fn open_to_read(settings: &Settings) -> Result<Self, Error> {
        Ok(Self(if is_postgres(&settings.url) {
            Engine::Postgres(postgres::Pools::open(settings)?)
        } else {
            Engine::Sqlite(sqlite::Pools::open_to_read(settings)?)
        }))
    }

    /// Brings the schema to this program's version. Several programs may do so at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        migrate::run(self).await
    }

    /// The version of the schema. It is an error where there is none.
    pub async fn schema_version(&self) -> Result<i64, Error> {
        migrate::version(&mut self.snapshot(Purpose::Page).await?).await
    }

    /// How the schema stands to this program.
    pub async fn migration_state(&self) -> Result<MigrationState, Error> {
        migrate::state(self).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        let one: Option<(i64,)> =
            self.fetch_optional(Stmt::new("SELECT CAST(1 AS BIGINT)")).await?;
        one.map(|_| ()).ok_or(Error::Away(sqlx::Error::RowNotFound))
    }

    /// The name of the engine, for people and metrics.
    pub fn engine(&self) -> &'static str {
        match &self.0 {
            Engine::Postgres(_) => "postgresql",
            Engine::Sqlite(_) => "sqlite",
        }
    }

    /// How many transactions can usefully write at the same time.
    pub fn writers(&self) -> usize {
        match &self.0 {
            Engine::Postgres(_) => postgres::LANES,
            Engine::Sqlite(_) => 1,
        }
    }

    /// How many exports can read at the same time.
    pub fn exporters(&self) -> usize {
        let connections = match &self.0 {
            Engine::Postgres(pools) => {
                pools.snapshots(Purpose::Export).options().get_max_connections()
            }
            Engine::Sqlite(pools) => {
                pools.snapshots(Purpose::Export).options().get_max_connections()
            }
        };
        usize::try_from(connections).unwrap_or(1)
    }

    /// Starts a transaction that writes. On SQLite it takes the write lock at once, so that it
    /// cannot fail half-way for want of it.
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(Tx::new(match &self.0 {
            Engine::Postgres(pools) => Running::Postgres(pools.writers.begin().await?),
            Engine::Sqlite(pools) => {
                Running::SqliteWriter(Writer::begin(pools.writer.acquire().await?).await?)
            }
        }))
    }

    /// Starts a transaction that reads several statements' worth of one moment.
    pub async fn snapshot(&self, purpose: Purpose) -> Result<Tx, Error> {
        const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(Tx::new(match &self.0 {
            Engine::Postgres(pools) => {
                Running::Postgres(pools.snapshots(purpose).begin_with(SNAPSHOT).await?)
            }
            Engine::Sqlite(pools) => Running::Sqlite(pools.snapshots(purpose).begin().await?),
        }))
    }

    /// Reads every row.
    pub async fn fetch_all<T: Record>(&self, stmt: Stmt) -> Result<Vec<T>, Error> {
        match &self.0 {
            Engine::Postgres(pools) => {
                let (sql, args) = stmt.for_postgres()?;
                let mut reader = pools.pages.take().await?;
                let rows = sqlx::query_with(sql, args).fetch_all(&mut *reader).await;
                decoded(&reader.give_back(rows)?)
            }
            Engine::Sqlite(pools) => {
                let (sql, args) = stmt.for_sqlite()?;
                let mut reader = pools.pages.take().await?;
                let rows = sqlite::all(sqlx::query_with(sql, args).fetch(&mut *reader)).await;
                decoded(&reader.give_back(rows)?)
            }
        }
    }

    /// Reads the first row, if there is one.
    pub async fn fetch_optional<T: Record>(&self, stmt: Stmt) -> Result<Option<T>, Error> {
        match &self.0 {
            Engine::Postgres(pools) => {
                let (sql, args) = stmt.for_postgres()?;
                let mut reader = pools.pages.take().await?;
                let row = sqlx::query_as_with(sql, args).fetch_optional(&mut *reader).await;
                reader.give_back(row)
            }
            Engine::Sqlite(pools) => {
                let (sql, args) = stmt.for_sqlite()?;
                let mut reader = pools.pages.take().await?;
                let row = sqlx::query_as_with(sql, args).fetch_optional(&mut *reader).await;
                reader.give_back(row)
            }
        }
    }

    /// Keeps the write-ahead log small without holding a writer up; SQLite only. Run it now and
    /// then, from a task of its own.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        match &self.0 {
            Engine::Postgres(_) => Ok(()),
            Engine::Sqlite(pools) => pools.checkpoint().await,
        }
    }

    /// Ends when the database begins to be closed. What holds a snapshot for long must let go of it
    /// then, or [`Db::close`] waits for it.
    pub async fn closing(&self) {
        match &self.0 {
            Engine::Postgres(pools) => pools.snapshots(Purpose::Export).close_event().await,
            Engine::Sqlite(pools) => pools.snapshots(Purpose::Export).close_event().await,
        }
    }

    /// Closes every connection, after those in use are given back.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Postgres(pools) => pools.close().await,
            Engine::Sqlite(pools) => pools.close().await,
        }
    }
}

/// Reads rows after the last has come: on its way through the streams of the library a row would be
/// copied again and again.
fn decoded<R, T: for<'r> FromRow<'r, R>>(rows: &[R]) -> Result<Vec<T>, Error>
where
    R: sqlx::Row,
{
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.push(T::from_row(row)?);
    }
    Ok(all)
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}
