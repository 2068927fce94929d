//! `metering-one`: one event a request, beside the same rows with SQL, one event a transaction.

use super::{super::calm::Calm, RAW, audit_raw};
use crate::{
    Outcome,
    bench::Bench,
    database::Engine,
    load,
    metered::Metered,
    options::Options,
    raw::{Pgbench, Sets, usage_script},
    report::{Row, Unit},
    samples::Samples,
};

/// What it measures.
pub(in super::super) const ABOUT: &str = "`POST /internal/billing/metering/report` for one tenant \
     with a subscription on 64 connections, of ten apps and four resources, each event with an id \
     that looks drawn; beside it the same rows (event, day, metering period) with plain SQL, one \
     event a transaction: `pgbench` with 8 and with 64 clients, the better one; on SQLite one \
     connection with `BEGIN IMMEDIATE` … `COMMIT`, `synchronous=FULL`. Afterwards days and \
     periods are compared with the sums of the events.";

/// Connections to the service.
const CONNECTIONS: u32 = 64;

/// Clients of `pgbench`; the better number counts.
const CLIENTS: [u32; 2] = [8, 64];

const GOAL: f64 = 1.5;

/// Plain SQL on one database.
enum Raw {
    Postgres(Pgbench),
    Sqlite(Box<Sets>),
}

/// What was measured, a number a round.
#[derive(Default)]
struct Rates {
    events: Samples,
    /// For each number of clients.
    raw: [Samples; CLIENTS.len()],
}

pub(in super::super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let metered = Metered::open(bench, engine).await?;
        let mut raw = Raw::open(&metered).await?;
        metered.database.settle().await?;
        let options = &bench.options;
        let rates = measure(options, &metered, &mut raw).await?;
        let calm = Calm::below(rates.events.median());
        let calm = calm.turns(options, metered.server.address, &metered.stream.singles()).await?;
        metered.audit().await?;
        audit_raw(&metered.database).await?;
        rows.push(rates.row(engine));
        rows.push(calm.row(engine, "event, fixed rate"));
    }
    Ok(rows)
}

async fn measure(options: &Options, metered: &Metered, raw: &mut Raw) -> Outcome<Rates> {
    let (services, asked) = ([metered.server.address], metered.stream.singles());
    let mut rates = Rates::default();
    load::closed(&services, CONNECTIONS, options.warm_up(), &asked).await?.whole()?;
    for _ in 0..options.rounds {
        let run = load::closed(&services, CONNECTIONS, options.turn(), &asked).await?.whole()?;
        rates.events.push(run.rate());
        raw.turn(options, &mut rates.raw).await?;
    }
    Ok(rates)
}

impl Raw {
    async fn open(metered: &Metered) -> Outcome<Self> {
        let Metered { database, calendar, .. } = metered;
        Ok(match database.engine {
            Engine::Sqlite => {
                Self::Sqlite(Box::new(Sets::open(database, (RAW, calendar), (1, 1)).await?))
            }
            Engine::Postgres => {
                Self::Postgres(Pgbench::new(database, &usage_script(RAW, calendar)?)?)
            }
        })
    }

    async fn turn(&mut self, options: &Options, rates: &mut [Samples; CLIENTS.len()]) -> Outcome {
        match self {
            Self::Sqlite(one) => rates[0].push(one.rate(1, options.turn()).await?),
            Self::Postgres(pgbench) => {
                for (clients, rates) in CLIENTS.into_iter().zip(rates) {
                    rates.push(pgbench.rate(clients, options.turn())?);
                }
            }
        }
        Ok(())
    }
}

impl Rates {
    fn row(&self, engine: Engine) -> Row {
        let [few, many] = self.raw.each_ref().map(Samples::median);
        let row = Row::new(engine, "event", self.events.median(), Unit::PerSecond)
            .against("one by one", few.max(many))
            .at_least(GOAL);
        match engine {
            Engine::Sqlite => row,
            Engine::Postgres => {
                row.note(format!("pgbench {few:.0}/s with 8 clients, {many:.0}/s with 64"))
            }
        }
    }
}
