//! `pgbench`, the load generator that comes with PostgreSQL.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{Failure, Outcome, database::Database};

/// A script that `pgbench` repeats. Its file ends with this.
#[derive(Debug)]
pub(crate) struct Pgbench {
    file: tempfile::NamedTempFile,
    url: String,
}

impl Pgbench {
    /// Keeps the script for runs on a database.
    pub(crate) fn new(database: &Database, script: &str) -> Outcome<Self> {
        let mut file = tempfile::Builder::new().suffix(".sql").tempfile()?;
        file.write_all(script.as_bytes())?;
        file.flush()?;
        Ok(Self { file, url: database.url() })
    }

    /// Transactions a second, with so many clients for so long.
    pub(crate) fn rate(&self, clients: u32, time: Duration) -> Outcome<f64> {
        let script: PathBuf = fs::canonicalize(self.file.path())?;
        let clients = clients.to_string();
        let seconds = time.as_secs().max(1).to_string();
        let done = Command::new("pgbench")
            .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, "-f"])
            .arg(script)
            .arg(&self.url)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("pgbench: {error}"))?;
        let (said, complained) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        if !done.status.success() {
            return Err(Failure::from(format!("pgbench: {}", complained.trim())));
        }
        let failed = said.lines().find_map(|it| it.strip_prefix("number of failed transactions: "));
        if failed.is_some_and(|it| !it.starts_with("0 ")) {
            return Err(format!("pgbench: failed transactions: {}", said.trim()).into());
        }
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|rest| rest.split(' ').next());
        Ok(rate.ok_or_else(|| format!("pgbench tells no rate: {said}"))?.parse()?)
    }
}
