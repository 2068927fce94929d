//! `export-user`: what is stored about a user, on standard output.

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use countinghouse_core::id::{TenantId, UserId};
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, env_of, migrate, store};
use crate::{config::Settings, db::Db, http::stream::Parts, privacy};

/// What `export-user` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The user
    #[arg(long)]
    user: String,
    /// In which tenant [default: the one that the user administers]
    #[arg(long)]
    tenant: Option<String>,
}

/// How the progress is shown, on a terminal.
const PROGRESS: &str = "{elapsed} {wide_bar} {human_pos} rows, {per_sec}, {eta} to go";

pub(super) async fn run(args: &Args, settings: &Settings) -> Result<ExitCode, Failure> {
    let user = UserId::parse(&args.user).map_err(Failure::because("--user"))?;
    let tenant = args.tenant.as_deref().map(TenantId::parse).transpose();
    let tenant = tenant.map_err(Failure::because("--tenant"))?;
    let db = Db::open_to_read(&store(settings))
        .map_err(Failure::because("the database can't be opened"))?;
    migrate::check(&db).await?;
    let env = env_of(settings, db);
    let export = privacy::export(&env, user, tenant).await;
    let export = export.map_err(Failure::because("nothing was exported"))?;
    // Standard error shows it, if that is a terminal.
    let progress = ProgressBar::new(export.rows());
    progress
        .set_style(ProgressStyle::with_template(PROGRESS).expect("the template is well-formed"));
    let written = copy(export.start(), &mut io::stdout().lock(), &progress).await;
    progress.finish_and_clear();
    env.db.close().await;
    written
}

/// Writes what comes. Whoever reads it may stop reading, as `head` does: that is no failure.
async fn copy(
    mut parts: Parts,
    output: &mut impl Write,
    progress: &ProgressBar,
) -> Result<ExitCode, Failure> {
    while let Some(part) = parts.next().await {
        let part = part.map_err(Failure::because("the export was cut off"))?;
        match output.write_all(&part) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            end => end.map_err(Failure::because("the export can't be written"))?,
        }
        progress.set_position(parts.rows());
    }
    match output.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("the export can't be written: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
