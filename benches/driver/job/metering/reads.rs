//! `metering-reads`: what is shown of a tenant with ten million events, and quota checks while more
//! come in.

use futures_util::future::try_join;

use super::{super::calm::Calm, SENDERS, events, most_events};
use crate::{
    Outcome,
    bench::Bench,
    database::Engine,
    load::{self, Asked},
    metered::{Metered, TENANT},
    options::Options,
    raw::{DAYS, fill_endpoints},
    report::{Row, Unit},
    request::Caller,
    samples::Samples,
};

/// What it measures.
pub(in super::super) const ABOUT: &str = "On the database of `metering-depth`: `current`, \
     `timeline?days=366` and `endpoints?days=366&limit=20` of a tenant with 10 apps and 200 \
     endpoints a day, at a fixed rate. Then 100 quota checks a second while 16 connections report \
     batches at 70 % of the most that they can.";

/// Connections that find out how much can be read.
const READERS: u32 = 16;

/// The share of the most that can be written at which quotas are checked.
const BUSY: f64 = 0.7;

/// Quota checks a second.
const CHECKS: f64 = 100.0;

/// Milliseconds.
const GOAL: f64 = 10.0;

pub(in super::super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let most = most_events(bench.options.records);
    let mut rows = Vec::new();
    for engine in bench.engines() {
        bench.metered(engine, most).await?;
        let metered = bench.metered_before(engine)?;
        let of_endpoints = fill_endpoints(&metered.database, TENANT, &metered.calendar).await?;
        let told = format!("{} events", metered.events());
        let figures = format!("{of_endpoints} figures of endpoints");
        let days = DAYS;
        for (what, path, note) in [
            ("usage now", "current".to_owned(), &told),
            ("timeline", format!("timeline?days={days}"), &told),
            ("top endpoints", format!("endpoints?days={days}&limit=20"), &figures),
        ] {
            let calm = read(&bench.options, metered, &path).await?;
            let row = calm.row(engine, what).at_most(GOAL);
            rows.push(row.note(format!("{}; {note}", calm.told())));
        }
        rows.push(check(&bench.options, metered, engine).await?);
        metered.audit().await?;
    }
    Ok(rows)
}

/// Reads at a fixed rate.
async fn read(options: &Options, metered: &Metered, path: &str) -> Outcome<Calm> {
    let service = metered.server.address;
    let request = Caller::person(TENANT, "member")?.get(&format!("/billing/usage/{TENANT}/{path}"));
    let asked = Asked::new(200, |_, to| to.extend_from_slice(&request));
    load::closed(&[service], READERS, options.warm_up(), &asked).await?.whole()?;
    let most = load::closed(&[service], READERS, options.turn(), &asked).await?.whole()?;
    Calm::below(most.rate()).turns(options, service, &asked).await
}

/// Checks quotas at a fixed rate while batches are reported at another.
async fn check(options: &Options, metered: &Metered, engine: Engine) -> Outcome<Row> {
    let service = metered.server.address;
    let (batches, checks) = (metered.stream.batches(), metered.stream.checks());
    let mut most = Samples::default();
    load::closed(&[service], SENDERS, options.warm_up(), &batches).await?.whole()?;
    for _ in 0..options.rounds {
        let run = load::closed(&[service], SENDERS, options.turn(), &batches).await?.whole()?;
        most.push(run.rate());
    }
    let rate = most.median() * BUSY;
    let (mut calm, mut written) = (Calm { rate: CHECKS, ..Calm::default() }, Samples::default());
    for _ in 0..options.rounds {
        let writing = load::open_on(service, SENDERS, rate, options.turn(), &batches);
        let checking = load::open(service, CHECKS, options.turn(), &checks);
        let (writing, checking) = try_join(writing, checking).await?;
        written.push(events(&writing.whole()?));
        let checking = checking.whole()?;
        calm.half.push(checking.latencies.percentile(50));
        calm.most.push(checking.latencies.percentile(99));
    }
    let what = format!("quota check while {SENDERS} report, p99");
    let told = format!("{}, beside {:.0} events/s", calm.told(), written.median());
    Ok(Row::new(engine, what, calm.most.median(), Unit::Milliseconds).at_most(GOAL).note(told))
}
