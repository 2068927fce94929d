//! `metering-depth`: batches into tables with more and more events, beside one with none.

use std::time::Duration;

use super::{SENDERS, events, most_events};
use crate::{
    Outcome,
    bench::Bench,
    database::Engine,
    load,
    metered::Metered,
    report::{Row, Unit},
    samples::Samples,
};

/// What it measures.
pub(in super::super) const ABOUT: &str = "The batches of `metering-batch` into a table that has \
     ten times as many events as records are asked for, a tenth and a hundredth of that: written \
     by SQL, of 366 days, their keys spread over all there are. In turns with it, into a new \
     database each time. PostgreSQL logs a page whole when it changes first after a checkpoint, and \
     dropping a database is one: a turn of it goes before what is measured, and none is dropped in \
     between.";

const GOAL: f64 = 0.7;

/// Batches into a table of some size.
#[derive(Default)]
struct Place {
    /// Events a second, a number a round.
    rates: Samples,
    /// Events that were there in the middle of each turn.
    sizes: Samples,
}

pub(in super::super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let most = most_events(bench.options.records);
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let mut none = Place::default();
        let mut places = Vec::new();
        for size in [most / 100, most / 10, most] {
            // What comes in while small tables are measured soon makes them large.
            let time = if size == most { bench.options.turn() } else { bench.options.turn() / 3 };
            bench.metered(engine, size).await?;
            places.push((size, beside_none(bench, engine, time, &mut none).await?));
        }
        rows.push(none.row(engine, "an empty table"));
        for (size, (place, empty)) in &places {
            let row = place.row(engine, &format!("a table of {size}"));
            let row = row.against("an empty one beside it", *empty);
            rows.push(if *size == most { row.at_least(GOAL) } else { row });
        }
    }
    Ok(rows)
}

/// Batches into the table that was filled, and in turns into empty ones; gives the rate of those,
/// too.
async fn beside_none(
    bench: &mut Bench,
    engine: Engine,
    time: Duration,
    none: &mut Place,
) -> Outcome<(Place, f64)> {
    let (mut place, mut empty) = (Place::default(), Samples::default());
    let warm_up = bench.options.warm_up();
    Place::default().turn(bench.metered_before(engine)?, bench.options.turn()).await?;
    let mut kept = Vec::new();
    for _ in 0..bench.options.rounds {
        let fresh = Metered::open(bench, engine).await?;
        Place::default().turn(&fresh, warm_up / 3).await?;
        empty.push(none.turn(&fresh, time).await?);
        fresh.audit().await?;
        let Metered { server, database, .. } = fresh;
        drop(server);
        kept.push(database);
        place.turn(bench.metered_before(engine)?, time).await?;
    }
    bench.metered_before(engine)?.audit().await?;
    Ok((place, empty.median()))
}

impl Place {
    /// Another turn, and its rate.
    async fn turn(&mut self, metered: &Metered, time: Duration) -> Outcome<f64> {
        let before = metered.events();
        let asked = metered.stream.batches();
        let run = load::closed(&[metered.server.address], SENDERS, time, &asked).await?.whole()?;
        let middle = u64::midpoint(before, metered.events());
        self.sizes.push(f64::from(u32::try_from(middle)?));
        self.rates.push(events(&run));
        Ok(events(&run))
    }

    /// Its rate, as a point of the curve.
    fn row(&self, engine: Engine, what: &str) -> Row {
        let size = self.sizes.median();
        Row::new(engine, format!("events into {what}"), self.rates.median(), Unit::PerSecond)
            .at(size)
            .note(format!("{size:.0} events there in the middle of a turn"))
    }
}
