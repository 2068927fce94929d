//! The command line: one file a verb.

mod demo;
mod export_user;
mod migrate;
mod openapi;
mod progress;
mod renew;
pub mod seed;
mod serve;
mod stop;
mod token;
mod verify;

use std::{io::IsTerminal as _, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};

use crate::{
    config::{Flags, LogFormat, Settings},
    db::{self, Db},
    env::{Clock, Env, Ids},
};

/// A self-hosted billing engine for multi-tenant SaaS.
#[derive(Debug, Parser)]
#[command(name = "countinghouse", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    settings: Flags,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Bring the schema up to date, serve the API, and run the scheduler
    Serve(serve::Args),
    /// Serve a database of sample tenants, and print how to call it
    Demo,
    /// Bring the schema to this version
    Migrate(migrate::Args),
    /// Add believable records to a tenant, beside a running server too
    Seed(seed::Args),
    /// Run all renewals that are due once; report on standard output, exit with 1 if one failed
    Renew,
    /// Check every ledger, chain, counter and document; exit with 1 at a break, naming it
    Verify(verify::Args),
    /// Print a token signed with the configured HS256 secret
    Token(token::Args),
    /// Print what is stored about a user: the export of their billing data
    ExportUser(export_user::Args),
    /// Print the OpenAPI document
    Openapi,
}

/// Why a verb came to nothing, in words for a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

/// Runs the verb that the command line names. Exits with 0 if it did what it should, 1 if it could
/// not, 2 if it was not understood.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let defaults = if matches!(cli.verb, Verb::Demo) { demo::DEFAULTS } else { &[] };
    let settings = match Settings::load_over(defaults, &cli.settings, std::env::vars()) {
        Ok(settings) => settings,
        Err(wrong) => {
            wrong.lines().iter().for_each(|line| eprintln!("countinghouse: {line}"));
            return ExitCode::FAILURE;
        }
    };
    log(&settings);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("countinghouse: no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.verb, settings)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("countinghouse: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: Verb, settings: Settings) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Serve(args) => serve::run(&args, &settings).await,
        Verb::Demo => demo::run(&settings).await,
        Verb::Migrate(args) => migrate::run(&args, &settings).await,
        Verb::Seed(args) => seed::run(&args, &settings).await,
        Verb::Renew => renew::run(&settings).await,
        Verb::Verify(args) => verify::run(&args, &settings).await,
        Verb::Token(args) => token::run(&args, &settings),
        Verb::ExportUser(args) => export_user::run(&args, &settings).await,
        Verb::Openapi => openapi::run(),
    }
}

/// Logs go to standard error; standard output is for what a verb is asked for.
fn log(settings: &Settings) {
    let filter = tracing_subscriber::EnvFilter::new(&settings.log);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Opens the database that the settings name.
async fn open(settings: &Settings) -> Result<Db, Failure> {
    Db::open(&store(settings)).await.map_err(Failure::because("the database can't be opened"))
}

/// What a verb works with, on a database: the machine's clock, ids that nobody can guess.
fn env_of(settings: &Settings, db: Db) -> Env {
    Env {
        db,
        clock: Clock::System,
        ids: Ids::random(),
        tenant_clocks: settings.sandbox.into(),
        seller: Arc::new((&settings.company).into()),
    }
}

/// How it is opened.
fn store(settings: &Settings) -> db::Settings {
    use secrecy::ExposeSecret as _;
    db::Settings {
        url: settings.database_url.expose_secret().to_owned(),
        max_connections: settings.max_connections,
        ..db::Settings::new("")
    }
}

impl Failure {
    /// A failure in these words.
    fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Puts words before what an error and its causes say.
    fn because<E: std::error::Error + 'static>(words: &'static str) -> impl Fn(E) -> Self {
        move |error| Self(format!("{words}: {}", crate::http::causes::Causes(&error)))
    }
}
