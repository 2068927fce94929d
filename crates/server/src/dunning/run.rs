//! Taking all steps that are due, of all tenants.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::step::DunningStep;
use crate::{
    command::Commands,
    db::Error,
    env::Env,
    invoicing::{self, DunningDue},
};

/// How many invoices are looked up at a time; their steps are taken together.
const PAGE: i64 = 256;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DunningRun {
    /// Steps that were taken, or were taken by others meanwhile.
    pub taken: u64,
    /// Invoices whose step failed. It is due still.
    pub failed: u64,
}

/// Takes every step that is due now, of all tenants that live by the clock of the service, earliest
/// first. A failure stops nobody else, and is not tried again in this run.
///
/// Any number of runs may go on at once: a step comes once. Where a run of several days is caught
/// up, all steps of an invoice are taken, one after the other.
pub async fn run_due(commands: &Commands, env: &Env) -> Result<DunningRun, Error> {
    let now = env.now();
    let mut run = DunningRun::default();
    let mut failed = BTreeSet::new();
    loop {
        let before = run.taken;
        let mut after: Option<DunningDue> = None;
        loop {
            let page =
                invoicing::dunning_due(&env.db, env.tenant_clocks, now, after.as_ref(), PAGE)
                    .await?;
            let Some(last) = page.last().cloned() else { break };
            take(commands, page, &mut run, &mut failed).await;
            after = Some(last);
        }
        // A step may be followed at once by the next one of the same invoice.
        if run.taken == before {
            return Ok(run);
        }
    }
}

async fn take(
    commands: &Commands,
    page: Vec<DunningDue>,
    run: &mut DunningRun,
    failed: &mut BTreeSet<DunningDue>,
) {
    let page: Vec<_> = page.into_iter().filter(|due| !failed.contains(due)).collect();
    let steps = page.iter().map(|due| {
        let step = DunningStep { tenant: due.tenant.clone(), invoice: due.invoice };
        commands.run(step, None)
    });
    for (result, due) in join_all(steps).await.into_iter().zip(&page) {
        match result {
            Ok(_) => run.taken += 1,
            Err(error) => {
                tracing::warn!(?error, tenant = %due.tenant, invoice = %due.invoice, "no step");
                run.failed += 1;
                failed.insert(due.clone());
            }
        }
    }
}
