//! Looks now and then for what is due to tenants, and does it.

use std::time::Duration;

use tokio::sync::watch;

use super::{Lease, pause, works};
use crate::{app::App, db::Error};

/// How often what is due is looked for.
const RUN_EVERY: Duration = Duration::from_secs(30);

/// What the lease is called.
const LEASE: &str = "scheduler";

/// Runs until `stopped` says so, the first time at once: after a downtime there is most to do.
pub(super) async fn run(app: App, mut stopped: watch::Receiver<bool>) {
    let holder = hex::encode(app.env().ids.bytes());
    loop {
        if let Err(error) = once(&app, &holder, &stopped).await {
            tracing::warn!(?error, "what is due could not be done");
        }
        if pause(RUN_EVERY, &mut stopped).await {
            return;
        }
    }
}

/// Does all that is due, if no other process does.
async fn once(app: &App, holder: &str, stopped: &watch::Receiver<bool>) -> Result<(), Error> {
    let Some(lease) = Lease::take(app.env(), LEASE, holder).await? else { return Ok(()) };
    for start in works::ALL {
        // What can't even be looked for of one kind stops no other.
        if let Err(error) = walk(app, *start, &lease, stopped).await {
            tracing::warn!(?error, "what is due of a kind could not be done");
        }
    }
    lease.give_back().await
}

/// Does all that is due of a kind.
async fn walk(
    app: &App,
    start: works::Start,
    lease: &Lease<'_>,
    stopped: &watch::Receiver<bool>,
) -> Result<(), Error> {
    let mut work = start(app).await?;
    while !is_stopping(stopped) && lease.keep().await? {
        let Some(done) = work.next_group().await? else { break };
        let count = |result: &'static str, count: u64| {
            metrics::counter!("due_total", "work" => done.work, "result" => result)
                .increment(count);
        };
        count("done", done.well);
        count("failed", done.failed);
        tracing::info!(work = done.work, done = done.well, failed = done.failed, "was due");
    }
    Ok(())
}

fn is_stopping(stopped: &watch::Receiver<bool>) -> bool {
    *stopped.borrow()
}
