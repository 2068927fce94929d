//! `export`: everything that a tenant has, in one answer.

use std::time::Instant;

use crate::{
    Outcome,
    bench::{Bench, tenant},
    client::Connection,
    database::Engine,
    report::{Row, Unit},
    request::Caller,
    samples::Samples,
    server::Server,
};

/// What a million records should take at most, in seconds.
const GOAL: f64 = 3.0;
const GOAL_FIRST_BYTE: f64 = 50.0;
const GOAL_GROWTH: f64 = 32.0;

/// How many bytes arrive between two looks at the service's memory.
const LOOK_EVERY: usize = 1024 * 1024;

/// What a record has and nothing else.
const MARK: &[u8] = br#""record_id":"rec_"#;

#[derive(Default)]
struct Exports {
    seconds: Samples,
    first_byte: Samples,
    /// Memory before the first export, and the growth from there.
    idle: f64,
    growth: Samples,
    /// The growth from before the same export.
    again: Samples,
    bytes: usize,
}

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let records = bench.options.records;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let seeded = bench.seed(engine, records).await?;
        let total = seeded.total(records);
        // A process of its own, whose memory nothing else has used.
        let server = Server::start(&seeded.database).await?;
        let mut exports = Exports { idle: server.memory()?.anonymous, ..Exports::default() };
        check(&server, records, total).await?;
        for _ in 0..bench.options.rounds {
            exports.turn(&server, records).await?;
        }
        rows.extend(exports.rows(engine, total));
    }
    Ok(rows)
}

fn request(records: u64) -> Vec<u8> {
    let tenant = tenant(records);
    let body = format!(r#"{{"user_id":"usr_admin_{tenant}"}}"#);
    Caller::service(&tenant).post("/internal/billing/export-user-data", &body)
}

/// Counts the records that are exported.
async fn check(server: &Server, records: u64, total: u64) -> Outcome {
    let mut connection = Connection::open(server.address).await?;
    let request = request(records);
    let (mut seen, mut rest) = (0_u64, Vec::new());
    let whole = connection.stream(&request, |part| {
        rest.extend_from_slice(part);
        for window in rest.windows(MARK.len()) {
            seen += u64::from(window == MARK);
        }
        rest.drain(..rest.len().saturating_sub(MARK.len() - 1));
        Ok(())
    });
    whole.await?;
    if seen < total || rest.last() != Some(&b'}') {
        let end = String::from_utf8_lossy(&rest);
        return Err(format!("{seen} of {total} records, then `{end}`").into());
    }
    Ok(())
}

impl Exports {
    async fn turn(&mut self, server: &Server, records: u64) -> Outcome {
        let request = request(records);
        let mut connection = Connection::open(server.address).await?;
        let before = server.memory()?.anonymous;
        let (mut largest, mut bytes, mut look_at) = (before, 0_usize, 0_usize);
        let (began, mut first_byte) = (Instant::now(), None);
        let whole = connection.stream(&request, |part| {
            first_byte.get_or_insert_with(|| began.elapsed());
            bytes += part.len();
            if bytes >= look_at {
                look_at = bytes + LOOK_EVERY;
                largest = largest.max(server.memory()?.anonymous);
            }
            Ok(())
        });
        whole.await?;
        self.seconds.push(began.elapsed().as_secs_f64());
        self.first_byte.push(first_byte.unwrap_or_default().as_secs_f64() * 1_000.0);
        self.growth.push(largest - self.idle);
        self.again.push(largest - before);
        self.bytes = bytes;
        Ok(())
    }

    fn rows(&self, engine: Engine, total: u64) -> [Row; 3] {
        let size = format!("{total} records, {} MB", self.bytes / 1_000_000);
        [
            Row::new(engine, "whole export", self.seconds.median(), Unit::Seconds)
                .at_most(GOAL)
                .note(size),
            Row::new(engine, "first byte", self.first_byte.median(), Unit::Milliseconds)
                .at_most(GOAL_FIRST_BYTE),
            Row::new(engine, "growth of memory", self.growth.most(), Unit::Mebibytes)
                .at_most(GOAL_GROWTH)
                .note(format!("an export after the first: {:.1} MiB", self.again.most())),
        ]
    }
}
