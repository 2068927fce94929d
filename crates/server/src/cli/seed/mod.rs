//! `seed`: believable records for a tenant, in bulk and beside a running server.
//!
//! What is sown goes the way of everything that is written: documents are issued on the tenant's
//! [`Ground`](crate::invoicing::Ground) by commands of some thousand each, only at instants of the
//! past. So the rows are those that the service itself would have written then.
//!
//! Months are closed as of their ends. What is *not* here: notes and refunds.

mod batch;
mod bills;
mod days;
mod documents;
mod founding;
mod months;
mod past;
mod sowing;
mod words;

use std::process::ExitCode;

use countinghouse_core::id::TenantId;

pub use self::sowing::{Order, admin, sow};
use super::{Failure, env_of, open, progress};
use crate::{catalog::SeedPlans, command::Commands, config::Settings, env::Stopwatch};

/// What `seed` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tenant; it may have records already
    #[arg(long)]
    tenant: String,
    /// How many records to add
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    records: u64,
    /// The same seed gives the same records, on the same day and to a tenant that stands the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) async fn run(args: &Args, settings: &Settings) -> Result<ExitCode, Failure> {
    let tenant = TenantId::parse(&args.tenant).map_err(Failure::because("--tenant"))?;
    admin(&tenant)?;
    let db = open(settings).await?;
    db.migrate().await.map_err(Failure::because("the schema can't be brought up to date"))?;
    let env = env_of(settings, db);
    let commands = Commands::start(env.clone());
    let plans = commands.run(SeedPlans, None).await;
    plans.map_err(Failure::because("the plans can't be entered"))?;
    let order = Order { tenant, records: args.records, seed: args.seed, plan: "pro" };
    let watch = Stopwatch::start();
    let bar = progress::bar(args.records, "records");
    let sown = sow(&commands, &env, &order, |sown| bar.set_position(sown)).await;
    bar.finish_and_clear();
    sown?;
    drop(commands);
    env.db.close().await;
    let seconds = watch.elapsed().as_secs();
    println!("{} records were added to {} in {seconds} s", args.records, args.tenant);
    Ok(ExitCode::SUCCESS)
}
