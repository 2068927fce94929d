//! The rows of all jobs, in a file.

use std::{collections::BTreeSet, fs, io::ErrorKind, path::Path};

use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};

use super::row::Row;
use crate::{Outcome, job::Job};

/// What was measured so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Results {
    /// What it was measured on, by the latest run.
    pub(super) facts: Vec<(String, String)>,
    /// In the order of the jobs.
    pub(super) jobs: Vec<Measured>,
}

/// What a job measured.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) job: String,
    pub(super) command: String,
    /// Flushes a second, at its end.
    pub(super) flushes: f64,
    pub(super) rows: Vec<Row>,
}

impl Measured {
    /// Whether its rows were measured at sizes.
    pub(super) fn has_curve(&self) -> bool {
        self.rows.iter().any(|row| row.at.is_some())
    }

    /// The file of its curve.
    pub(super) fn curve(&self) -> String {
        format!("{}.svg", self.job)
    }
}

impl Results {
    /// Reads the file; without one, nothing was measured yet.
    pub(super) fn read(path: &Path) -> Outcome<Self> {
        match fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Outcome {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(fs::write(path, text)?)
    }

    /// Takes what a job measured. Its rows for databases that were left out this time stay.
    pub(super) fn put(&mut self, mut measured: Measured) {
        if measured.rows.is_empty() {
            return;
        }
        let engines: BTreeSet<&str> = measured.rows.iter().map(|it| it.engine.as_str()).collect();
        let old = self.jobs.iter().position(|it| it.job == measured.job);
        let old = old.map(|place| self.jobs.remove(place).rows).unwrap_or_default();
        let kept: Vec<Row> =
            old.into_iter().filter(|row| !engines.contains(row.engine.as_str())).collect();
        measured.rows.splice(0..0, kept);
        self.jobs.push(measured);
        self.jobs.sort_by_key(|it| Job::value_variants().iter().position(|of| of.name() == it.job));
    }
}
