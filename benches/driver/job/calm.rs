//! How long an answer takes when the service is not at its limit.

use std::net::SocketAddr;

use crate::{
    Outcome,
    database::Engine,
    load::{self, Asked, CALM},
    options::Options,
    report::{Row, Unit},
    samples::Samples,
};

/// Latency at a fixed rate, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Calm {
    pub(super) rate: f64,
    pub(super) half: Samples,
    pub(super) most: Samples,
}

impl Calm {
    /// At a share of the `most` that was measured.
    pub(super) fn below(most: f64) -> Self {
        Self { rate: most * CALM, ..Self::default() }
    }

    /// Another turn.
    pub(super) async fn turn(
        &mut self,
        options: &Options,
        service: SocketAddr,
        asked: &Asked<'_>,
    ) -> Outcome {
        let run = load::open(service, self.rate, options.turn(), asked).await?;
        self.half.push(run.latencies.percentile(50));
        self.most.push(run.latencies.percentile(99));
        Ok(())
    }

    /// All turns, one after the other.
    pub(super) async fn turns(
        mut self,
        options: &Options,
        service: SocketAddr,
        asked: &Asked<'_>,
    ) -> Outcome<Self> {
        for _ in 0..options.rounds {
            self.turn(options, service, asked).await?;
        }
        Ok(self)
    }

    /// The p99 as a row, with the p50 beside it.
    pub(super) fn row(&self, engine: Engine, what: &str) -> Row {
        let what = format!("{what}, p99");
        Row::new(engine, what, self.most.median(), Unit::Milliseconds).note(self.told())
    }

    /// The p50 and the rate, in words.
    pub(super) fn told(&self) -> String {
        format!("p50 {:.2} ms at {:.0}/s", self.half.median(), self.rate)
    }
}
