//! Packs events of usage away that were reported long ago.

use std::time::Duration;

use tokio::sync::watch;

use super::{Lease, pause};
use crate::{app::App, db::Error, metering::PackRun};

/// How often passes that are due are looked for.
const RUN_EVERY: Duration = Duration::from_hours(1);

/// How long others have the database for themselves between two steps.
const REST: Duration = Duration::from_millis(100);

/// What the lease is called.
const LEASE: &str = "packing";

/// Runs until `stopped` says so, the first time at once.
pub(super) async fn run(app: App, days: i64, mut stopped: watch::Receiver<bool>) {
    let holder = hex::encode(app.env().ids.bytes());
    loop {
        if let Err(error) = once(&app, days, &holder, &mut stopped).await {
            tracing::warn!(?error, "events could not be packed away");
        }
        if pause(RUN_EVERY, &mut stopped).await {
            return;
        }
    }
}

/// Goes on with all passes that are due, if no other process does.
async fn once(
    app: &App,
    days: i64,
    holder: &str,
    stopped: &mut watch::Receiver<bool>,
) -> Result<(), Error> {
    let Some(lease) = Lease::take(app.env(), LEASE, holder).await? else { return Ok(()) };
    let mut run = PackRun::start(app.env(), app.commands(), days);
    let mut packed = 0;
    while lease.keep().await? {
        let Some(steps) = run.next_group().await? else { break };
        for step in steps {
            let result = if step.is_some() { "done" } else { "failed" };
            metrics::counter!("due_total", "work" => "packing", "result" => result).increment(1);
            packed += step.map_or(0, |it| it.packed);
        }
        if pause(REST, stopped).await {
            break;
        }
    }
    if packed > 0 {
        tracing::info!(packed, "events were packed away");
    }
    lease.give_back().await
}
