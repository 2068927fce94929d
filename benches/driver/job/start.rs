//! `start`: how soon the service answers, and what it costs to have it.

use std::time::Duration;

use crate::{
    Outcome,
    bench::Bench,
    database::{Database, Engine},
    report::{Row, Unit},
    samples::Samples,
    server::{self, Memory, Server},
};

/// How long nothing happens before memory is read.
const IDLE: Duration = Duration::from_secs(5);

const GOAL_SECONDS: f64 = 0.5;
const GOAL_MEBIBYTES: f64 = 60.0;
const GOAL_MEGABYTES: f64 = 40.0;

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in bench.engines() {
        rows.extend(measure(bench, engine).await?);
    }
    let size = server::binary_megabytes()?;
    let size = Row::without_engine("size of the binary", size, Unit::Megabytes);
    rows.push(size.at_most(GOAL_MEGABYTES));
    Ok(rows)
}

async fn measure(bench: &Bench, engine: Engine) -> Outcome<[Row; 3]> {
    let database = Database::fresh(&bench.host, engine)?;
    let first = Server::start(&database).await?.started_in;
    let mut seconds = Samples::default();
    for _ in 0..bench.options.rounds {
        seconds.push(Server::start(&database).await?.started_in.as_secs_f64());
    }
    let idle = Server::start(&database).await?;
    tokio::time::sleep(IDLE).await;
    let Memory { anonymous, resident } = idle.memory()?;
    let first = format!("{:.3} s when it had to make the schema", first.as_secs_f64());
    let seconds = Row::new(engine, "start to first answer", seconds.median(), Unit::Seconds);
    Ok([
        seconds.at_most(GOAL_SECONDS).note(first),
        Row::new(engine, "idle, without mapped files (RssAnon)", anonymous, Unit::Mebibytes)
            .at_most(GOAL_MEBIBYTES),
        Row::new(engine, "idle, all of it (VmRSS)", resident, Unit::Mebibytes)
            .at_most(GOAL_MEBIBYTES),
    ])
}
