//! A tenant that reports usage, and the service that counts it.

use crate::{
    Outcome,
    bench::Bench,
    database::{Database, Engine},
    load,
    raw::{Calendar, audit_usage, fill_events, subscribe_metered},
    server::Server,
    stream::Stream,
};

/// The tenant.
pub(crate) const TENANT: &str = "metered";

/// Batches that are reported before anything is measured, so that all apps are there.
const FIRST: u64 = 2;

/// A database of a tenant that is metered, and the service on it.
pub(crate) struct Metered {
    // Dropped first.
    pub(crate) server: Server,
    pub(crate) database: Database,
    pub(crate) calendar: Calendar,
    pub(crate) stream: Stream,
    filled: u64,
}

impl Metered {
    /// A database of its own in which next to nothing was used.
    pub(crate) async fn open(bench: &Bench, engine: Engine) -> Outcome<Self> {
        let database = bench.fresh(engine)?;
        let server = Server::start(&database).await?;
        let calendar = Calendar::now()?;
        subscribe_metered(&database, TENANT, &calendar).await?;
        let stream = Stream::new(TENANT, &calendar);
        load::times(server.address, 1, FIRST, &stream.batches()).await?.whole()?;
        Ok(Self { server, database, calendar, stream, filled: 0 })
    }

    /// Makes sure that it has so many events.
    pub(crate) async fn fill(&mut self, events: u64) -> Outcome {
        let there = self.audit().await?;
        if there < events {
            let began = std::time::Instant::now();
            let more = events - there;
            fill_events(&self.database, TENANT, &self.calendar, more).await?;
            self.filled += more;
            let took = began.elapsed().as_secs_f64();
            eprintln!("  {more} events on {}: {took:.1} s", self.database.engine);
        }
        self.audit().await?;
        self.database.warm().await
    }

    /// How many events were counted.
    pub(crate) fn events(&self) -> u64 {
        self.filled + self.stream.sent()
    }

    /// Makes sure that every event that was counted is there, and in its day and metering period;
    /// gives how many there are. Nobody may be reporting any.
    pub(crate) async fn audit(&self) -> Outcome<u64> {
        let there = audit_usage(&self.database, TENANT).await?;
        let wanted = self.events();
        if there != wanted {
            return Err(format!("{there} events are there, {wanted} were counted").into());
        }
        Ok(there)
    }
}
