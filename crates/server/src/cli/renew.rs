//! `renew`: one run of all that is due, its report on standard output.

use std::{io::Write as _, process::ExitCode};

use super::{Failure, migrate, open};
use crate::{
    command::Commands,
    config::Settings,
    db::Error,
    env::{Clock, Env, Ids},
    subscriptions::RenewalRunReport,
    upkeep::{Kept, Upkeep},
};

pub(super) async fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    let db = open(settings).await?;
    migrate::check(&db).await?;
    let env = Env {
        db,
        clock: Clock::System,
        ids: Ids::random(),
        tenant_clocks: settings.sandbox.into(),
    };
    let commands = Commands::start(env.clone());
    let report = renew(&env, &commands).await.map_err(Failure::because("the run broke off"))?;
    drop(commands);
    env.db.close().await;
    tell(&report).map_err(Failure::because("standard output"))?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn renew(env: &Env, commands: &Commands) -> Result<RenewalRunReport, Error> {
    let mut run = Upkeep::start(env, commands, None).await?;
    let mut report = RenewalRunReport::default();
    while let Some(kept) = run.next_group().await? {
        if let Kept::Renewals(outcomes) = kept {
            report.add(outcomes);
        }
        env.db.checkpoint().await?;
    }
    Ok(report)
}

fn tell(report: &RenewalRunReport) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, report)?;
    writeln!(out)
}
