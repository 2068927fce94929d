//! `posting-hot` and `posting-spread`: adjustments of credit, beside the same entries with SQL.

use super::calm::Calm;
use crate::{
    Outcome,
    bench::Bench,
    database::{Database, Engine},
    load::{self, Asked},
    options::Options,
    raw::{OneByOne, Pgbench, books, posting_script},
    report::{Row, Unit},
    request::{Caller, scatter},
    samples::Samples,
    server::Server,
};

/// Connections to the service.
const CONNECTIONS: u32 = 64;

/// Clients of `pgbench`; the better number counts.
const CLIENTS: [u32; 2] = [8, 64];

/// What is posted to, and how much faster than plain SQL it should be.
pub(super) struct Spread {
    tenants: u64,
    goal: f64,
    aim: &'static str,
}

/// One tenant.
pub(super) const HOT: Spread = Spread { tenants: 1, goal: 3.0, aim: "aim 5× and 20,000/s" };

/// Many tenants.
pub(super) const SPREAD: Spread =
    Spread { tenants: 10_000, goal: 1.2, aim: "aim 12,000/s on PostgreSQL, 9,000/s on SQLite" };

/// Plain SQL on one database.
enum Raw {
    Postgres(Pgbench),
    Sqlite(OneByOne),
}

/// What was measured, a number a round.
#[derive(Default)]
struct Rates {
    plain: Samples,
    keyed: Samples,
    /// For each number of clients.
    raw: [Samples; CLIENTS.len()],
    refused: u32,
}

pub(super) async fn run(bench: &mut Bench, spread: &Spread) -> Outcome<Vec<Row>> {
    let tenants = spread.tenants.min(bench.options.records / 100);
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let database = bench.fresh(engine)?;
        let server = Server::start(&database).await?;
        let mut raw = Raw::open(&database, tenants).await?;
        let options = &bench.options;
        load::times(server.address, CONNECTIONS, tenants, &adjust_each()?).await?;
        database.settle().await?;
        let (plain, keyed) = (adjust_any(tenants)?, adjust_any_once(tenants)?);
        let rates = measure(options, &server, &mut raw, &plain, &keyed).await?;
        let calm = Calm::below(rates.plain.median());
        let calm = calm.turns(options, server.address, &plain).await?;
        rows.extend(rates.rows(engine, spread));
        rows.push(calm.row(engine, "adjustment, fixed rate"));
    }
    Ok(rows)
}

/// The n-th request adjusts the n-th tenant.
fn adjust_each() -> Outcome<Asked<'static>> {
    let caller = Caller::person("platform", "super_admin")?;
    Ok(Asked::new(201, move |n, request| write_adjust(&caller, n, n, request)))
}

/// Adjusts one of the tenants.
fn adjust_any(tenants: u64) -> Outcome<Asked<'static>> {
    let caller = Caller::person("platform", "super_admin")?;
    Ok(Asked::new(201, move |n, request| write_adjust(&caller, scatter(n, tenants), n, request)))
}

/// The same, each under a key of its own.
fn adjust_any_once(tenants: u64) -> Outcome<Asked<'static>> {
    let caller = Caller::person("platform", "super_admin")?;
    Ok(Asked::new(201, move |n, request| {
        let caller = caller.with("Idempotency-Key", &format!("key-{n}"));
        write_adjust(&caller, scatter(n, tenants), n, request);
    }))
}

/// Writes the request for an adjustment by one unit.
pub(super) fn write_adjust(caller: &Caller, tenant: u64, n: u64, request: &mut Vec<u8>) {
    let path = format!("/admin/billing/credit-balance/post-{tenant}/adjust");
    let body = format!(r#"{{"amount":1,"source":"promo","remark":"a benchmark {n}"}}"#);
    caller.write_post(&path, &body, request);
}

async fn measure(
    options: &Options,
    server: &Server,
    raw: &mut Raw,
    plain: &Asked<'_>,
    keyed: &Asked<'_>,
) -> Outcome<Rates> {
    let services = [server.address];
    let mut rates = Rates::default();
    load::closed(&services, CONNECTIONS, options.warm_up(), plain).await?;
    for _ in 0..options.rounds {
        let run = load::closed(&services, CONNECTIONS, options.turn(), plain).await?;
        rates.plain.push(run.rate());
        rates.refused += run.refused;
        raw.turn(options, &mut rates.raw).await?;
        let run = load::closed(&services, CONNECTIONS, options.turn(), keyed).await?;
        rates.keyed.push(run.rate());
        rates.refused += run.refused;
    }
    Ok(rates)
}

impl Raw {
    async fn open(database: &Database, tenants: u64) -> Outcome<Self> {
        let now = match database.engine {
            Engine::Sqlite => "1",
            Engine::Postgres => "now()",
        };
        database.execute(&books(tenants, now)).await?;
        Ok(match database.engine {
            Engine::Sqlite => Self::Sqlite(OneByOne::open(database, tenants).await?),
            Engine::Postgres => Self::Postgres(Pgbench::new(database, &posting_script(tenants))?),
        })
    }

    async fn turn(&mut self, options: &Options, rates: &mut [Samples; CLIENTS.len()]) -> Outcome {
        match self {
            Self::Sqlite(connection) => rates[0].push(connection.rate(options.turn()).await?),
            Self::Postgres(pgbench) => {
                for (clients, rates) in CLIENTS.into_iter().zip(rates) {
                    rates.push(pgbench.rate(clients, options.turn())?);
                }
            }
        }
        Ok(())
    }
}

impl Rates {
    fn rows(&self, engine: Engine, spread: &Spread) -> [Row; 2] {
        let best = self.raw.iter().map(Samples::median).fold(0.0, f64::max);
        let raw = match engine {
            Engine::Sqlite => String::new(),
            Engine::Postgres => {
                let [few, many] = self.raw.each_ref().map(Samples::median);
                format!("; pgbench {few:.0}/s with 8 clients, {many:.0}/s with 64")
            }
        };
        let refused = match self.refused {
            0 => String::new(),
            some => format!("; {some} were told to come back"),
        };
        let row = |what: &str, rates: &Samples| {
            Row::new(engine, what, rates.median(), Unit::PerSecond)
                .against("one by one", best)
                .at_least(spread.goal)
        };
        let told = format!("{}{raw}{refused}", spread.aim);
        [
            row("adjustment", &self.plain).note(told),
            row("adjustment with Idempotency-Key", &self.keyed),
        ]
    }
}
