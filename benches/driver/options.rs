//! What a run is asked for.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Parser, ValueEnum};

use crate::{Outcome, job::Job};

/// Measure Countinghouse beside the database that it runs on.
///
/// A PostgreSQL server for the databases of the run is named by `BENCH_POSTGRES_URL`, as
/// `postgres://user@host:port/database`; its databases are made and dropped there. Without it only
/// SQLite is measured. `pgbench` and `psql` must be found.
#[derive(Clone, Debug, Parser)]
#[command(name = "driver")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Options {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    pub(crate) jobs: Vec<Job>,
    /// Records of the tenant that is read
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) records: u64,
    /// How often A and B take turns; medians are taken over the turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// How long a turn lasts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: u64,
    /// Which database
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    pub(crate) engine: Engines,
    /// Let `depth` also measure ten million records
    #[arg(long)]
    pub(crate) huge: bool,
    /// Leave the seeded databases where they are, and use those of an earlier run
    #[arg(long)]
    pub(crate) keep: bool,
    /// Where SQLite files are made [default: the build folder]
    #[arg(long, value_name = "PATH")]
    pub(crate) folder: Option<PathBuf>,
    /// Where results, table and chart are written [default: docs/benchmarks]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Only write table and chart again, from the results that are there
    #[arg(long)]
    pub(crate) render: bool,
    /// What `cargo bench` passes to every target.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Which databases a run measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engines {
    Sqlite,
    Postgres,
    Both,
}

impl Options {
    /// How long a turn lasts.
    pub(crate) fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long what is not counted lasts, before the first turn.
    pub(crate) fn warm_up(&self) -> Duration {
        self.turn() / 3
    }

    /// The folder of the results. It is made if it is not there.
    pub(crate) fn out(&self) -> Outcome<PathBuf> {
        let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks");
        let folder = self.out.clone().unwrap_or(usual);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The folder of the SQLite files. It is made if it is not there.
    pub(crate) fn folder(&self) -> Outcome<PathBuf> {
        let usual = Path::new(env!("CARGO_TARGET_TMPDIR")).join("driver");
        let folder = self.folder.clone().unwrap_or(usual);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The command line that measures `job` like this again.
    pub(crate) fn command(&self, job: Job) -> String {
        let mut line = format!(
            "cargo bench --bench driver -- {} --records {} --rounds {} --seconds {}",
            job.name(),
            self.records,
            self.rounds,
            self.seconds,
        );
        match self.engine {
            Engines::Sqlite => line.push_str(" --engine sqlite"),
            Engines::Postgres => line.push_str(" --engine postgres"),
            Engines::Both => (),
        }
        if self.huge {
            line.push_str(" --huge");
        }
        line
    }
}
