//! Credit notes that administrators issue, and documents that they withdraw, over HTTP.

mod books;
mod notes;
mod refused;
mod withdrawn;

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who};

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";
const NOTES: &str = "/admin/billing/credit-notes";
const INVOICE: &str = "INV-2026-000001";
const NOTE: &str = "CN-2026-000001";
const DAY: i64 = 24 * 60 * 60;

async fn subscribe(server: &Server, plan: &str) {
    let ask = json!({ "plan": plan });
    server.post(Who::ADMIN, "/billing/subscribe", ask).await.expect(201);
}

/// A subscription to `pro`, of which 499 are due.
async fn billed(server: &Server) {
    subscribe(server, "pro").await;
}

/// The same, paid.
async fn paid(server: &Server) {
    billed(server).await;
    settle(server, INVOICE, json!(499), "paid").await.expect(201);
}

async fn settle(server: &Server, number: &str, amount: Value, status: &str) -> Answer {
    let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
    let body = json!({
        "subscription_id": found.at("/data/subscription_id"),
        "amount": amount,
        "period_start": "2026-01-31T12:00:00Z",
        "period_end": "2026-02-28T12:00:00Z",
        "status": status,
        "invoice_number": number,
    });
    server.post(Who::SERVICE, "/internal/billing/records", body).await
}

fn of_invoice(number: &str) -> String {
    format!("/admin/billing/invoice/{number}/credit-note")
}

fn of_note(number: &str) -> String {
    format!("/admin/billing/credit-note/{number}")
}

/// Takes back a part of an invoice.
async fn note(server: &Server, number: &str, amount: Value) -> Answer {
    let body = json!({ "amount": amount, "invoice_number": number, "reason": "Outage" });
    server.post(Who::ADMIN, &of_invoice(number), body).await
}

/// Voids a note.
async fn void(server: &Server, number: &str) -> Answer {
    let request = server.request(Method::PUT, Who::ADMIN, &of_note(number));
    server.send(request, None).await
}

async fn records(server: &Server) -> Answer {
    server.get(Who::MEMBER, "/billing/records/acme").await.expect(200)
}

async fn balance(server: &Server) -> Value {
    server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200).at("/data/balance")
}

async fn set_clock(server: &Server, now: &str) {
    let clock = "/internal/billing/test-clock/acme";
    server.put(Who::Service { tenant: None }, clock, json!({ "now": now })).await.expect(200);
}
