//! A run that somebody asks for, and what is kept of it.

use axum::http::StatusCode;
use countinghouse_core::id::TenantId;

use super::run::{Kept, Upkeep};
use crate::{
    command::{Command, Commands, PLATFORM},
    db::{Error, Tx},
    env::Env,
    http::{
        envelope::{self, Answer},
        idempotency::Key,
        problem::ApiError,
    },
    subscriptions::RenewalRunReport,
};

/// Keeps the report of a run under the key of whoever asked for it.
#[derive(Debug)]
struct Keep {
    tenant: Option<TenantId>,
    report: RenewalRunReport,
}

/// Runs what is due to all tenants, or to one, and answers the report: of the ends of periods. The steps know by themselves
/// that they were taken; the key keeps the report, when the run is at its end.
pub(super) async fn process(
    env: &Env,
    commands: &Commands,
    only: Option<TenantId>,
    key: Option<Key>,
) -> Result<Answer, ApiError> {
    let place = only.as_ref().map_or(PLATFORM, TenantId::as_str);
    if let Some(kept) = commands.kept(place, key.as_ref()).await? {
        return Ok(kept);
    }
    let mut run = Upkeep::start(env, commands, only.clone()).await?;
    let mut report = RenewalRunReport::default();
    while let Some(kept) = run.next_group().await? {
        if let Kept::Renewals(outcomes) = kept {
            report.add(outcomes);
        }
    }
    match key {
        Some(_) => commands.run(Keep { tenant: only, report }, key).await,
        None => Ok(Answer::ok(envelope::data(&report, env.now())?)),
    }
}

impl Command for Keep {
    type Facts = ();
    type Decision = ();
    type Data = RenewalRunReport;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_ref().map_or(PLATFORM, TenantId::as_str)
    }

    async fn load(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&self, (): (), _: &Env) -> Result<(), ApiError> {
        Ok(())
    }

    async fn save(&self, (): (), _: &mut Tx) -> Result<RenewalRunReport, Error> {
        Ok(self.report.clone())
    }
}
