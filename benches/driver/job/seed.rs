//! `seed`: how long it takes to fill a database.

use crate::{
    Outcome,
    bench::{self, Bench},
    database::Engine,
    report::{Row, Unit},
    samples::Samples,
};

/// How often it is done at most; it takes long and varies little.
const ROUNDS_MAX: u32 = 3;

pub(super) fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let records = bench.options.records;
    let engines = bench.engines();
    let mut seconds = vec![Samples::default(); engines.len()];
    for _ in 0..bench.options.rounds.min(ROUNDS_MAX) {
        for (engine, seconds) in engines.iter().zip(&mut seconds) {
            let database = bench.fresh(*engine)?;
            seconds.push(bench::seed(&database, "bench", records)?);
        }
    }
    let rows = engines.into_iter().zip(seconds).map(|(engine, seconds)| {
        let goal = match engine {
            Engine::Sqlite => 60.0,
            Engine::Postgres => 150.0,
        };
        let what = format!("{records} records");
        Row::new(engine, what, seconds.median(), Unit::Seconds).at_most(goal)
    });
    Ok(rows.collect())
}
