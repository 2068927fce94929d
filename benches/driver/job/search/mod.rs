//! `search`: words, pairs of letters, filters; and what a hard search costs those who read pages.

mod case;
mod vocabulary;

use std::net::SocketAddr;

use self::{
    case::{Case, cases, nowhere},
    vocabulary::Vocabulary,
};
use super::{
    calm::Calm,
    pages::{self, CONNECTIONS},
};
use crate::{
    Outcome,
    bench::{Bench, tenant},
    database::Engine,
    load::{self, Asked},
    options::Options,
    report::{Row, Unit},
    samples::Samples,
};

/// Searches at once, when the most is measured.
const SEARCHES: u32 = 4;

const GOAL: f64 = 50.0;
const GOAL_NOWHERE: f64 = 500.0;
const GOAL_DISTURBED: f64 = 1.2;

/// The share of the most at which pages are read while somebody searches.
const PAGES_AT: f64 = 0.3;

/// How many searches that find nothing anywhere are asked a second while pages are read.
const HARD_AT: f64 = 50.0;

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let records = bench.options.records;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let seeded = bench.seed(engine, records).await?;
        let (service, tenant) = (seeded.server.address, tenant(records));
        let total = seeded.total(records);
        let words = Vocabulary::sample(service, &tenant, total).await?;
        let mut cases = cases(&words, &seeded.database, &tenant, total).await?;
        let hard = nowhere(&words, &seeded.database, &tenant).await?;
        for case in cases.iter().chain([&hard]) {
            case.check(service).await?;
        }
        let options = &bench.options;
        measure(options, service, &mut cases).await?;
        rows.extend(cases.iter().map(|case| row(engine, case)));
        let pages = pages::any_page(&tenant, total)?;
        rows.extend(disturb(options, engine, service, &hard, &pages).await?);
    }
    Ok(rows)
}

/// The most of each case, then its latency below that, in turns.
async fn measure(options: &Options, service: SocketAddr, cases: &mut [Case]) -> Outcome {
    for case in &mut *cases {
        load::closed(&[service], SEARCHES, options.warm_up(), &case.asked).await?;
    }
    for _ in 0..options.rounds {
        for case in &mut *cases {
            let run = load::closed(&[service], SEARCHES, options.turn() / 2, &case.asked).await?;
            case.most.push(run.rate());
        }
    }
    for case in &mut *cases {
        case.calm = Calm::below(case.most.median());
    }
    for _ in 0..options.rounds {
        for case in &mut *cases {
            case.calm.turn(options, service, &case.asked).await?;
        }
    }
    Ok(())
}

fn row(engine: Engine, case: &Case) -> Row {
    let calm = &case.calm;
    let note = format!("{}; {}, at most {:.0}/s", case.told, calm.told(), case.most.median());
    let what = format!("{}, p99", case.what);
    Row::new(engine, what, calm.most.median(), Unit::Milliseconds).at_most(GOAL).note(note)
}

/// Page lists at a fixed rate, undisturbed and beside a search that finds nothing anywhere.
async fn disturb(
    options: &Options,
    engine: Engine,
    service: SocketAddr,
    hard: &Case,
    pages: &Asked<'_>,
) -> Outcome<[Row; 2]> {
    let most = load::closed(&[service], CONNECTIONS, options.turn(), pages).await?.rate();
    let rate = most * PAGES_AT;
    let (mut alone, mut beside) = (Calm::default(), Calm::default());
    let mut searches = Samples::default();
    for _ in 0..options.rounds {
        let run = load::open(service, rate, options.turn(), pages).await?;
        alone.half.push(run.latencies.percentile(50));
        alone.most.push(run.latencies.percentile(99));
        let (run, hard) = tokio::join!(
            load::open(service, rate, options.turn(), pages),
            load::open(service, HARD_AT, options.turn(), &hard.asked),
        );
        let run = run?;
        beside.half.push(run.latencies.percentile(50));
        beside.most.push(run.latencies.percentile(99));
        searches.push(hard?.latencies.percentile(99));
    }
    let told = format!(
        "30 % of {most:.0}/s, {HARD_AT:.0} such searches a second; p99 {:.2} ms, undisturbed {:.2} ms",
        beside.most.median(),
        alone.most.median(),
    );
    let nowhere = Row::new(engine, hard.what, searches.median(), Unit::Milliseconds);
    Ok([
        nowhere.at_most(GOAL_NOWHERE).note(format!("{}; p99 beside reads of pages", hard.told)),
        Row::new(engine, "pages beside that search, p50", beside.half.median(), Unit::Milliseconds)
            .against("undisturbed", alone.half.median())
            .at_most(GOAL_DISTURBED)
            .note(told),
    ])
}
