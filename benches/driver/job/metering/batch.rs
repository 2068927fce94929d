//! `metering-batch`: a hundred events a request, beside sets of as many with SQL; and a stream that
//! repeats itself.

use super::{RAW, SENDERS, audit_raw, events};
use crate::{
    Outcome,
    bench::Bench,
    database::Engine,
    load,
    metered::Metered,
    options::Options,
    raw::Sets,
    report::{Row, Unit},
    samples::Samples,
    stream::BATCH,
};

/// What it measures.
pub(in super::super) const ABOUT: &str = "`POST /internal/billing/metering/batch` with 100 events \
     a request on 16 connections, as in `metering-one`; beside it the same rows with plain SQL, \
     100 events a transaction, a statement for each table: on PostgreSQL arrays, on one and on 8 \
     connections, the better one; on SQLite `VALUES` on one connection. Then batches of which 30 \
     events are any that were sent before: those count among the events a second, too.";

/// Connections of plain SQL; the better number counts.
const CONNECTIONS: [u32; 2] = [1, 8];

/// How many of a hundred events were sent before.
const REPEATED: u64 = 30;

const GOAL: f64 = 0.5;
const GOAL_REPEATED: f64 = 0.8;

/// Events a second, a number a round.
#[derive(Default)]
struct Rates {
    new: Samples,
    repeated: Samples,
    /// For each number of connections.
    raw: [Samples; CONNECTIONS.len()],
}

pub(in super::super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let metered = Metered::open(bench, engine).await?;
        let Metered { database, calendar, .. } = &metered;
        let most = CONNECTIONS.into_iter().max().unwrap_or(1);
        let mut raw = Sets::open(database, (RAW, calendar), (most, BATCH)).await?;
        database.settle().await?;
        let rates = measure(&bench.options, &metered, &mut raw).await?;
        metered.audit().await?;
        audit_raw(database).await?;
        rows.extend(rates.rows(engine));
    }
    Ok(rows)
}

async fn measure(options: &Options, metered: &Metered, raw: &mut Sets) -> Outcome<Rates> {
    let services = [metered.server.address];
    let new = metered.stream.batches();
    let mut rates = Rates::default();
    load::closed(&services, SENDERS, options.warm_up(), &new).await?.whole()?;
    for _ in 0..options.rounds {
        let run = load::closed(&services, SENDERS, options.turn(), &new).await?.whole()?;
        rates.new.push(events(&run));
        for (connections, rates) in connections(metered.database.engine).iter().zip(&mut rates.raw)
        {
            rates.push(raw.rate(*connections, options.turn()).await?);
        }
        let repeated = metered.stream.repeating(REPEATED);
        let run = load::closed(&services, SENDERS, options.turn(), &repeated).await?.whole()?;
        rates.repeated.push(events(&run));
    }
    Ok(rates)
}

/// One connection writes to SQLite.
fn connections(engine: Engine) -> &'static [u32] {
    match engine {
        Engine::Sqlite => &CONNECTIONS[..1],
        Engine::Postgres => &CONNECTIONS,
    }
}

impl Rates {
    fn rows(&self, engine: Engine) -> [Row; 3] {
        let [one, many] = self.raw.each_ref().map(Samples::median);
        let ([few, most], new) = (CONNECTIONS, self.new.median());
        let goal = match engine {
            Engine::Sqlite => 35_000.0,
            Engine::Postgres => 60_000.0,
        };
        let row = |what: &str, rate| Row::new(engine, what, rate, Unit::PerSecond);
        let told = match engine {
            Engine::Sqlite => String::new(),
            Engine::Postgres => {
                format!("plain SQL {one:.0}/s on {few} connection, {many:.0}/s on {most}")
            }
        };
        let repeated = format!("events, {REPEATED} % sent before");
        [
            row("events", new).at_least(goal),
            row("events in batches", new)
                .against("the same sets with SQL", one.max(many))
                .at_least(GOAL)
                .note(told),
            row(&repeated, self.repeated.median())
                .against("none sent before", new)
                .at_least(GOAL_REPEATED),
        ]
    }
}
