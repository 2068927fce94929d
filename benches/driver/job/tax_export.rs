//! `tax-export`: the taxes of all invoices of a tenant, in one answer.

use std::time::Instant;

use crate::{
    Outcome,
    bench::{Bench, tenant},
    client::Connection,
    database::Engine,
    report::{Row, Unit},
    request::{Caller, SECRET},
    samples::Samples,
    server::Server,
};

/// What a million invoices should take at most, in seconds and in MiB.
const GOAL: f64 = 5.0;
const GOAL_GROWTH: f64 = 32.0;

/// How many bytes arrive between two looks at the service's memory.
const LOOK_EVERY: usize = 1024 * 1024;

#[derive(Default)]
struct Exports {
    seconds: Samples,
    /// Memory before the first export, and the growth from there.
    idle: f64,
    growth: Samples,
    bytes: usize,
    rows: usize,
}

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let records = bench.options.records;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let seeded = bench.seed(engine, records).await?;
        let total = seeded.total(records);
        // A process of its own, whose memory nothing else has used.
        let server = Server::start_with(&seeded.database, &["--secret-key", SECRET]).await?;
        let path = address(&server, &tenant(records)).await?;
        let mut exports = Exports { idle: server.memory()?.anonymous, ..Exports::default() };
        for _ in 0..bench.options.rounds {
            exports.turn(&server, &path).await?;
        }
        if exports.rows < usize::try_from(total)? {
            return Err(format!("{} rows of {total} invoices", exports.rows).into());
        }
        rows.extend(exports.rows(engine, total));
    }
    Ok(rows)
}

/// Asks for the taxes of all days, and gives the path below the base where they are.
async fn address(server: &Server, tenant: &str) -> Outcome<String> {
    let mut connection = Connection::open(server.address).await?;
    let path = "/admin/billing/tax-export?start_date=2000-01-01";
    let asked = connection.ask(&Caller::person(tenant, "admin")?.get(path)).await?.json(200)?;
    let address = asked["data"]["download_url"].as_str().ok_or("no address")?;
    let (_, path) = address.split_once("/api/v1").ok_or("an address of another kind")?;
    Ok(path.to_owned())
}

impl Exports {
    async fn turn(&mut self, server: &Server, path: &str) -> Outcome {
        let request = Caller::nobody().get(path);
        let mut connection = Connection::open(server.address).await?;
        let before = server.memory()?.anonymous;
        let (mut largest, mut bytes, mut look_at, mut rows) = (before, 0_usize, 0_usize, 0_usize);
        let began = Instant::now();
        let whole = connection.stream(&request, |part| {
            bytes += part.len();
            rows += part.split(|byte| *byte == b'\n').count() - 1;
            if bytes >= look_at {
                look_at = bytes + LOOK_EVERY;
                largest = largest.max(server.memory()?.anonymous);
            }
            Ok(())
        });
        whole.await?;
        self.seconds.push(began.elapsed().as_secs_f64());
        self.growth.push(largest - self.idle);
        (self.bytes, self.rows) = (bytes, rows.saturating_sub(1));
        Ok(())
    }

    fn rows(&self, engine: Engine, total: u64) -> [Row; 2] {
        let size = format!("{total} invoices, {} rows, {} MB", self.rows, self.bytes / 1_000_000);
        [
            Row::new(engine, "whole export", self.seconds.median(), Unit::Seconds)
                .at_most(GOAL)
                .note(size),
            Row::new(engine, "growth of memory", self.growth.most(), Unit::Mebibytes)
                .at_most(GOAL_GROWTH),
        ]
    }
}
