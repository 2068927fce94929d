//! Brings the schema up to date.
//!
//! A migration is one file under `migrations/`, in PostgreSQL's spelling, which is told to order text
//! by bytes; SQLite gets the same file with the column types respelled. What only one engine can say has a file for each.

use super::{Db, Error, Stmt, Tx};

/// A migration that has been released is never edited.
enum Migration {
    Both(&'static str),
    Each { postgres: &'static str, sqlite: &'static str },
}

macro_rules! migration {
    ($file:literal) => {
        include_str!(concat!("../../../../migrations/", $file))
    };
}

/// Oldest first; the first is version 1.
const MIGRATIONS: &[Migration] = &[
    Migration::Both(migration!("0001_tenants.sql")),
    Migration::Both(migration!("0002_ledger.sql")),
    Migration::Both(migration!("0003_chain.sql")),
    Migration::Both(migration!("0004_catalog.sql")),
    Migration::Both(migration!("0005_subscriptions.sql")),
    Migration::Both(migration!("0006_invoicing.sql")),
    Migration::Both(migration!("0007_search.sql")),
    Migration::Both(migration!("0008_metering.sql")),
    Migration::Both(migration!("0009_gateways.sql")),
    Migration::Both(migration!("0010_reports.sql")),
    Migration::Both(migration!("0011_refunds.sql")),
    Migration::Each {
        postgres: migration!("0012_append_only.postgres.sql"),
        sqlite: migration!("0012_append_only.sqlite.sql"),
    },
    Migration::Each {
        postgres: migration!("0013_statistics.postgres.sql"),
        sqlite: migration!("0013_statistics.sqlite.sql"),
    },
];

/// The version of the schema that this program works with.
pub const SCHEMA_VERSION: i64 = 13;

const _: () = assert!(MIGRATIONS.len() == 13, "each migration has a version");

/// How a schema stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationState {
    /// It is what this program works with.
    Current,
    /// It is older, at this version; 0 is an empty database.
    Behind(i64),
    /// It is newer, at this version.
    Newer(i64),
}

const VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT NOT NULL PRIMARY KEY)";

pub(super) async fn run(db: &Db) -> Result<(), Error> {
    make_versions(db).await?;
    let mut tx = db.begin().await?;
    if tx.is_postgres() {
        // One program migrates, the others wait for it here, however long it takes.
        let wait = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;
                    LOCK TABLE schema_migration IN EXCLUSIVE MODE";
        tx.script(wait.to_owned()).await?;
    }
    let found = version(&mut tx).await?;
    if found > SCHEMA_VERSION {
        return Err(Error::NewerSchema { found, known: SCHEMA_VERSION });
    }
    for (migration, version) in MIGRATIONS.iter().zip(1_i64..) {
        if version > found {
            tx.script(spelled(migration, tx.is_postgres())).await?;
            let done = Stmt::new("INSERT INTO schema_migration (version) VALUES ($1)");
            tx.execute(done.bind(version)).await?;
        }
    }
    tx.commit().await
}

pub(super) async fn state(db: &Db) -> Result<MigrationState, Error> {
    make_versions(db).await?;
    let mut tx = db.begin().await?;
    let found = version(&mut tx).await?;
    Ok(match found.cmp(&SCHEMA_VERSION) {
        std::cmp::Ordering::Less => MigrationState::Behind(found),
        std::cmp::Ordering::Equal => MigrationState::Current,
        std::cmp::Ordering::Greater => MigrationState::Newer(found),
    })
}

/// Makes the table of versions. Two programs that do so at once can meet in the catalogue; the one
/// that loses finds it made.
async fn make_versions(db: &Db) -> Result<(), Error> {
    let attempt = async || {
        let mut tx = db.begin().await?;
        tx.script(VERSIONS.to_owned()).await?;
        tx.commit().await
    };
    match attempt().await {
        Err(Error::AlreadyExists(_)) => attempt().await,
        end => end,
    }
}

pub(super) async fn version(tx: &mut Tx) -> Result<i64, Error> {
    let stmt = Stmt::new("SELECT COALESCE(MAX(version), 0) FROM schema_migration");
    tx.fetch_scalar(stmt).await
}

fn spelled(migration: &Migration, postgres: bool) -> String {
    match migration {
        Migration::Each { postgres: sql, .. } if postgres => (*sql).to_owned(),
        Migration::Each { sqlite, .. } => (*sqlite).to_owned(),
        Migration::Both(sql) if postgres => postgres_spelling(sql),
        Migration::Both(sql) => sqlite_spelling(sql),
    }
}

/// Orders text by its bytes, as SQLite does, whatever the database's own order is: so both engines
/// give the same lists, and a place in a list means the same in every database.
fn postgres_spelling(sql: &str) -> String {
    sql.replace(" TEXT ", " TEXT COLLATE \"C\" ").replace(" TEXT,", " TEXT COLLATE \"C\",")
}

/// Respells the column types, has SQLite check them, and keeps rows in the order of their key but
/// where they are marked as a heap.
fn sqlite_spelling(sql: &str) -> String {
    let integers = ["TIMESTAMPTZ", "BIGINT", "BOOLEAN"];
    let sql = integers.iter().fold(sql.to_owned(), |sql, name| sql.replace(name, "INTEGER"));
    sql.replace("BYTEA", "BLOB")
        .replace("\n); -- heap", "\n) STRICT;")
        .replace("\n);", "\n) STRICT, WITHOUT ROWID;")
}
