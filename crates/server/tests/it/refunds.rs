//! Refunds by four eyes, and the wallets that pay them, over HTTP.

mod amounts;
mod flow;
mod killed;
mod people;
mod stub;
mod wallet;

use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who};

const REFUNDS: &str = "/admin/billing/refund-approvals";
const SUBMIT: &str = "/admin/billing/refund-approval";
const INVOICE: &str = "INV-2026-000001";

/// Another administrator than [`Who::ADMIN`], who administers the subscription.
const SECOND: Who<'static> = Who::Person { tenant: "acme", user: "usr_b", role: "admin" };

/// A subscription to `pro` whose 499 are paid.
async fn paid(server: &Server) {
    let ask = json!({ "plan": "pro" });
    let made = server.post(Who::ADMIN, "/billing/subscribe", ask).await.expect(201);
    pay(server, &made.at("/data/subscription_id"), json!(499)).await;
}

/// Says that what is due of the first invoice was paid.
async fn pay(server: &Server, subscription: &Value, amount: Value) {
    let body = json!({
        "subscription_id": subscription,
        "amount": amount,
        "period_start": "2026-01-31T12:00:00Z",
        "period_end": "2026-02-28T12:00:00Z",
        "status": "paid",
        "invoice_number": INVOICE,
    });
    server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
}

fn ask(amount: impl Into<Value>) -> Value {
    json!({
        "amount": amount.into(),
        "invoice_number": INVOICE,
        "reason": "Dissatisfied",
        "transaction_id": "txn_abc123",
        "reviewer_comments": "Please",
    })
}

async fn submit(server: &Server, amount: Value) -> Answer {
    server.post(Who::ADMIN, SUBMIT, ask(amount)).await
}

/// The path of a refund, or of what is done to it.
fn of(id: &str, act: &str) -> String {
    format!("{SUBMIT}/{id}{act}")
}

async fn act(server: &Server, who: Who<'_>, id: &str, what: &str) -> Answer {
    server.post(who, &of(id, what), json!({})).await
}

/// A refund that was approved.
async fn approved(server: &Server, amount: Value) -> String {
    let made = submit(server, amount).await.expect(200);
    let id = made.at("/data/refund_id").as_str().unwrap().to_owned();
    act(server, SECOND, &id, "/approve").await.expect(200);
    id
}

/// Pays a refund to the administrator of the subscription.
async fn execute(server: &Server, id: &str) -> Answer {
    server.post(SECOND, &of(id, "/execute"), json!({ "user_id": "usr_a" })).await
}

async fn status(server: &Server, id: &str) -> Value {
    server.get(Who::ADMIN, &of(id, "")).await.expect(200).at("/data/status")
}

async fn record_status(server: &Server) -> Value {
    let list = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
    list.at("/items/0/status")
}

async fn note(server: &Server, amount: Value) -> Answer {
    let path = format!("/admin/billing/invoice/{INVOICE}/credit-note");
    server.post(Who::ADMIN, &path, json!({ "amount": amount, "reason": "Outage" })).await
}
