//! `plan-change`: a preview and the change to its quote, beside the statements of both.

use std::{cell::Cell, net::SocketAddr, time::Instant};

use futures_util::future::try_join_all;
use serde_json::json;

use super::renewals::{open, renew};
use crate::{
    Outcome,
    bench::Bench,
    client::Connection,
    raw::{copy_changes, subscribe_tenants},
    report::{Row, Unit},
    request::Caller,
    server::Server,
};

/// Connections to the service, and to PostgreSQL beside it.
const CONNECTIONS: u32 = 16;

const GOAL: f64 = 0.5;

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let count = bench.options.records / 100;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let database = bench.fresh(engine)?;
        let env = open(&database).await?;
        for prefix in ["chg", "raw"] {
            subscribe_tenants(&database, prefix, (0, count), -3_600).await?;
        }
        renew(&env, 2 * count).await?;
        env.db.close().await;
        database.settle().await?;
        let server = Server::start(&database).await?;
        let began = Instant::now();
        let next = Cell::new(0);
        let clients = (0..CONNECTIONS).map(|_| change_each(server.address, &next, count));
        try_join_all(clients).await?;
        let took = began.elapsed().as_secs_f64();
        drop(server);
        database.settle().await?;
        let raw = copy_changes(&database, "chg", "raw", count, CONNECTIONS).await?;
        let count = f64::from(u32::try_from(count)?);
        rows.push(
            Row::new(engine, "plan change with quote", count / took, Unit::PerSecond)
                .against("its own statements", count / raw)
                .at_least(GOAL),
        );
    }
    Ok(rows)
}

/// Asks what an upgrade costs, and makes it, for the next tenant until there is none.
async fn change_each(service: SocketAddr, next: &Cell<u64>, count: u64) -> Outcome {
    let mut connection = Connection::open(service).await?;
    loop {
        let n = next.get();
        if n == count {
            return Ok(());
        }
        next.set(n + 1);
        let tenant = format!("chg-{n:07}");
        let admin = Caller::person(&tenant, "admin")?;
        let asked =
            admin.post(&format!("/billing/prorations/calculate/{tenant}"), r#"{"new_plan":"pro"}"#);
        let shown = connection.ask(&asked).await?.json(200)?;
        let body = json!({ "new_plan": "pro", "quote": shown["data"]["quote"] }).to_string();
        let path = format!("/admin/billing/subscription/{tenant}/change-plan");
        connection.ask(&admin.post(&path, &body)).await?.expect(200)?;
    }
}
