//! The databases that a run makes, and what it asks them beside the service.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    str::FromStr as _,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{Failure, Outcome};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Where databases are made.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// The folder of SQLite files.
    pub(crate) folder: PathBuf,
    /// Any database of the PostgreSQL server.
    pub(crate) postgres: Option<String>,
}

/// A database of a run's own. It ends with the run, unless it is to be kept.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) engine: Engine,
    name: String,
    host: Host,
    kept: bool,
}

impl Engine {
    /// As results name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Host {
    /// Takes the PostgreSQL server from the environment.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let postgres = env::var("BENCH_POSTGRES_URL").ok().filter(|url| !url.is_empty());
        Self { folder, postgres }
    }

    fn server(&self) -> Outcome<&str> {
        self.postgres.as_deref().ok_or_else(|| "BENCH_POSTGRES_URL is not set".into())
    }

    /// Answers of the PostgreSQL server to statements that each give one text.
    pub(crate) async fn ask_postgres(&self, statements: &[String]) -> Outcome<Vec<String>> {
        let mut connection = PgConnection::connect(self.server()?).await?;
        let mut answers = Vec::new();
        for sql in statements {
            let sql = AssertSqlSafe(sql.as_str());
            answers.push(sqlx::query_scalar(sql).fetch_one(&mut connection).await?);
        }
        Ok(answers)
    }
}

impl Database {
    /// A database that nobody used before.
    pub(crate) fn fresh(host: &Host, engine: Engine) -> Outcome<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{}_{n}", process::id());
        let database = Self { engine, name, host: host.clone(), kept: false };
        database.create()?;
        Ok(database)
    }

    /// A database that later runs find under the same name.
    pub(crate) fn kept(host: &Host, engine: Engine, name: &str) -> Outcome<Self> {
        let database = Self { engine, name: name.to_owned(), host: host.clone(), kept: true };
        if engine == Engine::Postgres {
            let server = host.server()?;
            let named = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
            if psql(server, &named)?.is_empty() {
                database.create()?;
            }
        }
        Ok(database)
    }

    fn create(&self) -> Outcome {
        if self.engine == Engine::Postgres {
            let sql = format!("CREATE DATABASE {} TEMPLATE template0", self.name);
            psql(self.host.server()?, &sql)?;
        }
        Ok(())
    }

    /// As the service is told it.
    pub(crate) fn url(&self) -> String {
        match (self.engine, self.host.postgres.as_deref().and_then(|it| it.rsplit_once('/'))) {
            (Engine::Postgres, Some((server, _))) => format!("{server}/{}", self.name),
            _ => format!("sqlite://{}", self.file().display()),
        }
    }

    /// The SQLite file.
    fn file(&self) -> PathBuf {
        self.host.folder.join(format!("{}.db", self.name))
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, sql: &str) -> Outcome {
        let sql = AssertSqlSafe(sql);
        match self.engine {
            Engine::Sqlite => {
                self.sqlite().await?.execute(sqlx::raw_sql(sql)).await?;
            }
            Engine::Postgres => {
                self.postgres().await?.execute(sqlx::raw_sql(sql)).await?;
            }
        }
        Ok(())
    }

    /// A whole number that the database is asked for.
    pub(crate) async fn number(&self, sql: &str) -> Outcome<i64> {
        let query = sqlx::query_scalar(AssertSqlSafe(sql));
        Ok(match self.engine {
            Engine::Sqlite => query.fetch_one(&mut self.sqlite().await?).await?,
            Engine::Postgres => {
                let query = sqlx::query_scalar(AssertSqlSafe(sql));
                query.fetch_one(&mut self.postgres().await?).await?
            }
        })
    }

    /// A connection as durable as the service's own; like there, another task moves the log.
    pub(crate) async fn sqlite(&self) -> Outcome<SqliteConnection> {
        let options = SqliteConnectOptions::from_str(&self.url())?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(std::time::Duration::from_secs(5))
            .pragma("temp_store", "memory")
            .pragma("mmap_size", "1073741824")
            .pragma("wal_autocheckpoint", "0")
            .pragma("cache_size", "-65536");
        Ok(SqliteConnection::connect_with(&options).await?)
    }

    async fn postgres(&self) -> Outcome<PgConnection> {
        Ok(PgConnection::connect(&self.url()).await?)
    }

    /// Lets the database tidy up what was written, so that it does not while something is measured.
    pub(crate) async fn settle(&self) -> Outcome {
        match self.engine {
            Engine::Sqlite => self.execute("PRAGMA wal_checkpoint(PASSIVE)").await,
            Engine::Postgres => {
                self.execute("VACUUM (ANALYZE)").await?;
                self.execute("CHECKPOINT").await
            }
        }
    }

    /// Reads what pages are made of, so that the disk's speed is not what is measured.
    pub(crate) async fn warm(&self) -> Outcome {
        match self.engine {
            Engine::Sqlite => {
                io::copy(&mut fs::File::open(self.file())?, &mut io::sink())?;
            }
            Engine::Postgres => {
                for table in ["billing_record", "invoice_line", "record_chunk_page"] {
                    self.number(&format!("SELECT COUNT(*) FROM {table}")).await?;
                }
            }
        }
        Ok(())
    }

    fn remove(&self) -> Outcome {
        match self.engine {
            Engine::Sqlite => {
                for end in ["", "-wal", "-shm"] {
                    let mut file = self.file().into_os_string();
                    file.push(end);
                    if Path::new(&file).exists() {
                        fs::remove_file(file)?;
                    }
                }
                Ok(())
            }
            Engine::Postgres => {
                let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
                psql(self.host.server()?, &sql).map(drop)
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(failure) = self.remove() {
            eprintln!("driver: {} stays: {failure}", self.name);
        }
    }
}

/// What `psql` prints for a statement.
fn psql(server: &str, sql: &str) -> Outcome<String> {
    let done = Command::new("psql").args([server, "-qAtXc", sql]).stdin(Stdio::null()).output();
    let done = done.map_err(|error| format!("psql: {error}"))?;
    if !done.status.success() {
        return Err(Failure::from(String::from_utf8_lossy(&done.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
