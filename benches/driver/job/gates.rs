//! `gates`: what a service asks before it serves, beside a read of one row.

use crate::{
    Outcome,
    bench::Bench,
    load::{self, Asked},
    raw::subscribe_tenants,
    report::{Row, Unit},
    request::{Caller, scatter},
    samples::Samples,
    server::Server,
};

/// Connections to the service.
const CONNECTIONS: u32 = 16;

/// Tenants that are asked about.
const TENANTS: u64 = 10_000;

const GOAL: f64 = 0.6;

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let database = bench.fresh(engine)?;
        let server = Server::start(&database).await?;
        subscribe_tenants(&database, "gate", (0, TENANTS), 20 * 86_400).await?;
        load::times(server.address, CONNECTIONS, TENANTS, &grant_each()?).await?;
        database.settle().await?;
        let asked = [one_row()?, gate(), quotas()];
        let mut rates = [Samples::default(), Samples::default(), Samples::default()];
        let options = &bench.options;
        for _ in 0..=options.rounds {
            for (asked, rates) in asked.iter().zip(&mut rates) {
                let services = [server.address];
                let run = load::closed(&services, CONNECTIONS, options.turn(), asked).await?;
                rates.push(run.rate());
            }
        }
        let [row, gate, quotas] = rates.each_ref().map(Samples::median);
        for (what, rate) in [("gate check", gate), ("quotas of a plan", quotas)] {
            let new = Row::new(engine, what, rate, Unit::PerSecond);
            rows.push(new.against("credit balance, one row", row).at_least(GOAL));
        }
    }
    Ok(rows)
}

/// Grants the n-th tenant some credit, so that it has a book.
fn grant_each() -> Outcome<Asked<'static>> {
    let caller = Caller::person("platform", "super_admin")?;
    Ok(Asked::new(201, move |n, request| {
        let path = format!("/admin/billing/credit-balance/gate-{n:07}/adjust");
        caller.write_post(&path, r#"{"amount":1,"source":"promo"}"#, request);
    }))
}

fn tenant(n: u64) -> String {
    format!("gate-{:07}", scatter(n, TENANTS))
}

/// Reads the one row of a tenant's book.
fn one_row() -> Outcome<Asked<'static>> {
    let caller = Caller::person("platform", "super_admin")?;
    Ok(Asked::new(200, move |n, request| {
        caller.write_get(&format!("/admin/billing/credit-balance/{}", tenant(n)), request);
    }))
}

/// Asks whether a tenant may pass a gate.
fn gate() -> Asked<'static> {
    Asked::new(200, |n, request| {
        let caller = Caller::service(&tenant(n));
        caller.write_post(
            "/internal/billing/feature-gates/check",
            r#"{"gate_key":"sso"}"#,
            request,
        );
    })
}

/// Reads the quotas of a plan.
fn quotas() -> Asked<'static> {
    const PLANS: [&str; 4] = ["free", "basic", "pro", "enterprise"];
    let caller = Caller::service("gate-0000000");
    Asked::new(200, move |n, request| {
        let plan = PLANS[usize::try_from(n % 4).unwrap_or(0)];
        caller.write_get(&format!("/internal/billing/plans/{plan}/quotas"), request);
    })
}
