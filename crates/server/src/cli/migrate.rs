//! `migrate`: brings the schema to this version, or tells whether it is.

use std::process::ExitCode;

use super::{Failure, open};
use crate::{
    config::Settings,
    db::{Db, MigrationState, SCHEMA_VERSION},
};

/// What `migrate` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Change nothing; exit with 1 if the schema is not at this version
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(args: &Args, settings: &Settings) -> Result<ExitCode, Failure> {
    let db = open(settings).await?;
    if !args.check {
        db.migrate().await.map_err(Failure::because("the schema can't be brought up to date"))?;
        println!("the schema is at version {SCHEMA_VERSION}");
        return Ok(ExitCode::SUCCESS);
    }
    let state = db.migration_state().await;
    Ok(match state.map_err(Failure::because("the schema can't be read"))? {
        MigrationState::Current => {
            println!("the schema is at version {SCHEMA_VERSION}");
            ExitCode::SUCCESS
        }
        MigrationState::Behind(found) => {
            println!("the schema is at version {found}, behind {SCHEMA_VERSION}");
            ExitCode::FAILURE
        }
        MigrationState::Newer(found) => {
            println!("the schema is at version {found}, newer than {SCHEMA_VERSION}");
            ExitCode::FAILURE
        }
    })
}

/// Refuses a database that this program's statements do not fit.
pub(super) async fn check(db: &Db) -> Result<(), Failure> {
    let state = db.migration_state().await;
    match state.map_err(Failure::because("the schema can't be read"))? {
        MigrationState::Current => Ok(()),
        MigrationState::Behind(_) | MigrationState::Newer(_) => {
            Err(Failure::new("the schema is not at this program's version; see `migrate --check`"))
        }
    }
}
