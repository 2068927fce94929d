//! What happens by itself, beside the requests.
//!
//! Housekeeping runs in every process and may run in several at once: it does nothing that a
//! second run would do twice. What falls due to tenants is done by the one process that holds the
//! lease, so that others need not find it done; it would be done once without. So is what packs old
//! events of usage away, where a setting asks for it.

mod lease;
mod packing;
mod scheduler;
mod store;
mod works;

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle};

pub use self::lease::Lease;
use crate::{app::App, command, env::Env};

/// How often the write-ahead log is moved into the file.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// How often answers that are out of date are looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(6);

/// The jobs that are running.
#[derive(Debug)]
pub struct Jobs(Vec<JoinHandle<()>>);

/// Starts the jobs, all of them or only those without which the service would not run well. They
/// end when `stopped` says so.
pub fn start(app: &App, all: bool, stopped: watch::Receiver<bool>) -> Jobs {
    let env = app.env();
    let mut jobs = vec![tokio::spawn(checkpoint(env.clone(), stopped.clone()))];
    if all {
        jobs.push(tokio::spawn(sweep(env.clone(), stopped.clone())));
        if let Some(days) = app.outside().usage_event_days {
            jobs.push(tokio::spawn(packing::run(app.clone(), days, stopped.clone())));
        }
        jobs.push(tokio::spawn(scheduler::run(app.clone(), stopped)));
    }
    Jobs(jobs)
}

impl Jobs {
    /// Waits until every job has ended.
    pub async fn ended(self) {
        for job in self.0 {
            if let Err(error) = job.await {
                tracing::error!(%error, "a job failed");
            }
        }
    }
}

async fn checkpoint(env: Env, mut stopped: watch::Receiver<bool>) {
    while !pause(CHECKPOINT_EVERY, &mut stopped).await {
        if let Err(error) = env.db.checkpoint().await {
            tracing::warn!(?error, "the write-ahead log was not moved");
        }
    }
}

async fn sweep(env: Env, mut stopped: watch::Receiver<bool>) {
    while !pause(SWEEP_EVERY, &mut stopped).await {
        match command::sweep(&env.db, env.now()).await {
            Ok(0) => (),
            Ok(forgotten) => tracing::info!(forgotten, "answers were out of date"),
            Err(error) => tracing::warn!(?error, "answers could not be swept"),
        }
    }
}

/// Waits, and says whether it is time to end.
async fn pause(time: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::time::timeout(time, stopped.wait_for(|stop| *stop)).await.is_ok()
}
