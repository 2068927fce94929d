//! How long something took, for limits and metrics.
//!
//! What is *not* here: what time it is, which is [`Clock`](crate::env::Clock)'s to tell.

use std::time::Duration;

/// Measures how long something took. It is for limits and metrics, never for business.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
