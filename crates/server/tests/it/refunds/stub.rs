//! A wallet service in a process of its own: this very executable, run once more.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Names the file that the service writes its address into.
const ADDRESS: &str = "WALLET_STUB_ADDRESS";

/// A running wallet service.
pub(super) struct WalletStub {
    child: Child,
    pub(super) url: String,
    http: reqwest::Client,
    _folder: TempDir,
}

/// What it keeps: how it behaves, and for each key what was paid and how often it was called.
#[derive(Default)]
struct Kept {
    mode: String,
    paid: BTreeMap<String, Value>,
    calls: u64,
}

type Shared = Arc<Mutex<Kept>>;

impl WalletStub {
    /// Starts it, well-behaved.
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("address");
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "refunds::stub::a_wallet_that_other_tests_start"])
            .env(ADDRESS, &file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://{}", written(&file).await);
        Self { child, url, http: reqwest::Client::new(), _folder: folder }
    }

    /// How it behaves from now on.
    pub(super) async fn mode(&self, mode: &str) {
        let url = format!("{}/mode/{mode}", self.url);
        self.http.post(url).send().await.unwrap().error_for_status().unwrap();
    }

    /// What it paid, by key: `{amount, user_id, reference, transaction_id, times}`.
    pub(super) async fn paid(&self) -> BTreeMap<String, Value> {
        let answer = self.http.get(format!("{}/paid", self.url)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// How often it was asked to pay.
    pub(super) async fn calls(&self) -> u64 {
        let answer = self.http.get(format!("{}/calls", self.url)).send().await.unwrap();
        answer.text().await.unwrap().parse().unwrap()
    }
}

impl Drop for WalletStub {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address, once it is there.
async fn written(file: &Path) -> String {
    for _ in 0..2_000 {
        if let Ok(address) = std::fs::read_to_string(file)
            && address.ends_with('\n')
        {
            return address.trim().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the wallet does not come up")
}

#[tokio::test]
#[ignore = "it serves until it is killed; other tests start it"]
async fn a_wallet_that_other_tests_start() {
    let Some(file) = std::env::var_os(ADDRESS) else { return };
    // Its input ends with whoever started it, be that killed.
    std::thread::spawn(|| {
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        std::process::exit(0);
    });
    let shared = Shared::default();
    let router = Router::new()
        .route("/internal/wallet/refund", post(refund))
        .route("/internal/wallet/balance", get(balance))
        .route("/mode/{mode}", post(set_mode))
        .route("/paid", get(paid))
        .route("/calls", get(calls))
        .with_state(shared);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    std::fs::write(file, format!("{}\n", listener.local_addr().unwrap())).unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn set_mode(State(kept): State<Shared>, UrlPath(mode): UrlPath<String>) {
    kept.lock().unwrap().mode = mode;
}

async fn paid(State(kept): State<Shared>) -> Json<BTreeMap<String, Value>> {
    Json(kept.lock().unwrap().paid.clone())
}

async fn calls(State(kept): State<Shared>) -> String {
    kept.lock().unwrap().calls.to_string()
}

async fn balance(State(kept): State<Shared>, headers: HeaderMap) -> Response {
    let mode = kept.lock().unwrap().mode.clone();
    match mode.as_str() {
        "error" => StatusCode::BAD_GATEWAY.into_response(),
        _ if headers.get("x-api-key").is_none_or(|key| key != "wallet-key") => {
            StatusCode::UNAUTHORIZED.into_response()
        }
        _ => Json(json!({ "data": { "balance": 500.05, "currency": "CNY", "frozen_amount": 1 } }))
            .into_response(),
    }
}

/// Pays once for each key, and then behaves as it is to.
async fn refund(
    State(kept): State<Shared>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let (mode, paid, calls) = {
        let mut kept = kept.lock().unwrap();
        kept.calls += 1;
        let (mode, calls) = (kept.mode.clone(), kept.calls);
        if mode == "error" {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if headers.get("x-api-key").is_none_or(|key| key != "wallet-key") {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let name = format!("txn_{}", kept.paid.len() + 1);
        let entry = kept.paid.entry(key).or_insert_with(|| {
            let mut paid = asked.clone();
            paid["transaction_id"] = json!(name);
            paid["times"] = json!(0);
            paid
        });
        entry["times"] = json!(entry["times"].as_u64().unwrap() + 1);
        (mode, entry.clone(), calls)
    };
    let mut answer = json!({ "data": { "transaction_id": paid["transaction_id"] } });
    match mode.as_str() {
        "hang" => tokio::time::sleep(Duration::from_mins(1)).await,
        "late" => tokio::time::sleep(Duration::from_millis(300)).await,
        "other_amount" => answer["data"]["amount"] = json!(1),
        "other_name" => answer["data"]["transaction_id"] = json!(format!("txn_call_{calls}")),
        "endless" => answer["padding"] = json!("x".repeat(1_000_000)),
        "nonsense" => return "<html>all good</html>".into_response(),
        "redirect" => {
            let elsewhere = [(LOCATION, "/internal/wallet/balance")];
            return (StatusCode::TEMPORARY_REDIRECT, elsewhere).into_response();
        }
        _ => (),
    }
    Json(answer).into_response()
}
