//! `reports`: a tenant in a few figures, and what its months earn, however many records it has.

use crate::{
    Outcome,
    bench::{Bench, tenant},
    database::Engine,
    load::{self, Asked},
    report::{Row, Unit},
    request::Caller,
};

/// What an answer should take at most, in milliseconds.
const GOAL: f64 = 50.0;

/// Connections to the service.
const CONNECTIONS: u32 = 4;

/// Requests of a kind.
const REQUESTS: u64 = 500;

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let records = bench.options.records;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let seeded = bench.seed(engine, records).await?;
        let (service, total) = (seeded.server.address, seeded.total(records));
        let tenant = tenant(records);
        let app = format!("/billing/statistics/{tenant}/apps/app_web");
        for (what, path) in [
            ("statistics", format!("/billing/statistics/{tenant}")),
            ("statistics of an app", app),
            ("amortization", "/admin/billing/revenue-amortization".to_owned()),
        ] {
            let caller = Caller::person(&tenant, "admin")?;
            let asked = Asked::new(200, move |_, request| caller.write_get(&path, request));
            load::times(service, CONNECTIONS, REQUESTS / 10, &asked).await?;
            let run = load::times(service, CONNECTIONS, REQUESTS, &asked).await?;
            let (half, most) = (run.latencies.percentile(50), run.latencies.percentile(99));
            rows.push(row(engine, format!("{what}, p50"), half).note(format!("{total} records")));
            rows.push(row(engine, format!("{what}, p99"), most));
        }
    }
    Ok(rows)
}

fn row(engine: Engine, what: String, milliseconds: f64) -> Row {
    Row::new(engine, what, milliseconds, Unit::Milliseconds).at_most(GOAL)
}
