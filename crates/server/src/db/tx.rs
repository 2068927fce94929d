//! A transaction on whichever engine is there.

use futures_util::{StreamExt as _, stream::BoxStream};
use sqlx::{FromRow, Postgres, Sqlite, pool::PoolConnection, postgres::PgRow, sqlite::SqliteRow};

use super::{Error, Record, Rows, Stmt, decoded, sqlite};

/// A transaction. Dropping it without [`Tx::commit`] undoes it.
#[derive(Debug)]
pub struct Tx {
    running: Running,
    /// Whether a statement failed. PostgreSQL would answer the commit of such a transaction with a
    /// friendly "rolled back"; SQLite would commit the rest of it.
    failed: bool,
    /// Whether there is a mark to go back to.
    marked: bool,
}

#[derive(Debug)]
pub(super) enum Running {
    Postgres(sqlx::Transaction<'static, Postgres>),
    /// A snapshot.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// The one that writes.
    SqliteWriter(Writer),
}

/// The connection that writes to SQLite, in a transaction.
///
/// SQLite ends a transaction by itself when it runs out of room, and a library that counts
/// transactions is then wrong for ever. So a connection whose transaction did not end in the usual
/// way is closed, which undoes whatever was left of it, and the next writer opens a new one.
#[derive(Debug)]
pub(super) struct Writer {
    connection: PoolConnection<Sqlite>,
    ended: bool,
}

impl Writer {
    pub(super) async fn begin(mut connection: PoolConnection<Sqlite>) -> Result<Self, Error> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        Ok(Self { connection, ended: false })
    }

    async fn end(mut self, how: &'static str) -> Result<(), Error> {
        sqlx::query(how).execute(&mut *self.connection).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

/// Runs one statement on whichever engine is there.
macro_rules! on {
    ($tx:expr, $stmt:expr, $function:ident . $method:ident) => {{
        let result = match &mut $tx.running {
            Running::Postgres(tx) => {
                let (sql, args) = $stmt.for_postgres()?;
                sqlx::$function(sql, args).$method(&mut **tx).await.map_err(Error::from)
            }
            Running::Sqlite(tx) => {
                let (sql, args) = $stmt.for_sqlite()?;
                sqlx::$function(sql, args).$method(&mut **tx).await.map_err(Error::from)
            }
            Running::SqliteWriter(writer) => {
                let (sql, args) = $stmt.for_sqlite()?;
                let connection = &mut *writer.connection;
                sqlx::$function(sql, args).$method(connection).await.map_err(Error::from)
            }
        };
        $tx.failed |= result.is_err();
        result
    }};
}

impl Tx {
    pub(super) fn new(running: Running) -> Self {
        Self { running, failed: false, marked: false }
    }

    /// Makes the changes last.
    pub async fn commit(self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Poisoned);
        }
        match self.running {
            Running::Postgres(tx) => tx.commit().await?,
            Running::Sqlite(tx) => tx.commit().await?,
            Running::SqliteWriter(writer) => writer.end("COMMIT").await?,
        }
        Ok(())
    }

    /// Undoes the changes now, so that the connection is free before the next begins.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.running {
            Running::Postgres(tx) => tx.rollback().await?,
            Running::Sqlite(tx) => tx.rollback().await?,
            Running::SqliteWriter(writer) => writer.end("ROLLBACK").await?,
        }
        Ok(())
    }

    /// Sets the mark that [`Tx::back_to_mark`] goes back to, in place of an earlier one.
    pub async fn mark(&mut self) -> Result<(), Error> {
        let sql =
            if self.marked { "RELEASE SAVEPOINT mark; SAVEPOINT mark" } else { "SAVEPOINT mark" };
        self.script(sql.to_owned()).await?;
        self.marked = true;
        Ok(())
    }

    /// Undoes what happened since [`Tx::mark`], a failed statement too. What came before stands.
    pub async fn back_to_mark(&mut self) -> Result<(), Error> {
        self.script("ROLLBACK TO SAVEPOINT mark".to_owned()).await?;
        self.failed = false;
        Ok(())
    }

    /// Changes rows; says how many.
    pub async fn execute(&mut self, stmt: Stmt) -> Result<u64, Error> {
        let result = match &mut self.running {
            Running::Postgres(tx) => {
                let (sql, args) = stmt.for_postgres()?;
                sqlx::query_with(sql, args).execute(&mut **tx).await.map(|it| it.rows_affected())
            }
            Running::Sqlite(_) => Err(read_only()),
            Running::SqliteWriter(writer) => {
                let (sql, args) = stmt.for_sqlite()?;
                let connection = &mut *writer.connection;
                sqlx::query_with(sql, args).execute(connection).await.map(|it| it.rows_affected())
            }
        };
        self.failed |= result.is_err();
        Ok(result?)
    }

    /// Reads every row.
    pub async fn fetch_all<T: Record>(&mut self, stmt: Stmt) -> Result<Vec<T>, Error> {
        let rows = match &mut self.running {
            Running::Postgres(tx) => {
                let (sql, args) = stmt.for_postgres()?;
                let rows = sqlx::query_with(sql, args).fetch_all(&mut **tx).await;
                rows.map_err(Error::from).and_then(|rows| decoded(&rows))
            }
            Running::Sqlite(tx) => {
                let (sql, args) = stmt.for_sqlite()?;
                let rows = sqlite::all(sqlx::query_with(sql, args).fetch(&mut **tx)).await;
                rows.map_err(Error::from).and_then(|rows| decoded(&rows))
            }
            Running::SqliteWriter(writer) => {
                let (sql, args) = stmt.for_sqlite()?;
                let connection = &mut *writer.connection;
                let rows = sqlite::all(sqlx::query_with(sql, args).fetch(connection)).await;
                rows.map_err(Error::from).and_then(|rows| decoded(&rows))
            }
        };
        self.failed |= rows.is_err();
        rows
    }

    /// Reads the first row, if there is one.
    pub async fn fetch_optional<T: Record>(&mut self, stmt: Stmt) -> Result<Option<T>, Error> {
        on!(self, stmt, query_as_with.fetch_optional)
    }

    /// Reads the one column of the one row.
    pub async fn fetch_scalar<T>(&mut self, stmt: Stmt) -> Result<T, Error>
    where
        (T,): for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let row: Result<(T,), Error> = on!(self, stmt, query_as_with.fetch_one);
        row.map(|(value,)| value)
    }

    /// Like [`Tx::fetch_all`], and nobody else can change the rows until the transaction ends. The
    /// statement must give an order, and whatever the lock guards is read by a later statement.
    pub async fn fetch_locked<T: Record>(&mut self, stmt: Stmt) -> Result<Vec<T>, Error> {
        self.fetch_all(self.locking(stmt, " FOR NO KEY UPDATE")).await
    }

    /// Like [`Tx::fetch_locked`], without the rows that somebody else holds.
    pub async fn fetch_lockable<T: Record>(&mut self, stmt: Stmt) -> Result<Vec<T>, Error> {
        self.fetch_all(self.locking(stmt, " FOR NO KEY UPDATE SKIP LOCKED")).await
    }

    fn locking(&self, stmt: Stmt, how: &'static str) -> Stmt {
        match self.running {
            Running::Postgres(_) => stmt.push(how),
            // `begin` took the lock on the whole database.
            Running::Sqlite(_) | Running::SqliteWriter(_) => stmt,
        }
    }

    /// Inserts rows; says how many were.
    pub async fn insert(&mut self, rows: Rows) -> Result<u64, Error> {
        let result = self.insert_all(rows).await;
        self.failed |= result.is_err();
        result
    }

    async fn insert_all(&mut self, rows: Rows) -> Result<u64, Error> {
        let mut inserted = 0;
        match &mut self.running {
            Running::Postgres(tx) => {
                for part in rows.for_postgres() {
                    let (sql, args) = part?;
                    let done = sqlx::query_with(sql, args).execute(&mut **tx).await?;
                    inserted += done.rows_affected();
                }
            }
            Running::Sqlite(_) => return Err(read_only().into()),
            Running::SqliteWriter(writer) => {
                let mut parts = rows.for_sqlite();
                let mut next = parts.next();
                while let Some(part) = next {
                    let (sql, args) = part?;
                    let run = sqlx::query_with(sql, args).execute(&mut *writer.connection);
                    // The next part is made while the engine's own thread works on this one.
                    let (done, made) = tokio::join!(run, async { parts.next() });
                    inserted += done?.rows_affected();
                    next = made;
                }
            }
        }
        Ok(inserted)
    }

    /// Reads rows one by one, so that a large result never sits in memory.
    pub fn stream<T: Record + 'static>(
        &mut self,
        stmt: Stmt,
    ) -> Result<BoxStream<'_, Result<T, Error>>, Error> {
        Ok(match &mut self.running {
            Running::Postgres(tx) => {
                let (sql, args) = stmt.for_postgres()?;
                sqlx::query_as_with(sql, args).fetch(&mut **tx).map(|row| Ok(row?)).boxed()
            }
            Running::Sqlite(tx) => {
                let (sql, args) = stmt.for_sqlite()?;
                sqlx::query_as_with(sql, args).fetch(&mut **tx).map(|row| Ok(row?)).boxed()
            }
            Running::SqliteWriter(writer) => {
                let (sql, args) = stmt.for_sqlite()?;
                let connection = &mut *writer.connection;
                sqlx::query_as_with(sql, args).fetch(connection).map(|row| Ok(row?)).boxed()
            }
        })
    }

    /// Runs a script of statements without values.
    pub(super) async fn script(&mut self, sql: String) -> Result<(), Error> {
        let sql = sqlx::AssertSqlSafe(sql);
        match &mut self.running {
            Running::Postgres(tx) => {
                sqlx::raw_sql(sql).execute(&mut **tx).await?;
            }
            Running::Sqlite(_) => return Err(read_only().into()),
            Running::SqliteWriter(writer) => {
                sqlx::raw_sql(sql).execute(&mut *writer.connection).await?;
            }
        }
        Ok(())
    }

    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.running, Running::Postgres(_))
    }
}

/// What a snapshot answers that is asked to write. PostgreSQL says it by itself.
fn read_only() -> sqlx::Error {
    sqlx::Error::Protocol("a snapshot does not write".to_owned())
}
