//! The process is killed while clients send events, each event several times and until it is answered.
//!
//! `METER_EVENTS` and `METER_KILLS` say how many events, and how many kills; `METER_SEED` which. The
//! seed is printed.

use std::{
    collections::BTreeMap,
    env,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use countinghouse::{
    db::{Db, Settings, Stmt, Time},
    env::Dice,
};
use countinghouse_core::calendar::Instant;
use serde_json::{Value, json};

use crate::harness::{
    API_KEY, Engine, engines,
    process::{Process, free_port, verify},
    sign,
};

/// How many clients send at once.
const CLIENTS: usize = 16;

/// How often each event is sent.
const TIMES: usize = 3;

/// The most events of a batch.
const BATCH_MAX: i64 = 100;

/// What is used, and the column of its sum.
const RESOURCES: [&str; 3] = ["api_calls", "sms", "bandwidth"];

/// The first of the days, and how many there are: two metering periods are touched.
const FIRST_DAY: &str = "2026-02-20T00:00:00Z";
const DAYS: i64 = 20;

/// When the second of them begins.
const BOUNDARY: &str = "2026-02-28T12:00:00Z";

/// Sums by app, resource, and a day or the start of a period.
type Sums = BTreeMap<(String, String, String), i64>;

pub(super) fn asked<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(default)
}

fn event(n: usize, dice: &mut Dice) -> Value {
    let at = Instant::parse(FIRST_DAY).unwrap();
    let at = at.plus_seconds(dice.between(0, DAYS * 86_400 - 1)).unwrap();
    json!({
        "event_id": format!("evt_{n}"),
        "resource_type": dice.one_of(&RESOURCES),
        "amount": dice.between(1, 1_000),
        "app_id": format!("app_{}", dice.place(5)),
        "occurred_at": at.to_string(),
    })
}

/// The sums of events by `place` of the time of each.
fn sums(events: &[Value], place: impl Fn(&str) -> String) -> Sums {
    let mut sums = Sums::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for it in events {
        let place = place(it["occurred_at"].as_str().unwrap());
        let key = (text(&it["app_id"]), text(&it["resource_type"]), place);
        *sums.entry(key).or_default() += it["amount"].as_i64().unwrap();
    }
    sums
}

/// What clients send: every event so many times, in any order, in batches of any size.
fn parcels(events: &[Value], dice: &mut Dice) -> Vec<Vec<Value>> {
    let mut order: Vec<usize> = (0..events.len() * TIMES).map(|n| n % events.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, dice.place(last + 1));
    }
    let mut parcels = Vec::new();
    let mut rest = &order[..];
    while !rest.is_empty() {
        let size = if dice.happens(60) { 1 } else { dice.between(1, BATCH_MAX) };
        let size = usize::try_from(size).unwrap().min(rest.len());
        parcels.push(rest[..size].iter().map(|place| events[*place].clone()).collect());
        rest = &rest[size..];
    }
    parcels
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    port: u16,
}

impl Client {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/api/v1{path}", self.port)
    }

    /// Sends it until it is answered, and gives how many events were new.
    async fn send(&self, parcel: &[Value]) -> u64 {
        let is_batch = parcel.len() > 1;
        let (path, body) = match parcel {
            [one] => ("report", one.clone()),
            many => ("batch", json!({ "events": many })),
        };
        let url = self.url(&format!("/internal/billing/metering/{path}"));
        loop {
            let request = self.http.post(&url).header("x-api-key", API_KEY);
            let answer = request.header("x-tenant-id", "acme").json(&body).send().await;
            let Ok(answer) = answer else {
                tokio::time::sleep(Duration::from_millis(3)).await;
                continue;
            };
            let status = answer.status().as_u16();
            let Ok(text) = answer.text().await else { continue };
            match status {
                200 => {
                    let data = serde_json::from_str::<Value>(&text).unwrap()["data"].clone();
                    if !is_batch {
                        return u64::from(data["duplicate"] == false);
                    }
                    assert_eq!(data["rejected"], 0, "{text}");
                    return data["accepted"].as_u64().unwrap();
                }
                503 => tokio::time::sleep(Duration::from_millis(3)).await,
                other => panic!("{other}: {text}"),
            }
        }
    }

    /// Subscribes `acme` on a clock of its own, which is left at the end of the days.
    async fn prepare(&self) {
        let clock = self.url("/internal/billing/test-clock/acme");
        for now in ["2026-01-31T12:00:00Z", "2026-03-12T00:00:00Z"] {
            let request = self.http.put(&clock).header("x-api-key", API_KEY);
            let moved = request.json(&json!({ "now": now })).send().await.unwrap();
            assert_eq!(moved.status(), 200);
            if now.starts_with("2026-01") {
                let claims = json!({
                    "sub": "usr", "tenant_id": "acme", "role": "admin", "exp": 4_000_000_000_i64
                });
                let request = self.http.post(self.url("/billing/subscribe"));
                let request = request.bearer_auth(sign(&claims)).json(&json!({ "plan": "free" }));
                assert_eq!(request.send().await.unwrap().status(), 201);
            }
        }
    }
}

fn start(url: &str, port: u16) -> Process {
    Process::start(url, port, &[("COUNTINGHOUSE_SANDBOX", "true")])
}

/// Kills the processes that share a database in turn, while their clients send.
async fn survive(engine: Engine, count: usize) {
    let (total, kills) = (asked("METER_EVENTS", 2_000_usize), asked("METER_KILLS", 3_usize));
    let seed = asked("METER_SEED", 1_u64);
    let mut dice = Dice::seeded(seed);
    let events: Vec<Value> = (0..total).map(|n| event(n, &mut dice)).collect();
    let parcels = parcels(&events, &mut dice);
    let mut moments: Vec<usize> = (0..kills).map(|_| dice.place(parcels.len())).collect();
    moments.sort_unstable();
    let (http, url) = (reqwest::Client::new(), engine.url());
    let mut processes = Vec::new();
    for _ in 0..count {
        let process = start(&url, free_port());
        process.ready(&http).await;
        processes.push(process);
    }
    let client = |place: usize| Client { http: http.clone(), port: processes[place % count].port };
    client(0).prepare().await;
    let (parcels, next) = (Arc::new(parcels), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|place| {
            let (client, parcels, next) = (client(place), parcels.clone(), next.clone());
            tokio::spawn(async move {
                let mut accepted = 0;
                while let Some(parcel) = parcels.get(next.fetch_add(1, Ordering::SeqCst)) {
                    accepted += client.send(parcel).await;
                }
                accepted
            })
        })
        .collect();
    for (moment, place) in moments.into_iter().zip((0..count).cycle()) {
        while next.load(Ordering::SeqCst) < moment {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.between(0, 25).unsigned_abs())).await;
        processes[place].kill();
        processes[place] = start(&url, processes[place].port);
        processes[place].ready(&http).await;
    }
    let mut accepted = 0;
    for client in clients {
        accepted += client.await.unwrap();
    }
    processes.iter_mut().for_each(Process::kill);
    println!(
        "{count} process(es) on {url}: {total} events sent {TIMES} times in {} requests, {kills} \
         kills, {accepted} answered as new, seed {seed}",
        parcels.len()
    );
    assert!(usize::try_from(accepted).unwrap() <= total, "an event was new twice");
    check(&url, &events).await;
    verify(&url);
}

/// What is counted are the events, each once.
async fn check(url: &str, events: &[Value]) {
    let db = Db::open(&Settings::new(url)).await.unwrap();
    let one = async |sql: &'static str| {
        let row: Option<(i64,)> = db.fetch_optional(Stmt::new(sql)).await.unwrap();
        row.unwrap().0
    };
    let rows = one("SELECT COUNT(*) FROM usage_event WHERE tenant_id = 'acme'").await;
    assert_eq!(rows, i64::try_from(events.len()).unwrap());
    let stmt = Stmt::new(
        "SELECT app_id, day, api_requests, sms, bandwidth_used FROM usage_day
         WHERE tenant_id = 'acme'",
    );
    let days: Vec<(String, String, i64, i64, i64)> = db.fetch_all(stmt).await.unwrap();
    let mut by_day = Sums::new();
    for (app, day, calls, sms, bandwidth) in days {
        for (resource, sum) in RESOURCES.into_iter().zip([calls, sms, bandwidth]) {
            by_day.insert((app.clone(), resource.to_owned(), day.clone()), sum);
        }
    }
    by_day.retain(|_, sum| *sum > 0);
    assert_eq!(by_day, sums(events, |at| at[..10].to_owned()));
    let stmt = Stmt::new(
        "SELECT app_id, resource_type, period_start, total_usage FROM metered_usage
         WHERE tenant_id = 'acme'",
    );
    let periods: Vec<(String, String, Time, i64)> = db.fetch_all(stmt).await.unwrap();
    let by_period: Sums = periods
        .into_iter()
        .map(|(app, resource, start, sum)| {
            ((app, resource, start.instant().unwrap().to_string()), sum)
        })
        .collect();
    let start = |at: &str| if at < BOUNDARY { "2026-01-31T12:00:00Z" } else { BOUNDARY };
    assert_eq!(by_period, sums(events, |at| start(at).to_owned()));
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_counts_once_however_often_it_is_sent_and_the_process_is_killed() {
    for engine in engines() {
        survive(engine, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_count_every_event_once_between_them() {
    for engine in engines().into_iter().filter(|it| matches!(it, Engine::Postgres(_))) {
        survive(engine, 2).await;
    }
}
