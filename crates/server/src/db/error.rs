//! What can go wrong below the domain.

use sqlx::error::DatabaseError;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique index refused the row: someone else was first.
    #[error("the row already exists")]
    AlreadyExists(#[source] sqlx::Error),
    /// Two transactions met and this one lost. It may be tried again.
    #[error("the transaction lost a race for a lock")]
    LostRace(#[source] sqlx::Error),
    /// A lock was not to be had in time.
    #[error("a lock was not to be had in time")]
    Locked(#[source] sqlx::Error),
    /// A stored value breaks a rule that the code relies on.
    #[error("{table} `{id}` has a corrupt {column}")]
    Corrupt {
        /// The table the row is in.
        table: &'static str,
        /// The key of the row.
        id: String,
        /// The column that cannot be read.
        column: &'static str,
    },
    /// The database cannot be reached, or broke off.
    #[error("the database cannot be reached")]
    Away(#[source] sqlx::Error),
    /// There is no room left to write to. Nothing was done.
    #[error("the database has no room left")]
    Full(#[source] sqlx::Error),
    /// The schema is of a newer release than this program.
    #[error("the schema is at version {found}, newer than this program's {known}")]
    NewerSchema {
        /// The version in the database.
        found: i64,
        /// The last version that this program knows.
        known: i64,
    },
    /// An earlier statement of the transaction failed, so it cannot be committed.
    #[error("a statement of the transaction had failed")]
    Poisoned,
    /// Anything else.
    #[error("the database failed")]
    Other(#[source] sqlx::Error),
}

impl Error {
    /// The stored row `id` of `table` breaks a rule in `column`.
    pub fn corrupt(table: &'static str, id: &str, column: &'static str) -> Self {
        Self::Corrupt { table, id: id.to_owned(), column }
    }

    /// Whether a commit that ended with this error is known to have left no trace. It is not where
    /// the connection broke, or the server was told to stop while it was at it.
    pub fn left_no_trace(&self) -> bool {
        !matches!(self, Self::Away(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_) => Self::Away(error),
                _ => Self::Other(error),
            };
        };
        if database.is_unique_violation() {
            return Self::AlreadyExists(error);
        }
        match database.code().as_deref() {
            // PostgreSQL: serialization failure, deadlock. SQLite: busy snapshot.
            Some("40001" | "40P01" | "517") => Self::LostRace(error),
            // PostgreSQL: lock not available. SQLite: busy.
            Some("55P03" | "5") => Self::Locked(error),
            // PostgreSQL: disk full. SQLite: full.
            Some("53100" | "13") => Self::Full(error),
            // SQLite could not read or write its file; what it says of a commit then is no proof.
            Some(code) if !is_postgres(database) && is_io(code) => Self::Away(error),
            // PostgreSQL: shutting down, starting up, too many connections, connection lost.
            Some(code) if is_postgres(database) && is_away(code) => Self::Away(error),
            _ => Self::Other(error),
        }
    }
}

fn is_postgres(database: &dyn DatabaseError) -> bool {
    database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some()
}

/// `SQLITE_IOERR`, whatever its extension says.
fn is_io(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 10)
}

fn is_away(code: &str) -> bool {
    code.starts_with("57P") || code.starts_with("08") || code == "53300"
}
