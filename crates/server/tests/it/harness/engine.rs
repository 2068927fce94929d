//! The databases that tests run on.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

/// A database of a test's own, which ends with the test.
pub(crate) enum Engine {
    Sqlite(TempDir),
    /// A database on the PostgreSQL server of the tests.
    Postgres(String),
    /// The database of another service, which outlives this one.
    Shared(String),
}

/// A PostgreSQL server for the tests: one that is named, or one that is started here.
static POSTGRES: LazyLock<Option<String>> = LazyLock::new(|| {
    env::var("TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty()).or_else(start_postgres)
});

/// A fresh database on each engine that is there.
pub(crate) fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite(tempfile::tempdir().unwrap())];
    engines.extend(POSTGRES.as_deref().map(fresh_database));
    engines
}

impl Engine {
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(dir) => format!("sqlite://{}/test.db", dir.path().display()),
            Self::Postgres(url) | Self::Shared(url) => url.clone(),
        }
    }
}

fn fresh_database(server: &str) -> Engine {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("t{}_{n}", std::process::id());
    let (address, _) = server.rsplit_once('/').unwrap();
    // In an order of text that is none of bytes, as databases out there have it.
    let locale = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'";
    run(server, &format!("CREATE DATABASE {name} {locale} TEMPLATE template0"));
    Engine::Postgres(format!("{address}/{name}"))
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Self::Postgres(url) = self
            && let (Some(server), Some((_, name))) = (POSTGRES.as_deref(), url.rsplit_once('/'))
        {
            run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn run(server: &str, sql: &str) {
    let done = psql().args([server, "-qXc", sql]).stdout(Stdio::null()).status();
    assert!(done.unwrap().success(), "{sql}");
}

fn psql() -> Command {
    Command::new("psql")
}

/// Starts a server in a folder of its own, if the binaries are there. It is ended by the system
/// with the process group of the tests, or by the next run; it holds nothing that matters.
fn start_postgres() -> Option<String> {
    let binaries = binaries()?;
    let base = env::temp_dir().join("countinghouse-test-postgres");
    std::fs::create_dir_all(&base).ok()?;
    let script = r#"
        set -eu
        base=$1 bin=$2 port=$3
        if [ ! -s "$base/data/PG_VERSION" ]; then
            "$bin/initdb" -D "$base/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
            printf "port=%s\nlisten_addresses='127.0.0.1'\nunix_socket_directories='%s'\nfsync=off\nmax_connections=400\n" "$port" "$base" >> "$base/data/postgresql.conf"
        fi
        "$bin/pg_ctl" -D "$base/data" status >/dev/null || "$bin/pg_ctl" -D "$base/data" -l "$base/log" -w start >/dev/null
    "#;
    let port = "54397";
    let mut start = if is_root() {
        run_quietly(Command::new("chown").args(["-R", "postgres"]).arg(&base))?;
        let mut start = Command::new("setpriv");
        start.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh", "-c", script]);
        start
    } else {
        let mut start = Command::new("sh");
        start.args(["-c", script]);
        start
    };
    start.arg("sh").arg(&base).arg(&binaries).arg(port).stdin(Stdio::null());
    run_quietly(&mut start)?;
    Some(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

fn run_quietly(command: &mut Command) -> Option<()> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    status.success().then_some(())
}

fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}
