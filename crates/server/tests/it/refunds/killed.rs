//! The process is killed between the call of the wallet and the commit: the refund is paid once.
//!
//! `REFUND_KILLS` sets how often; a few times by default.

use std::time::Duration;

use serde_json::{Value, json};

use super::stub::WalletStub;
use crate::harness::{
    API_KEY, Engine, engines,
    process::{Process, free_port, verify},
    sign,
};

/// Sends requests to it.
#[derive(Clone)]
struct Caller {
    port: u16,
    http: reqwest::Client,
}

impl Caller {
    /// Posts as a person of `acme`, or as a service; gives status and body.
    async fn post(&self, user: Option<&str>, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("http://127.0.0.1:{}/api/v1{path}", self.port));
        let request = match user {
            Some(user) => request.bearer_auth(token(user)),
            None => request.header("x-api-key", API_KEY).header("x-tenant-id", "acme"),
        };
        match request.json(body).send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let body = answer.bytes().await.unwrap_or_default();
                (status, serde_json::from_slice(&body).unwrap_or_default())
            }
            Err(_) => (0, Value::Null),
        }
    }
}

/// Starts a service that pays by a wallet service, and waits until it serves.
async fn start(database: &str, wallet: &str) -> (Process, Caller) {
    let settings =
        [("COUNTINGHOUSE_WALLET_URL", wallet), ("COUNTINGHOUSE_WALLET_API_KEY", "wallet-key")];
    let process = Process::start(database, free_port(), &settings);
    let caller = Caller { port: process.port, http: reqwest::Client::new() };
    process.ready(&caller.http).await;
    (process, caller)
}

fn token(user: &str) -> String {
    sign(&json!({
        "sub": user, "tenant_id": "acme", "role": "admin", "exp": 4_000_000_000_i64
    }))
}

/// A subscription whose first invoice is paid; gives the number of the invoice.
async fn paid(process: &Caller) -> Value {
    let plan = json!({ "plan": "platform" });
    let (status, made) = process.post(Some("usr_a"), "/billing/subscribe", &plan).await;
    assert_eq!(status, 201, "{made}");
    let body = json!({
        "subscription_id": made["data"]["subscription_id"],
        "amount": 100_000,
        "status": "paid",
        "period_start": "2026-05-01T00:00:00Z",
        "period_end": "2026-06-01T00:00:00Z",
    });
    let (status, made) = process.post(None, "/internal/billing/records", &body).await;
    assert_eq!(status, 201, "{made}");
    made["data"]["invoice_number"].clone()
}

/// A refund that is approved.
async fn approved(process: &Caller, invoice: &Value) -> String {
    let ask = json!({
        "amount": 1, "invoice_number": invoice, "reason": "Kill", "transaction_id": "txn",
    });
    let path = "/admin/billing/refund-approval";
    let (status, made) = process.post(Some("usr_a"), path, &ask).await;
    assert_eq!(status, 200, "{made}");
    let id = made["data"]["refund_id"].as_str().unwrap().to_owned();
    let (status, said) =
        process.post(Some("usr_b"), &format!("{path}/{id}/approve"), &json!({})).await;
    assert_eq!(status, 200, "{said}");
    id
}

async fn execute(process: &Caller, id: &str) -> (u16, Value) {
    let path = format!("/admin/billing/refund-approval/{id}/execute");
    process.post(Some("usr_b"), &path, &json!({ "user_id": "usr_a" })).await
}

/// Waits until the wallet has paid a refund.
async fn is_paid(wallet: &WalletStub, id: &str) {
    for _ in 0..2_000 {
        if wallet.paid().await.values().any(|it| it["reference"] == json!(id)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("{id} is not paid");
}

/// Executes until it is done.
async fn done(process: &Caller, id: &str) -> Value {
    for _ in 0..200 {
        match execute(process, id).await {
            (200, body) => return body["data"].clone(),
            (503, _) => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("{id} is not done");
}

async fn survive(engine: Engine, kills: u64) {
    let (wallet, url) = (WalletStub::start().await, engine.url());
    let (mut process, mut caller) = start(&url, &wallet.url).await;
    let invoice = paid(&caller).await;
    for kill in 0..kills {
        let id = approved(&caller, &invoice).await;
        wallet.mode("late").await;
        let (by, refund) = (caller.clone(), id.clone());
        let executing = tokio::spawn(async move { execute(&by, &refund).await });
        is_paid(&wallet, &id).await;
        // Anywhere from before the answer to around the commit.
        tokio::time::sleep(Duration::from_millis(kill * 67 % 330)).await;
        process.kill();
        executing.await.unwrap();
        wallet.mode("good").await;
        (process, caller) = start(&url, &wallet.url).await;

        let first = done(&caller, &id).await;

        let paid = wallet.paid().await;
        let paid: Vec<_> = paid.values().filter(|it| it["reference"] == json!(id)).collect();
        assert_eq!(paid.len(), 1, "{paid:?}");
        assert_eq!(first["wallet_transaction_id"], paid[0]["transaction_id"]);
        assert_eq!(done(&caller, &id).await, first);
    }
    process.kill();
    verify(&url);
    let paid = wallet.paid().await;
    assert_eq!(paid.len() as u64, kills);
    let twice = paid.values().filter(|it| it["times"].as_u64() > Some(1)).count();
    println!("{url}: {kills} kills, {twice} of them asked the wallet again, each paid once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_paid_once_however_often_the_process_is_killed_while_it_is_paid() {
    let kills = std::env::var("REFUND_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    for engine in engines() {
        survive(engine, kills).await;
    }
}
