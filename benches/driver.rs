//! Measures Countinghouse from outside, beside the database that it runs on, in one run.
//!
//! `cargo bench --bench driver -- [job …]` starts the release binary on loopback, fills it with
//! `seed`, loads it over HTTP, and does the same work with plain SQL in between. Each job prints
//! what it measured, what that is to be compared with, and how the ratio stands to its goal; its
//! rows join those of earlier runs in `docs/benchmarks`.
//!
//! What is not here: micro-benchmarks of functions, and comparisons with other products.
#![expect(
    clippy::float_arithmetic,
    reason = "rates and ratios are measurements; no money is counted here"
)]

#[path = "driver/bench.rs"]
mod bench;
#[path = "driver/client.rs"]
mod client;
#[path = "driver/database.rs"]
mod database;
#[path = "driver/job/mod.rs"]
mod job;
#[path = "driver/load.rs"]
mod load;
#[path = "driver/machine.rs"]
mod machine;
#[path = "driver/metered.rs"]
mod metered;
#[path = "driver/options.rs"]
mod options;
#[path = "driver/raw/mod.rs"]
mod raw;
#[path = "driver/report/mod.rs"]
mod report;
#[path = "driver/request.rs"]
mod request;
#[path = "driver/samples.rs"]
mod samples;
#[path = "driver/server.rs"]
mod server;
#[path = "driver/stream.rs"]
mod stream;

use std::{error::Error, process::ExitCode};

use clap::Parser as _;

use self::{bench::Bench, options::Options};

/// Why something could not be measured, in words for a person.
type Failure = Box<dyn Error + Send + Sync>;

/// What a step gives, or why it can't.
type Outcome<T = ()> = Result<T, Failure>;

/// What runs in process allocates as the binary does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("driver: no thread to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("driver: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the jobs, one after the other. True if none broke off; a goal that is missed is a result,
/// not a failure.
async fn run(options: Options) -> Outcome<bool> {
    if options.render {
        report::render(&options.out()?)?;
        return Ok(true);
    }
    let mut bench = Bench::open(options).await?;
    let mut sound = true;
    for job in bench.jobs() {
        eprintln!("{}: {}", job.name(), job.about());
        match job.run(&mut bench).await {
            Ok(rows) => {
                for row in &rows {
                    println!("{row}");
                }
                report::merge(&bench, job, rows)?;
            }
            Err(failure) => {
                sound = false;
                eprintln!("{}: broke off: {failure}", job.name());
            }
        }
    }
    Ok(sound)
}
