//! `renewals`: a run of renewals, beside the same rows written in sets; and where few are due of
//! many.

use std::{sync::Arc, thread, time::Instant};

use countinghouse::{
    catalog::SeedPlans,
    command::Commands,
    db::{Db, Settings},
    env::{Clock, Env, Ids, TenantClocks},
    subscriptions::{RenewalRun, RenewalRunReport},
};

use crate::{
    Failure, Outcome,
    bench::Bench,
    database::{Database, Engine},
    raw::{copy_renewals, subscribe_tenants},
    report::{Row, Unit},
};

/// One in so many is due where few are.
const ONE_IN: u64 = 100;

/// Seconds of a run, in which all of so many were due, and of what it is compared with.
struct Measured {
    all: f64,
    raw: f64,
    few: f64,
}

pub(super) fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let due = bench.options.records / 10;
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let (many, few) = (bench.fresh(engine)?, bench.fresh(engine)?);
        // Threads as the service has them, away from the one that the driver lives on.
        let measured = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(measure(&many, &few, due))
        });
        let measured = measured.join().map_err(|_| Failure::from("the run panicked"))??;
        rows.extend(compare(engine, due, &measured));
    }
    Ok(rows)
}

async fn measure(many: &Database, few: &Database, due: u64) -> Outcome<Measured> {
    let env = open(many).await?;
    subscribe_tenants(many, "ren", (0, due), -3_600).await?;
    subscribe_tenants(many, "raw", (0, due), 365 * 86_400).await?;
    many.settle().await?;
    let all = renew(&env, due).await?;
    many.settle().await?;
    let began = Instant::now();
    copy_renewals(many, "ren", "raw", due).await?;
    let raw = began.elapsed().as_secs_f64();
    env.db.close().await;

    let env = open(few).await?;
    subscribe_tenants(few, "ren", (0, due / ONE_IN * 10), -3_600).await?;
    subscribe_tenants(few, "ren", (due / ONE_IN * 10, due * 10), 20 * 86_400).await?;
    few.settle().await?;
    let few = renew(&env, due / ONE_IN * 10).await?;
    env.db.close().await;
    Ok(Measured { all, raw, few })
}

/// What commands need on a database that has its plans.
pub(super) async fn open(database: &Database) -> Outcome<Env> {
    let db = Db::open(&Settings::new(database.url())).await?;
    db.migrate().await?;
    let (clock, ids) = (Clock::System, Ids::random());
    let seller = Arc::default();
    let env = Env { db, clock, ids, tenant_clocks: TenantClocks::Ignored, seller };
    let seeded = Commands::start(env.clone()).run(SeedPlans, None).await;
    seeded.map_err(|error| Failure::from(format!("plans: {error:?}")))?;
    Ok(env)
}

/// Seconds of a run that finds so many due.
pub(super) async fn renew(env: &Env, due: u64) -> Outcome<f64> {
    let commands = Commands::start(env.clone());
    let began = Instant::now();
    let mut run = RenewalRun::start(env, &commands, None).await?;
    let mut report = RenewalRunReport::default();
    while let Some(outcomes) = run.next_group().await? {
        report.add(outcomes);
    }
    let seconds = began.elapsed().as_secs_f64();
    let renewed = serde_json::to_value(&report)?["succeeded"].as_u64();
    if !report.is_clean() || renewed != Some(due) {
        return Err(format!("{renewed:?} of {due} were renewed").into());
    }
    Ok(seconds)
}

fn compare(engine: Engine, due: u64, measured: &Measured) -> [Row; 3] {
    let Measured { all, raw, few } = *measured;
    let goal = match engine {
        Engine::Sqlite => 8.0,
        Engine::Postgres => 15.0,
    };
    let rate = |count: u64, seconds: f64| {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        count / seconds
    };
    let (part, whole) = (due / ONE_IN * 10, due * 10);
    [
        Row::new(engine, format!("{due} renewals"), all, Unit::Seconds).at_most(goal),
        Row::new(engine, "renewals", rate(due, all), Unit::PerSecond)
            .against("the same rows in sets", rate(due, raw))
            .at_least(0.5),
        Row::new(
            engine,
            format!("renewals of {part} among {whole}"),
            rate(part, few),
            Unit::PerSecond,
        )
        .against("where all are due", rate(due, all))
        .at_least(0.7),
    ]
}
