//! `depth`: whether a page costs the same wherever it lies, in short lists and in long ones.

use std::net::SocketAddr;

use super::pages::{CONNECTIONS, ROWS};
use crate::{
    Outcome,
    bench::{Bench, tenant},
    database::Engine,
    load::{self, Asked},
    options::Options,
    report::{Row, Unit},
    request::Caller,
    samples::Samples,
};

/// The short list.
const SHORT: u64 = 10_000;

/// The list that is only measured when it is asked for.
const HUGE: u64 = 10_000_000;

/// How many times the fastest the slowest may take.
const GOAL: f64 = 1.3;

/// A page of a list.
struct Place {
    name: String,
    asked: Asked<'static>,
    /// Milliseconds, on one connection.
    latency: Samples,
    rate: Samples,
}

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut sizes = vec![SHORT.min(bench.options.records), bench.options.records];
    if bench.options.huge {
        sizes.push(HUGE);
    }
    sizes.dedup();
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let mut places = Vec::new();
        for size in &sizes {
            let total = bench.seed(engine, *size).await?.total(*size);
            places.extend(of_list(&tenant(*size), total)?);
        }
        let service = bench.seeded(engine)?.server.address;
        measure(&bench.options, service, &mut places).await?;
        rows.extend(compare(engine, &places));
    }
    Ok(rows)
}

/// The first, the middle and the last page of a tenant's list.
fn of_list(tenant: &str, total: u64) -> Outcome<[Place; 3]> {
    let last = total.div_ceil(ROWS).max(1);
    let caller = Caller::person(tenant, "member")?;
    Ok([("first", 1), ("middle", last.div_ceil(2)), ("last", total / ROWS)].map(|(name, page)| {
        let request = caller.get(&format!("/billing/records/{tenant}?page={page}"));
        Place {
            name: format!("{name} of {total}"),
            asked: Asked::new(200, move |_, to| to.extend_from_slice(&request)),
            latency: Samples::default(),
            rate: Samples::default(),
        }
    }))
}

async fn measure(options: &Options, service: SocketAddr, places: &mut [Place]) -> Outcome {
    for place in &mut *places {
        load::closed(&[service], CONNECTIONS, options.warm_up(), &place.asked).await?;
    }
    for _ in 0..options.rounds {
        for place in &mut *places {
            let run = load::closed(&[service], 1, options.turn() / 3, &place.asked).await?;
            place.latency.push(run.latencies.percentile(50));
        }
        for place in &mut *places {
            let (services, time) = ([service], options.turn() / 2);
            let run = load::closed(&services, CONNECTIONS, time, &place.asked).await?;
            place.rate.push(run.rate());
        }
    }
    Ok(())
}

fn compare(engine: Engine, places: &[Place]) -> [Row; 2] {
    let latencies: Samples = places.iter().map(|place| place.latency.median()).collect();
    let rates: Samples = places.iter().map(|place| place.rate.median()).collect();
    let told = |show: &dyn Fn(&Place) -> String| {
        let all = places.iter().map(|place| format!("{} {}", place.name, show(place)));
        all.collect::<Vec<_>>().join(", ")
    };
    [
        Row::new(engine, "slowest page, p50", latencies.most(), Unit::Milliseconds)
            .against("fastest", latencies.least())
            .at_most(GOAL)
            .note(told(&|place| format!("{:.3} ms", place.latency.median()))),
        Row::new(engine, "fastest page, 16 at once", rates.most(), Unit::PerSecond)
            .against("slowest", rates.least())
            .at_most(GOAL)
            .note(told(&|place| format!("{:.0}/s", place.rate.median()))),
    ]
}
