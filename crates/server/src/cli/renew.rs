//! `renew`: one run of all that is due, its report on standard output.

use std::{io::Write as _, process::ExitCode};

use super::{Failure, env_of, migrate, open};
use crate::{
    command::Commands,
    config::Settings,
    db::Error,
    env::Env,
    subscriptions::RenewalRunReport,
    upkeep::{Kept, Upkeep},
};

pub(super) async fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    let db = open(settings).await?;
    migrate::check(&db).await?;
    let env = env_of(settings, db);
    let commands = Commands::start(env.clone());
    let ran = renew(&env, &commands).await;
    let (report, is_clean) = ran.map_err(Failure::because("the run broke off"))?;
    drop(commands);
    env.db.close().await;
    tell(&report).map_err(Failure::because("standard output"))?;
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Does all that is due; gives the report of the renewals, and whether nothing at all failed.
async fn renew(env: &Env, commands: &Commands) -> Result<(RenewalRunReport, bool), Error> {
    let mut run = Upkeep::start(env, commands, None).await?;
    let (mut report, mut is_clean) = (RenewalRunReport::default(), true);
    while let Some(kept) = run.next_group().await? {
        match kept {
            Kept::Months(closed) | Kept::Usage(closed) => {
                is_clean &= closed.iter().all(|well| *well);
            }
            Kept::Renewals(outcomes) => report.add(outcomes),
            Kept::Dunning(done) => is_clean &= done.failed == 0,
        }
        env.db.checkpoint().await?;
    }
    let is_clean = is_clean && report.is_clean();
    Ok((report, is_clean))
}

fn tell(report: &RenewalRunReport) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, report)?;
    writeln!(out)
}
