//! `pages`: any page and its total.

use std::net::SocketAddr;

use super::calm::Calm;
use crate::{
    Outcome,
    bench::{Bench, tenant},
    database::Engine,
    load::{self, Asked},
    options::Options,
    raw::{Pgbench, pages_script},
    report::{Row, Unit},
    request::{Caller, scatter},
    samples::Samples,
};

/// Rows of a page.
pub(super) const ROWS: u64 = 20;

/// Connections to the service, and clients of `pgbench`.
pub(super) const CONNECTIONS: u32 = 16;

/// One database, the service on it, and the same statements without it.
struct Side {
    engine: Engine,
    service: SocketAddr,
    asked: Asked<'static>,
    raw: Option<Pgbench>,
    rates: Samples,
    raw_rates: Samples,
}

pub(super) async fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let records = bench.options.records;
    let mut sides = Vec::new();
    for engine in bench.engines() {
        bench.seed(engine, records).await?;
        sides.push(Side::open(bench, engine)?);
    }
    let options = &bench.options;
    for side in &mut sides {
        load::closed(&[side.service], CONNECTIONS, options.warm_up(), &side.asked).await?;
    }
    for _ in 0..options.rounds {
        for side in &mut sides {
            side.turn(options).await?;
        }
    }
    let mut rows = rates(&sides);
    for side in &sides {
        let calm = Calm::below(side.rates.median());
        let calm = calm.turns(options, side.service, &side.asked).await?;
        rows.push(calm.row(side.engine, "any page, fixed rate"));
    }
    Ok(rows)
}

/// Random pages of a tenant's records.
pub(super) fn any_page(tenant: &str, total: u64) -> Outcome<Asked<'static>> {
    let caller = Caller::person(tenant, "member")?;
    let path = format!("/billing/records/{tenant}?page=");
    let pages = total / ROWS;
    Ok(Asked::new(200, move |n, request| {
        caller.write_get(&format!("{path}{}", 1 + scatter(n, pages)), request);
    }))
}

impl Side {
    fn open(bench: &Bench, engine: Engine) -> Outcome<Self> {
        let (seeded, records) = (bench.seeded(engine)?, bench.options.records);
        let (tenant, total) = (tenant(records), seeded.total(records));
        let raw = match engine {
            Engine::Postgres => {
                Some(Pgbench::new(&seeded.database, &pages_script(&tenant, total))?)
            }
            Engine::Sqlite => None,
        };
        Ok(Self {
            engine,
            service: seeded.server.address,
            asked: any_page(&tenant, total)?,
            raw,
            rates: Samples::default(),
            raw_rates: Samples::default(),
        })
    }

    async fn turn(&mut self, options: &Options) -> Outcome {
        let run = load::closed(&[self.service], CONNECTIONS, options.turn(), &self.asked).await?;
        self.rates.push(run.rate());
        if let Some(raw) = &self.raw {
            self.raw_rates.push(raw.rate(CONNECTIONS, options.turn())?);
        }
        Ok(())
    }
}

fn rates(sides: &[Side]) -> Vec<Row> {
    let rate_of =
        |engine| sides.iter().find(|side| side.engine == engine).map(|side| side.rates.median());
    let postgres = rate_of(Engine::Postgres);
    let row = |side: &Side| {
        let row = Row::new(side.engine, "any page", side.rates.median(), Unit::PerSecond);
        let spread = format!("{:.0} to {:.0}/s", side.rates.least(), side.rates.most());
        match (side.engine, postgres) {
            (Engine::Postgres, _) => row
                .against("pgbench", side.raw_rates.median())
                .at_least(0.6)
                .note(format!("aim 0.9×; {spread}")),
            (Engine::Sqlite, Some(rate)) => {
                row.against("PostgreSQL, any page", rate).at_least(1.0).note(spread)
            }
            (Engine::Sqlite, None) => row.note(spread),
        }
    };
    sides.iter().map(row).collect()
}
