//! What was measured on.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use sqlx::Connection as _;

use crate::{Outcome, database::Host};

/// How long flushes are counted.
const FLUSHES_FOR: Duration = Duration::from_millis(500);

/// How much is written before each flush.
const FLUSHED: [u8; 512] = [0x5A; 512];

/// The settings of PostgreSQL that decide how fast it is.
const SETTINGS: [&str; 7] = [
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "wal_compression",
];

/// What is told about the machine, in the order in which it is told.
pub(crate) async fn facts(host: &Host) -> Outcome<Vec<(String, String)>> {
    let mut facts = vec![
        ("machine".to_owned(), hardware()?),
        ("system".to_owned(), system(&host.folder)?),
        ("load generator".to_owned(), "on the same cores, one thread".to_owned()),
        ("Countinghouse".to_owned(), build()),
        ("SQLite".to_owned(), sqlite().await?),
    ];
    if host.postgres.is_some() {
        facts.push(("PostgreSQL".to_owned(), postgres(host).await?));
    }
    Ok(facts)
}

/// How often a second a file in the folder takes a small append and a flush.
pub(crate) fn flush_rate(folder: &Path) -> Outcome<f64> {
    let path = folder.join("flush.tmp");
    let mut file: File = OpenOptions::new().create(true).append(true).open(&path)?;
    let (began, mut flushes) = (Instant::now(), 0_u32);
    while began.elapsed() < FLUSHES_FOR {
        file.write_all(&FLUSHED)?;
        file.sync_data()?;
        flushes += 1;
    }
    let rate = f64::from(flushes) / began.elapsed().as_secs_f64();
    drop(file);
    fs::remove_file(path)?;
    Ok(rate)
}

fn hardware() -> Outcome<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = value(&cpus, "model name").unwrap_or("an unnamed processor");
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = value(&memory, "MemTotal").and_then(|it| it.split(' ').next());
    let gibibytes = memory.unwrap_or("0").parse::<u64>()?.div_ceil(1024 * 1024);
    let cores = thread::available_parallelism()?;
    Ok(format!("{cores} cores of {model}, {gibibytes} GiB"))
}

/// The value of the first line `name : value`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (own, value) = line.split_once(':')?;
        (own.trim() == name).then_some(value.trim())
    })
}

fn system(folder: &Path) -> Outcome<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let mounts = fs::read_to_string("/proc/mounts")?;
    let folder = folder.canonicalize()?;
    let of_folder = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(place, _)| folder.starts_with(place))
        .max_by_key(|(place, _)| place.len());
    let kind = of_folder.map_or("unknown", |(_, kind)| kind);
    // What follows the number is the distributor's.
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    Ok(format!("Linux {kernel}, files on {kind}"))
}

fn build() -> String {
    let profile = if cfg!(debug_assertions) { "debug" } else { "optimized" };
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    format!("{}, {profile}, {}", env!("CARGO_PKG_VERSION"), rustc.unwrap_or_default())
}

async fn sqlite() -> Outcome<String> {
    let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await?;
    let version: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await?;
    Ok(format!("{version}, WAL, synchronous=FULL"))
}

async fn postgres(host: &Host) -> Outcome<String> {
    let mut statements = vec!["SHOW server_version".to_owned()];
    statements.extend(SETTINGS.iter().map(|setting| format!("SHOW {setting}")));
    let answers = host.ask_postgres(&statements).await?;
    let (version, values) = answers.split_first().ok_or("PostgreSQL says nothing")?;
    let settings = SETTINGS.iter().zip(values).map(|(name, value)| format!("{name}={value}"));
    Ok(format!("{version}, {}", settings.collect::<Vec<_>>().join(" ")))
}
