//! What is told of a run: rows, kept beside those of earlier runs, a table and a chart.

mod chart;
mod curve;
mod figure;
mod results;
mod row;
mod table;

use std::{fs, path::Path};

use self::results::{Measured, Results};
pub(crate) use self::row::{Row, Unit};
use crate::{Outcome, bench::Bench, job::Job, machine};

const RESULTS: &str = "results.json";
const TABLE: &str = "README.md";
const CHART: &str = "chart.svg";

/// Puts the rows of a job in the place of those that it had, for the databases that were measured.
pub(crate) fn merge(bench: &Bench, job: Job, rows: Vec<Row>) -> Outcome {
    let folder = bench.options.out()?;
    let mut results = Results::read(&folder.join(RESULTS))?;
    results.facts.clone_from(&bench.facts);
    results.put(Measured {
        job: job.name().to_owned(),
        command: bench.options.command(job),
        flushes: figure::rounded(machine::flush_rate(&bench.host.folder)?),
        rows,
    });
    results.write(&folder.join(RESULTS))?;
    render(&folder)
}

/// Writes table, chart and curves from the results that are there.
pub(crate) fn render(folder: &Path) -> Outcome {
    let results = Results::read(&folder.join(RESULTS))?;
    fs::write(folder.join(TABLE), table::markdown(&results))?;
    fs::write(folder.join(CHART), chart::svg(&results))?;
    for measured in results.jobs.iter().filter(|it| it.has_curve()) {
        fs::write(folder.join(measured.curve()), curve::svg(measured))?;
    }
    Ok(())
}
