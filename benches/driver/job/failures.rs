//! `failures`: what commands that fail half-way cost those beside them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use countinghouse::{
    command::{Command, Commands},
    db::{Db, Error, Settings, Stmt, Time, Tx},
    env::{Clock, Env, Ids, TenantClocks},
    http::problem::ApiError,
};
use futures_util::future::join_all;

use crate::{
    Failure, Outcome,
    bench::Bench,
    database::Engine,
    report::{Row, Unit},
    samples::Samples,
};

/// Tenants that the callers write to.
const TENANTS: usize = 16;

/// Callers at once.
const CALLERS: usize = 64;

/// One command in so many fails; 0 is none.
const ONE_IN: [u64; 3] = [0, 100, 10];

/// Writes a row of its own, and may fail then.
struct Take {
    tenant: String,
    row: u64,
    fails: bool,
}

impl Command for Take {
    type Facts = ();
    type Decision = ();
    type Data = u64;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        &self.tenant
    }

    async fn load(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&self, (): (), _: &Env) -> Result<(), ApiError> {
        Ok(())
    }

    async fn save(&self, (): (), tx: &mut Tx) -> Result<u64, Error> {
        let stmt = Stmt::new(
            "INSERT INTO record_counter (tenant_id, app_id, last_seq, last_at)
             VALUES ($1, $2, $3, $4)",
        );
        let stmt = stmt.bind(&*self.tenant).bind(format!("app-{}", self.row));
        tx.execute(stmt.bind(1_i64).bind(Time(0))).await?;
        if self.fails {
            return Err(Error::corrupt("record_counter", "a benchmark", "app_id"));
        }
        Ok(self.row)
    }
}

pub(super) fn run(bench: &mut Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for engine in bench.engines() {
        let database = bench.fresh(engine)?;
        let (url, rounds, turn) = (database.url(), bench.options.rounds, bench.options.turn());
        // Threads as the service has them, away from the one that the driver lives on.
        let measured = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(measure(url, rounds, turn))
        });
        let measured = measured.join().map_err(|_| Failure::from("the commands panicked"))??;
        rows.extend(compare(engine, &measured));
    }
    Ok(rows)
}

/// Commands that succeeded, a second, for each share of failures.
async fn measure(url: String, rounds: u32, time: Duration) -> Outcome<[Samples; ONE_IN.len()]> {
    let db = Db::open(&Settings::new(url)).await?;
    let env = Env {
        db: db.clone(),
        clock: Clock::System,
        ids: Ids::random(),
        tenant_clocks: TenantClocks::Ignored,
        seller: Arc::default(),
    };
    let commands = Commands::start(env);
    let next = Arc::new(AtomicU64::new(0));
    let mut rates: [Samples; ONE_IN.len()] = Default::default();
    turn(&commands, &next, 0, time / 3).await?;
    for _ in 0..rounds {
        for (one_in, rates) in ONE_IN.into_iter().zip(&mut rates) {
            rates.push(turn(&commands, &next, one_in, time).await?);
        }
        db.checkpoint().await?;
    }
    Ok(rates)
}

async fn turn(
    commands: &Commands,
    next: &Arc<AtomicU64>,
    one_in: u64,
    time: Duration,
) -> Outcome<f64> {
    let (began, done) = (Instant::now(), Arc::new(AtomicU32::new(0)));
    let callers = (0..CALLERS).map(|caller| {
        let (commands, next, done) = (commands.clone(), Arc::clone(next), Arc::clone(&done));
        tokio::spawn(async move {
            while began.elapsed() < time {
                let row = next.fetch_add(1, Ordering::Relaxed);
                let fails = one_in != 0 && row % one_in == 0;
                let take = Take { tenant: format!("t{}", caller % TENANTS), row, fails };
                match commands.run(take, None).await {
                    Ok(_) => done.fetch_add(1, Ordering::Relaxed),
                    Err(ApiError::Internal(_)) if fails => continue,
                    Err(other) => return Err(Failure::from(format!("a command: {other:?}"))),
                };
            }
            Ok(())
        })
    });
    for caller in join_all(callers).await {
        caller??;
    }
    Ok(f64::from(done.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64())
}

fn compare(engine: Engine, rates: &[Samples; ONE_IN.len()]) -> [Row; ONE_IN.len()] {
    let [none, some, many] = rates.each_ref().map(Samples::median);
    let row = |what, rate| Row::new(engine, what, rate, Unit::PerSecond);
    [
        row("commands, none fails", none),
        row("commands that succeed, 1 % fail", some).against("none fails", none),
        row("commands that succeed, 10 % fail", many).against("none fails", none),
    ]
}
