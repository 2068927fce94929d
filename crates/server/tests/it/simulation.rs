//! Tenants in many zones live for years: they subscribe, change, pay or don't, while the database
//! fails now and then. Everything is decided by one seed, and all must fit together every day.
//!
//! `SIM_TENANTS`, `SIM_DAYS`, `SIM_SEED` and `SIM_START` say how many, how long, which, and from
//! when; `SIM_RUNS` how often on each engine, each run on a thread of its own. The seed is printed
//! with the digest of the journal: the same seed gives the same journal, again and on the other
//! engine.

mod acts;
mod calendar;
mod changes;
mod checks;
mod faults;
mod journal;
mod metering;
mod money_back;
mod revenue;
mod rows;
mod world;

use std::{collections::BTreeMap, env, fmt, str::FromStr, thread};

use axum::http::Method;
use countinghouse::{
    books::{Depth, verify},
    db::Stmt,
};
use serde_json::{Value, json};

use self::{
    journal::Journal,
    world::{DAY, World, second, units},
};
use crate::harness::{Engine, Server, engines};

/// How often, in a hundred, a tenant does something in a day; the scheduler stands still; a price
/// is changed.
const BUSY: u8 = 18;
const OUTAGE: u8 = 4;
const PRICE: u8 = 3;

/// How often all books are verified, in days.
const VERIFY_EVERY: i64 = 30;

/// How many invoices to come are compared with those that came, in a day.
const FORESEEN_MAX: usize = 4;

/// The size of a simulation.
#[derive(Clone, Debug)]
struct Size {
    tenants: usize,
    days: i64,
    seed: u64,
    /// Before a leap day and the changes of clocks.
    start: String,
}

fn asked<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(default)
}

/// What is left of a world.
struct Life {
    engine: &'static str,
    journal: Journal,
    injected: usize,
    rows: Vec<String>,
}

impl Life {
    fn run(engine: Engine, size: &Size) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = live(engine, size).await;
            let (engine, rows) = (world.server.env.db.engine(), world.rows().await);
            Self { engine, rows, injected: world.injected, journal: world.journal }
        })
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} lines, {} rows, {} failures injected, {} changes by hand, sha256 {}",
            self.engine,
            self.journal.len(),
            self.rows.len(),
            self.injected,
            self.journal.count("by hand"),
            self.journal.digest(),
        )
    }
}

async fn live(engine: Engine, size: &Size) -> World {
    let server = Server::start(engine).await;
    let mut world = World::new(server, size.seed, size.tenants, &size.start).await;
    let mut heads = BTreeMap::new();
    let mut outage = 0;
    for day in 0..size.days {
        let start = second(&size.start) + day * DAY;
        wait_until(&world, start);
        outage = if outage > 0 {
            outage - 1
        } else if world.dice.happens(OUTAGE) {
            world.dice.between(1, 40)
        } else {
            0
        };
        if outage == 0 {
            let foreseen = foresee(&mut world).await;
            world.run_due().await;
            compare(&world, foreseen).await;
            world.assert_all_billed().await;
        }
        a_day(&mut world, start).await;
        for tenant in touched(&world, &mut heads).await {
            checks::check(&world, tenant).await;
        }
        // No job of the service runs here, and a log that only grows is slow to read.
        world.server.env.db.checkpoint().await.unwrap();
        if (day + 1) % VERIFY_EVERY == 0 || day + 1 == size.days {
            println!("{}: day {} is over", world.server.env.db.engine(), day + 1);
            let report = verify(&world.server.env.db, Depth::Deep, |_, _| ()).await.unwrap();
            assert_eq!(report.breaks, [], "{}", world.journal.tail());
        }
    }
    world
}

/// Everybody's day: payments are answered, and some do something.
async fn a_day(world: &mut World, start: i64) {
    let mut moments = Vec::new();
    for tenant in 0..world.tenants.len() {
        world.answer_payments(tenant).await;
        if world.dice.happens(BUSY) {
            moments.push((world.second_of_day(tenant, start), tenant));
        }
    }
    if world.dice.happens(PRICE) {
        world.change_price().await;
    }
    moments.sort_unstable();
    for (moment, tenant) in moments {
        wait_until(world, moment);
        world.act(tenant).await;
        world.server.advance(1);
    }
}

fn wait_until(world: &World, second: i64) {
    world.server.advance((second - world.server.now().as_second()).max(0));
}

/// Tenants of whose subscriptions something was told since the last time.
async fn touched(world: &World, heads: &mut BTreeMap<String, i64>) -> Vec<usize> {
    let stmt = Stmt::new(
        "SELECT tenant_id, CAST(SUM(last_position) AS BIGINT) FROM chain_head GROUP BY tenant_id",
    );
    let rows: Vec<(String, i64)> = world.server.env.db.fetch_all(stmt).await.unwrap();
    let now: BTreeMap<String, i64> = rows.into_iter().collect();
    let is_touched = |name: &String| now.get(name) != heads.get(name);
    let all = world.tenants.iter().enumerate();
    let touched = all.filter(|(_, it)| is_touched(&it.name)).map(|(at, _)| at).collect();
    *heads = now;
    touched
}

/// The invoices that some subscriptions which are due would get, and no other before.
async fn foresee(world: &mut World) -> Vec<Value> {
    let stmt = Stmt::new(
        "SELECT tenant_id FROM subscription WHERE status IN ('trial', 'active', 'past_due')
            AND period_end <= $1 AND NOT EXISTS (
                SELECT 1 FROM metered_usage AS m WHERE m.tenant_id = subscription.tenant_id
                    AND ((m.status = 'open' AND m.period_end < subscription.period_end)
                        OR m.late_due < subscription.period_end))
         ORDER BY period_end, tenant_id",
    );
    let due: Vec<(String,)> =
        world.server.env.db.fetch_all(stmt.bind(world.server.now())).await.unwrap();
    let mut foreseen = Vec::new();
    for (name,) in due.into_iter().take(FORESEEN_MAX) {
        let tenant = world.tenants.iter().position(|it| it.name == name).unwrap();
        let path = "/admin/billing/subscription/{}/next-invoice";
        let answer = world.ask(tenant, Method::GET, path, json!({})).await;
        if answer.status.is_success() {
            foreseen.push(answer.at("/data"));
        }
    }
    foreseen
}

/// What was foreseen is what came, unless the subscription was suspended before.
async fn compare(world: &World, foreseen: Vec<Value>) {
    for it in foreseen {
        let stmt = Stmt::new(
            "SELECT net, tax, total, credit_applied FROM invoice
             WHERE tenant_id = $1 AND subscription_id = $2 AND kind = 'period'
                AND period_start = $3",
        );
        let text = |name: &str| it[name].as_str().unwrap();
        let start = countinghouse_core::calendar::Instant::parse(text("period_start")).unwrap();
        let stmt = stmt.bind(text("tenant_id")).bind(text("subscription_id")).bind(start);
        let came: Option<(i64, i64, i64, i64)> =
            world.server.env.db.fetch_optional(stmt).await.unwrap();
        let Some((net, tax, total, credit)) = came else {
            let tenant = world.tenants.iter().position(|one| one.name == text("tenant_id"));
            let seen = world.seen(tenant.unwrap()).await;
            let is_served =
                seen.as_ref().is_some_and(|it| it.is_live() && it.status != "suspended");
            assert!(!is_served, "{it} did not come: {seen:?}");
            continue;
        };
        let said = ["net_amount", "tax_amount", "amount", "credit_applied"];
        assert_eq!(said.map(|name| units(&it[name])), [net, tax, total, credit], "{it}");
    }
}

#[test]
fn tenants_live_for_years_and_every_day_all_of_it_fits_together() {
    let size = Size {
        tenants: asked("SIM_TENANTS", 16),
        days: asked("SIM_DAYS", 90),
        seed: asked("SIM_SEED", 1),
        start: asked("SIM_START", "2028-01-25T00:00:00Z".to_owned()),
    };
    println!("{size:?}");
    let lives = (0..asked("SIM_RUNS", 2)).flat_map(|_| engines()).map(|engine| {
        let size = size.clone();
        thread::spawn(move || Life::run(engine, &size))
    });
    let lives: Vec<thread::JoinHandle<Life>> = lives.collect();
    let lives: Vec<Life> = lives.into_iter().map(|it| it.join().unwrap()).collect();
    for it in &lives {
        println!("{it}");
    }
    let first = &lives[0];
    for other in &lives[1..] {
        first.journal.assert_same(&other.journal);
        let differs = first.rows.iter().zip(&other.rows).find(|(one, two)| one != two);
        assert_eq!(differs, None);
        assert_eq!(first.rows.len(), other.rows.len());
    }
    for told in ["renewed", "change-plan", "rollback-plan {} -> 200", "by hand"] {
        assert!(first.journal.count(told) > 0, "nothing of `{told}` in {size:?}");
    }
    let kept = ["subscription.past_due", "credit_note.issued", "usage.alert", " beyond "];
    for kept in kept {
        assert!(first.rows.iter().any(|row| row.contains(kept)), "nothing of `{kept}` in {size:?}");
    }
    assert!(first.injected > 0);
}
