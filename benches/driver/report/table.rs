//! The results as Markdown.

use std::fmt::{self, Write as _};

use clap::ValueEnum as _;

use super::{
    curve,
    figure::shown,
    results::{Measured, Results},
    row::Row,
};
use crate::job::Job;

const HEAD: &str = "\
# Benchmarks

This page, the chart and `results.json` are written by the driver:

```
BENCH_POSTGRES_URL=postgres://user@host:port/database cargo bench --bench driver -- [job …]
```

`--help` lists its options. It starts the service as a process on loopback, fills it with `seed`,
loads it over HTTP with tokens that are checked, and does the same work with plain SQL in between.
Each job can be measured alone; its rows take the place of those that it had.

- *A and B take turns*, and medians are taken over the turns, since one run says little.
- *Ratios* of one run are compared with goals. Absolute numbers depend on the machine, and those
  of durable writes on how fast it flushes: a small append with `fdatasync`, measured beside them.
- *The load generator runs on the same cores* as service and database, and so do `pgbench` and the
  plain SQL. Each would be faster alone.
- *Latency* is taken in an open loop at a fixed rate, at 60 % of the most that was measured unless
  it says otherwise; the time counts from when a request was due.
- *Stands at* is how often the goal is met: 1 is the goal, more is better.

![How each measurement stands to its goal](chart.svg)
";

/// The whole page.
pub(super) fn markdown(results: &Results) -> String {
    let mut page = HEAD.to_owned();
    write(results, &mut page).expect("a string takes any text");
    page
}

fn write(results: &Results, page: &mut String) -> fmt::Result {
    if results.jobs.is_empty() {
        return writeln!(page, "\nNothing has been measured yet.");
    }
    page.push_str("\n## Measured on\n\n| | |\n|---|---|\n");
    for (name, fact) in &results.facts {
        writeln!(page, "| {name} | {} |", cell(fact))?;
    }
    for measured in &results.jobs {
        write_job(measured, page)?;
    }
    Ok(())
}

fn write_job(measured: &Measured, page: &mut String) -> fmt::Result {
    let Measured { job, command, flushes, rows } = measured;
    writeln!(page, "\n## {job}\n")?;
    if let Some(job) = Job::value_variants().iter().find(|it| it.name() == job) {
        writeln!(page, "{}\n", job.about())?;
    }
    writeln!(page, "`{command}`, flushes: {}/s\n", shown(*flushes))?;
    page.push_str("| database | what | measured | beside it | ratio | goal | stands at | |\n");
    page.push_str("|---|---|---:|---|---:|---|---:|---|\n");
    rows.iter().try_for_each(|row| write_row(row, page))?;
    if measured.has_curve() {
        writeln!(page, "\n![{}]({})", curve::TITLE, measured.curve())?;
    }
    let notes: Vec<&Row> = rows.iter().filter(|row| !row.note.is_empty()).collect();
    if !notes.is_empty() {
        page.push('\n');
    }
    for row in notes {
        let place = if row.engine.is_empty() { "" } else { ", " };
        writeln!(page, "- {}{place}{}: {}", row.engine, row.what, row.note)?;
    }
    Ok(())
}

fn write_row(row: &Row, page: &mut String) -> fmt::Result {
    let standing = row.standing().map(|it| format!("{}×", shown(it))).unwrap_or_default();
    writeln!(
        page,
        "| {} | {} | {} | {} | {} | {} | {standing} | {} |",
        row.engine,
        cell(&row.what),
        row.measured(),
        cell(&row.compared()),
        row.ratio(),
        row.wanted(),
        row.verdict(),
    )
}

/// A text that does not end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
