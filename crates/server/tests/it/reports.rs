//! Reports: what months earn, a tenant in a few figures, taxes by rate and document.

mod amortization;
mod random;
mod statistics;
mod tax;

use serde_json::{Value, json};

use crate::harness::{Answer, BASE, Server, Who};

const AMORTIZATION: &str = "/admin/billing/revenue-amortization";
const RECORDS: &str = "/internal/billing/records";

/// An administrator of a tenant.
fn admin(tenant: &str) -> Who<'_> {
    Who::Person { tenant, user: "usr_a", role: "admin" }
}

/// Subscribes, and gives the id of the subscription.
async fn subscribe(server: &Server, tenant: &str, ask: Value) -> String {
    let made = server.post(admin(tenant), "/billing/subscribe", ask).await.expect(201);
    made.at("/data/subscription_id").as_str().unwrap().to_owned()
}

/// Moves a tenant's own clock.
async fn set_clock(server: &Server, tenant: &str, now: &str) {
    let path = format!("/internal/billing/test-clock/{tenant}");
    server.put(Who::Service { tenant: None }, &path, json!({ "now": now })).await.expect(200);
}

/// Tells of a payment.
async fn pay(server: &Server, tenant: &str, body: Value) -> Answer {
    server.post(Who::Service { tenant: Some(tenant) }, RECORDS, body).await
}

/// Asks for a tax export, and gives its address.
async fn export(server: &Server, tenant: &str, query: &str) -> String {
    let path = format!("/admin/billing/tax-export?{query}");
    let kept = server.get(admin(tenant), &path).await.expect(200);
    kept.at("/data/download_url").as_str().unwrap().to_owned()
}

/// Fetches what is at an address, without a token.
async fn fetch(server: &Server, address: &str) -> Answer {
    let path = address.strip_prefix("http://billing.test").unwrap();
    let path = path.strip_prefix(BASE).unwrap();
    server.get(Who::Nobody, path).await
}

/// The rows of a comma-separated text, by a reader that this service has no part in.
fn rows(text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}
