//! Giving way: long work on a thread that others need too.

use std::time::Duration;

use crate::env::Stopwatch;

/// How long a search computes before it lets others run.
const SLICE: Duration = Duration::from_micros(500);

/// How long a search has computed since it last gave way.
#[derive(Debug)]
pub(super) struct Pace(Stopwatch);

impl Pace {
    /// Starts now.
    pub(super) fn start() -> Self {
        Self(Stopwatch::start())
    }

    /// Gives way, if it is time to.
    pub(super) async fn keep(&mut self) {
        if self.0.elapsed() >= SLICE {
            tokio::task::yield_now().await;
            *self = Self::start();
        }
    }
}
