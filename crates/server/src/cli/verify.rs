//! `verify`: whether the books are what the service wrote.

use std::{io::Write as _, process::ExitCode};

use super::{Failure, progress, store};
use crate::{
    books::{self, Depth, Report},
    config::Settings,
    db::{Db, SCHEMA_VERSION},
};

/// What `verify` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Make the whole search index again and compare, not a sample of it
    #[arg(long)]
    deep: bool,
}

pub(super) async fn run(args: &Args, settings: &Settings) -> Result<ExitCode, Failure> {
    let db = Db::open_to_read(&store(settings))
        .map_err(Failure::because("the database can't be opened"))?;
    let version = db.schema_version().await;
    let version = version.map_err(Failure::because("the schema can't be read"))?;
    if version != SCHEMA_VERSION {
        let told =
            format!("the schema is at version {version}, this program's is {SCHEMA_VERSION}");
        return Err(Failure::new(told));
    }
    let depth = if args.deep { Depth::Deep } else { Depth::Sampled };
    let bar = progress::bar(0, "rows");
    let report = books::verify(&db, depth, |read, size| {
        bar.set_length(size.max(read));
        bar.set_position(read);
    })
    .await;
    bar.finish_and_clear();
    let report = report.map_err(Failure::because("the books can't be read"))?;
    db.close().await;
    tell(&report).map_err(Failure::because("standard output"))?;
    Ok(if report.breaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(report: &Report) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let books::Counted { tenants, transfers, records, events, chunks } = report.counted;
    writeln!(
        out,
        "read: {tenants} tenants, {transfers} transfers, {records} records with their invoices, \
         {events} chained events, {chunks} chunks of the search index"
    )?;
    for broken in &report.breaks {
        writeln!(out, "broken: {broken}")?;
    }
    match report.breaks.len() {
        0 => writeln!(out, "the books are sound"),
        1 => writeln!(out, "the books are broken in 1 way"),
        ways => writeln!(out, "the books are broken in {ways} ways"),
    }
}
