//! The process is killed at any moment, while clients write and repeat what was not answered.
//!
//! `CRASH_KILLS` sets how often; a few times by default.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::harness::{API_KEY, Engine, SECRET, engines, sign};

/// How many clients write at once.
const CLIENTS: u64 = 16;

/// The tenants that they write to.
const TENANTS: u64 = 4;

/// A running service.
struct Process {
    child: Child,
    database: String,
    port: u16,
}

impl Process {
    fn start(database: &str, port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_countinghouse"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database-url", database])
            .env("COUNTINGHOUSE_JWT_HS256_SECRET", SECRET)
            .env("COUNTINGHOUSE_API_KEYS", API_KEY)
            .env("COUNTINGHOUSE_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, database: database.to_owned(), port }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn ready(&self, client: &reqwest::Client) {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        for _ in 0..2_000 {
            if client.get(&url).send().await.is_ok_and(|it| it.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the service does not come up on {}", self.database);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the clients were answered: tenant and remark, and the id of the transaction.
type Answered = Arc<Mutex<BTreeMap<(u64, String), String>>>;

/// Writes until it is told to stop; what is not answered is sent again under the same key.
async fn write(
    client: reqwest::Client,
    port: u16,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    answered: Answered,
) {
    while !stop.load(Ordering::SeqCst) {
        let n = next.fetch_add(1, Ordering::SeqCst);
        let tenant = n % TENANTS;
        let url =
            format!("http://127.0.0.1:{port}/api/v1/admin/billing/credit-balance/t{tenant}/adjust");
        let token = sign(
            &json!({ "sub": "usr", "tenant_id": format!("t{tenant}"), "role": "admin", "exp": 4_000_000_000_i64 }),
        );
        let body = json!({ "amount": 1, "source": "promo", "remark": format!("n{n}") });
        loop {
            let request = client
                .post(&url)
                .bearer_auth(&token)
                .header("idempotency-key", format!("key-{n}"))
                .json(&body);
            let Ok(answer) = request.send().await else {
                tokio::time::sleep(Duration::from_millis(3)).await;
                continue;
            };
            let status = answer.status().as_u16();
            let Ok(text) = answer.text().await else { continue };
            match status {
                201 => {
                    let body: Value = serde_json::from_str(&text).unwrap();
                    let id = body["data"]["id"].as_str().unwrap().to_owned();
                    answered.lock().unwrap().insert((tenant, format!("n{n}")), id);
                    break;
                }
                503 => tokio::time::sleep(Duration::from_millis(3)).await,
                other => panic!("{other}: {text}"),
            }
        }
    }
}

/// Every transaction that is there, by tenant and remark; a remark that is there twice panics.
async fn stored(client: &reqwest::Client, port: u16) -> BTreeMap<(u64, String), String> {
    let mut all = BTreeMap::new();
    for tenant in 0..TENANTS {
        let token = sign(
            &json!({ "sub": "usr", "tenant_id": format!("t{tenant}"), "exp": 4_000_000_000_i64 }),
        );
        let mut cursor = String::new();
        let mut balances = BTreeSet::new();
        loop {
            let url = format!(
                "http://127.0.0.1:{port}/api/v1/billing/credit-transactions/t{tenant}?page_size=100&cursor={cursor}"
            );
            let answer = client.get(&url).bearer_auth(&token).send().await.unwrap();
            let page: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            for item in page["items"].as_array().unwrap() {
                let remark = item["remark"].as_str().unwrap().to_owned();
                let id = item["id"].as_str().unwrap().to_owned();
                assert!(balances.insert(item["balance"].as_i64().unwrap()), "a balance twice");
                assert!(all.insert((tenant, remark.clone()), id).is_none(), "{remark} twice");
            }
            match page["pagination"]["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        let last = i64::try_from(balances.len()).unwrap();
        assert!(balances.into_iter().eq(1..=last), "the balances are not a staircase");
    }
    all
}

async fn survive(engine: Engine, kills: u64) {
    let client = reqwest::Client::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = engine.url();
    let mut process = Process::start(&url, port);
    process.ready(&client).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (next, answered) = (Arc::new(AtomicU64::new(0)), Answered::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            tokio::spawn(write(client.clone(), port, next.clone(), stop.clone(), answered.clone()))
        })
        .collect();
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(20 + kill * 37 % 180)).await;
        process.kill();
        process = Process::start(&url, port);
        process.ready(&client).await;
    }
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    let stored = stored(&client, port).await;
    let answered = answered.lock().unwrap().clone();
    println!("{url}: {kills} kills, {} answered, {} found", answered.len(), stored.len());
    assert!(answered.len() as u64 > kills, "hardly anything was written");
    assert_eq!(answered, stored, "what was answered is what is there, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_and_nothing_is_there_twice_however_often_it_is_killed() {
    let kills = std::env::var("CRASH_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    for engine in engines() {
        survive(engine, kills).await;
    }
}
