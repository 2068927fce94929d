//! The process is killed at any moment, while clients write and repeat what was not answered.
//!
//! `CRASH_KILLS` sets how often; a few times by default.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::harness::{
    API_KEY, Engine, engines,
    process::{Process, free_port, verify},
    sign,
};

/// How many clients write at once.
const CLIENTS: usize = 16;

/// The tenants that they write to.
const TENANTS: u64 = 4;

/// What one client does, and how the answer is found again: a tenant and a word.
type Written = (u64, String);

/// What the clients were answered, and the id that they were given.
type Answered = Arc<Mutex<BTreeMap<Written, String>>>;

/// A service and its clients.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    port: u16,
}

impl Client {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/api/v1{path}", self.port)
    }

    /// The token of somebody of a tenant.
    fn token(tenant: u64, role: &str) -> String {
        sign(&json!({
            "sub": "usr", "tenant_id": format!("t{tenant}"), "role": role, "exp": 4_000_000_000_i64
        }))
    }

    /// A credit, or a payment that makes a record: one goes with others in a set, one alone.
    fn request(&self, n: u64, subscriptions: &[String]) -> (Written, reqwest::RequestBuilder) {
        let (tenant, word) = (n % TENANTS, format!("n{n}"));
        let request = if (n / TENANTS).is_multiple_of(2) {
            let path = format!("/admin/billing/credit-balance/t{tenant}/adjust");
            let body = json!({ "amount": 1, "source": "promo", "remark": word });
            self.http.post(self.url(&path)).bearer_auth(Self::token(tenant, "admin")).json(&body)
        } else {
            let body = json!({
                "subscription_id": subscriptions[usize::try_from(tenant).unwrap()],
                "amount": 1,
                "status": "paid",
                "description": word,
                "period_start": "2026-05-01T00:00:00Z",
                "period_end": "2026-06-01T00:00:00Z",
            });
            let request = self.http.post(self.url("/internal/billing/records"));
            request
                .header("x-api-key", API_KEY)
                .header("x-tenant-id", format!("t{tenant}"))
                .json(&body)
        };
        ((tenant, word.clone()), request.header("idempotency-key", format!("key-{word}")))
    }

    async fn subscribe(&self, tenant: u64) -> String {
        let request = self.http.post(self.url("/billing/subscribe"));
        let request = request.bearer_auth(Self::token(tenant, "admin"));
        let answer = request.json(&json!({ "plan": "pro" })).send().await.unwrap();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        body["data"]["subscription_id"].as_str().unwrap().to_owned()
    }

    /// Every item of a list.
    async fn walk(&self, tenant: u64, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let url = self.url(&format!("{path}/t{tenant}?page_size=100&cursor={cursor}"));
            let request = self.http.get(&url).bearer_auth(Self::token(tenant, "member"));
            let text = request.send().await.unwrap().text().await.unwrap();
            let page: Value = serde_json::from_str(&text).unwrap();
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["pagination"]["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return all,
            }
        }
    }
}

/// Writes until it is told to stop; what is not answered is sent again under the same key.
async fn write(
    client: Client,
    subscriptions: Arc<Vec<String>>,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    answered: Answered,
) {
    while !stop.load(Ordering::SeqCst) {
        let n = next.fetch_add(1, Ordering::SeqCst);
        loop {
            let (written, request) = client.request(n, &subscriptions);
            let Ok(answer) = request.send().await else {
                tokio::time::sleep(Duration::from_millis(3)).await;
                continue;
            };
            let status = answer.status().as_u16();
            let Ok(text) = answer.text().await else { continue };
            match status {
                201 => {
                    let body: Value = serde_json::from_str(&text).unwrap();
                    let data = &body["data"];
                    let id = data["id"].as_str().or(data["record_id"].as_str()).unwrap();
                    answered.lock().unwrap().insert(written, id.to_owned());
                    break;
                }
                503 => tokio::time::sleep(Duration::from_millis(3)).await,
                other => panic!("{other}: {text}"),
            }
        }
    }
}

/// What is there of it, with its id; what is there twice panics.
async fn stored(client: &Client) -> BTreeMap<Written, String> {
    let mut all = BTreeMap::new();
    let mut found = |tenant, word: &Value, id: &Value| {
        let word = word.as_str().unwrap().to_owned();
        let id = id.as_str().unwrap().to_owned();
        assert!(all.insert((tenant, word.clone()), id).is_none(), "{word} is there twice");
    };
    for tenant in 0..TENANTS {
        let credits = client.walk(tenant, "/billing/credit-transactions").await;
        for (credit, balance) in credits.iter().rev().zip(1..) {
            found(tenant, &credit["remark"], &credit["id"]);
            assert_eq!(credit["balance"], balance, "the balances are not a staircase");
        }
        let records = client.walk(tenant, "/billing/records").await;
        for (record, number) in records.iter().rev().zip(1..) {
            let expected = format!("INV-2026-{number:06}");
            assert_eq!(record["invoice_number"], expected.as_str(), "the numbers have a gap");
            // The first is that of the subscription.
            if number > 1 {
                found(tenant, &record["description"], &record["record_id"]);
            }
        }
    }
    all
}

/// Kills the processes that share a database in turn.
async fn survive(engine: Engine, count: usize, kills: u64) {
    let http = reqwest::Client::new();
    let url = engine.url();
    let mut processes = Vec::new();
    for _ in 0..count {
        let process = Process::start(&url, free_port(), &[]);
        process.ready(&http).await;
        processes.push(process);
    }
    let client = |place: usize| Client { http: http.clone(), port: processes[place % count].port };
    let mut subscriptions = Vec::new();
    for tenant in 0..TENANTS {
        subscriptions.push(client(0).subscribe(tenant).await);
    }
    let subscriptions = Arc::new(subscriptions);
    let stop = Arc::new(AtomicBool::new(false));
    let (next, answered) = (Arc::new(AtomicU64::new(0)), Answered::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|place| {
            let (next, stop) = (next.clone(), stop.clone());
            let client = client(place);
            tokio::spawn(write(client, subscriptions.clone(), next, stop, answered.clone()))
        })
        .collect();
    let last = client(0);
    for (kill, place) in (0..kills).zip((0..count).cycle()) {
        tokio::time::sleep(Duration::from_millis(20 + kill * 37 % 180)).await;
        processes[place].kill();
        verify(&url);
        processes[place] = Process::start(&url, processes[place].port, &[]);
        processes[place].ready(&http).await;
    }
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    verify(&url);
    let stored = stored(&last).await;
    let answered = answered.lock().unwrap().clone();
    let (sent, found) = (answered.len(), stored.len());
    println!("{count} process(es) on {url}: {kills} kills, {sent} answered, {found} found");
    assert!(sent as u64 > kills, "hardly anything was written");
    assert_eq!(answered, stored, "what was answered is what is there, once");
}

fn kills() -> u64 {
    std::env::var("CRASH_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(5)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_and_nothing_is_there_twice_however_often_it_is_killed() {
    for engine in engines() {
        survive(engine, 1, kills()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_promise_the_same() {
    for engine in engines().into_iter().filter(|it| matches!(it, Engine::Postgres(_))) {
        survive(engine, 2, kills()).await;
    }
}
