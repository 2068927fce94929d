//! `two-processes`: writes through two processes on one database.

use std::net::SocketAddr;

use super::posting::write_adjust;
use crate::{
    Outcome,
    bench::Bench,
    client::Connection,
    database::{Database, Engine},
    load::{self, Asked, Run},
    options::Options,
    report::{Row, Unit},
    request::{Caller, scatter},
    samples::Samples,
    server::Server,
};

/// Tenants that both write to.
const TENANTS: u64 = 16;

/// Connections, of all processes together.
const CONNECTIONS: u32 = 64;

const GOAL: f64 = 0.8;

const DEADLOCKS: &str = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";

/// A tenant as its payments name it.
struct Subscribed {
    service: Caller,
    subscription: String,
}

#[derive(Default)]
struct Rates {
    one: Samples,
    two: Samples,
    refused: u32,
}

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    if !bench.engines().contains(&Engine::Postgres) {
        eprintln!("  it takes PostgreSQL");
        return Ok(Vec::new());
    }
    let database = bench.fresh(Engine::Postgres)?;
    let (one, other) = (Server::start(&database).await?, Server::start(&database).await?);
    let services = [one.address, other.address];
    let asked = write_any(subscribe(one.address).await?)?;
    load::closed(&services, CONNECTIONS, bench.options.warm_up(), &asked).await?;
    let before = database.number(DEADLOCKS).await?;
    let rates = measure(&bench.options, services, &asked).await?;
    Ok(rates.rows(deadlocks(&database, before).await?))
}

async fn subscribe(service: SocketAddr) -> Outcome<Vec<Subscribed>> {
    let mut connection = Connection::open(service).await?;
    let mut all = Vec::new();
    for n in 0..TENANTS {
        let tenant = format!("post-{n}");
        let admin = Caller::person(&tenant, "admin")?;
        let request = admin.post("/billing/subscribe", r#"{"plan":"pro"}"#);
        let made = connection.ask(&request).await?.json(201)?;
        let id = made["data"]["subscription_id"].as_str();
        let subscription = id.ok_or("a subscription without an id")?.to_owned();
        all.push(Subscribed { service: Caller::service(&tenant), subscription });
    }
    Ok(all)
}

/// Adjusts credit and records payments in turn, each to one of the tenants.
fn write_any(tenants: Vec<Subscribed>) -> Outcome<Asked<'static>> {
    let admin = Caller::person("platform", "super_admin")?;
    Ok(Asked::new(201, move |n, request| {
        let place = scatter(n, TENANTS);
        if n % 2 == 0 {
            return write_adjust(&admin, place, n, request);
        }
        let Subscribed { service, subscription } = &tenants[usize::try_from(place).unwrap_or(0)];
        let body = format!(
            r#"{{"subscription_id":"{subscription}","amount":{},"status":"paid","period_start":"2020-01-01T00:00:00Z","period_end":"2020-02-01T00:00:00Z"}}"#,
            n % 500 + 1,
        );
        service.write_post("/internal/billing/records", &body, request);
    }))
}

async fn measure(
    options: &Options,
    services: [SocketAddr; 2],
    asked: &Asked<'_>,
) -> Outcome<Rates> {
    let mut rates = Rates::default();
    for _ in 0..options.rounds {
        let one: Run = load::closed(&services[..1], CONNECTIONS, options.turn(), asked).await?;
        let two: Run = load::closed(&services, CONNECTIONS, options.turn(), asked).await?;
        rates.one.push(one.rate());
        rates.two.push(two.rate());
        rates.refused += one.refused + two.refused;
    }
    Ok(rates)
}

/// How many deadlocks the database has counted since it was asked `before`.
async fn deadlocks(database: &Database, before: i64) -> Outcome<f64> {
    // Its processes tell what they counted a moment later.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let since = database.number(DEADLOCKS).await? - before;
    Ok(f64::from(u32::try_from(since)?))
}

impl Rates {
    fn rows(&self, deadlocks: f64) -> Vec<Row> {
        vec![
            Row::new(Engine::Postgres, "two processes", self.two.median(), Unit::PerSecond)
                .against("one process", self.one.median())
                .at_least(GOAL)
                .note(format!("{} writes were told to come back", self.refused)),
            Row::new(Engine::Postgres, "deadlocks", deadlocks, Unit::Count).at_most(0.0),
        ]
    }
}
