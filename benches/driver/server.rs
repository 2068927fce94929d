//! The service as a process of its own.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    client::Connection,
    database::Database,
    request::{API_KEY, SECRET},
};

/// The binary that is measured.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_countinghouse");

/// How long it may take until it answers.
const START_MAX: Duration = Duration::from_mins(1);

/// How long it may take to end.
const STOP_MAX: Duration = Duration::from_secs(15);

/// A running service. It is asked to stop when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From start to the first answer.
    pub(crate) started_in: Duration,
}

/// What a process holds, in MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Without what is mapped from files.
    pub(crate) anonymous: f64,
    /// All of it.
    pub(crate) resident: f64,
}

impl Server {
    /// Starts the service on a database, and waits for its first answer.
    pub(crate) async fn start(database: &Database) -> Outcome<Self> {
        Self::start_with(database, &[]).await
    }

    /// The same with more settings.
    pub(crate) async fn start_with(database: &Database, settings: &[&str]) -> Outcome<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let began = Instant::now();
        let listen = address.to_string();
        let arguments = [&["serve", "--listen", &listen], settings].concat();
        let child = command(database, &arguments).spawn()?;
        let mut server = Self { child, address, started_in: Duration::ZERO };
        while !ready(address).await {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the service ended by itself: {status}").into());
            }
            if began.elapsed() > START_MAX {
                return Err("the service does not come up".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.started_in = began.elapsed();
        Ok(server)
    }

    /// What it holds now.
    pub(crate) fn memory(&self) -> Outcome<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mebibytes = |name: &str| -> Outcome<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|rest| rest.split_whitespace().nth(1));
            let kibibytes: u32 = kibibytes.ok_or_else(|| format!("no {name}"))?.parse()?;
            Ok(f64::from(kibibytes) / 1024.0)
        };
        Ok(Memory { anonymous: mebibytes("RssAnon")?, resident: mebibytes("VmRSS")? })
    }

    fn stop(&mut self) -> Outcome {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > STOP_MAX {
                return Ok(self.child.kill()?);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(failure) = self.stop() {
            eprintln!("driver: the service can't be stopped: {failure}");
        }
        // It is the child's own status, which says nothing that matters any more.
        let _status = self.child.wait();
    }
}

/// Runs a verb to its end, and gives how long it took.
pub(crate) fn verb(database: &Database, arguments: &[&str]) -> Outcome<Duration> {
    let began = Instant::now();
    let status = command(database, arguments).status()?;
    if !status.success() {
        return Err(format!("`{}` failed: {status}", arguments.join(" ")).into());
    }
    Ok(began.elapsed())
}

/// The size of the binary in MB.
pub(crate) fn binary_megabytes() -> Outcome<f64> {
    let kilobytes = u32::try_from(fs::metadata(Path::new(BINARY))?.len() / 1_000)?;
    Ok(f64::from(kilobytes) / 1_000.0)
}

fn command(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("COUNTINGHOUSE_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("COUNTINGHOUSE_DATABASE_URL", database.url())
        .env("COUNTINGHOUSE_JWT_HS256_SECRET", SECRET)
        .env("COUNTINGHOUSE_API_KEYS", API_KEY)
        .env("COUNTINGHOUSE_LOG", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

async fn ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    let asked = connection.ask(b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n").await;
    asked.is_ok_and(|answer| answer.status == 200)
}
