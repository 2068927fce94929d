//! Dunning, over HTTP and by the test clock.

mod corrected;
mod ladder;
mod paid;
mod random;
mod runs;
mod settings;
mod trial;

use countinghouse::db::{Purpose, Stmt, Time};
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who};

const CLOCK: &str = "/internal/billing/test-clock/acme";
const KEY_ALONE: Who<'static> = Who::Service { tenant: None };
const SETTINGS: &str = "/admin/billing/dunning-settings/acme";
const RECORDS: &str = "/internal/billing/records";

/// Moves the clock of `acme` to an instant of 2026, and gives the steps that ran, as kind, time and
/// invoice.
async fn moved(server: &Server, to: &str) -> Vec<String> {
    let body = json!({ "now": format!("2026-{to}Z") });
    let moved = server.put(KEY_ALONE, CLOCK, body).await.expect(200);
    let ran = moved.at("/data/ran");
    let steps = ran.as_array().unwrap().iter().filter_map(|it| {
        let kind = it["kind"].as_str().unwrap().strip_prefix("dunning.")?;
        let (at, id) = (it["at"].as_str().unwrap(), it["id"].as_str().unwrap());
        Some(format!("{} {kind} {}", &at[5..16], &id[id.len() - 1..]))
    });
    steps.collect()
}

/// Subscribes `acme`, on a clock of its own at noon on 31 January 2026, to `basic` for 99. The
/// invoice is due on 14 February at noon, the period ends on 28 February at noon.
async fn subscribed(server: &Server) -> String {
    moved(server, "01-31T12:00:00").await;
    subscribe(server, json!({ "plan": "basic" })).await
}

async fn subscribe(server: &Server, body: Value) -> String {
    let made = server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
    made.at("/data/subscription_id").as_str().unwrap().to_owned()
}

/// Tells how the payment of an invoice of 99 went.
async fn answer(server: &Server, subscription: &str, number: u8, status: &str) -> Answer {
    let body = json!({
        "subscription_id": subscription,
        "invoice_number": format!("INV-2026-00000{number}"),
        "amount": 99,
        "status": status,
        "period_start": "2026-01-31T12:00:00Z",
        "period_end": "2026-02-28T12:00:00Z",
    });
    server.post(Who::SERVICE, RECORDS, body).await.expect(201)
}

/// Makes an invoice of 99 over a payment that nobody made yet, or that failed.
async fn billed_elsewhere(server: &Server, subscription: &str, status: &str) -> Answer {
    let body = json!({
        "subscription_id": subscription,
        "amount": 99,
        "status": status,
        "period_start": "2026-01-01T00:00:00Z",
        "period_end": "2026-01-31T00:00:00Z",
    });
    server.post(Who::SERVICE, RECORDS, body).await.expect(201)
}

async fn shown(server: &Server) -> Value {
    let path = "/billing/subscription/acme";
    server.get(Who::MEMBER, path).await.expect(200).at("/data")
}

async fn status(server: &Server) -> String {
    shown(server).await["status"].as_str().unwrap().to_owned()
}

/// How the payments of a tenant were asked for: when, of which invoice, which attempt, how much.
async fn requests(server: &Server, tenant: &str) -> Vec<String> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT created_at, payload FROM outbox_message
         WHERE tenant_id = $1 AND kind = 'payment.requested' ORDER BY seq",
    );
    let rows: Vec<(Time, String)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    let told = |(at, payload): (Time, String)| {
        let at = at.instant().unwrap().to_string();
        let it: Value = serde_json::from_str(&payload).unwrap();
        let number = it["invoice_number"].as_str().unwrap();
        assert!(!payload.contains("usr_"), "{payload}");
        format!(
            "{} #{} of {}: {} {}",
            &at[5..16],
            it["attempt"],
            &number[number.len() - 1..],
            it["amount_due"],
            it["currency"].as_str().unwrap()
        )
    };
    rows.into_iter().map(told).collect()
}

/// What the chain says of subscriptions of a tenant.
async fn events(server: &Server, tenant: &str) -> Vec<String> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT kind FROM chain_event
         WHERE tenant_id = $1 AND kind LIKE 'subscription.%' ORDER BY seq",
    );
    let rows: Vec<(String,)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    rows.into_iter().map(|(kind,)| kind["subscription.".len()..].to_owned()).collect()
}

/// Where each invoice of a tenant stands, and whether a step of its dunning is left.
async fn invoices(server: &Server, tenant: &str) -> Vec<(String, bool)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT status, dunning_at FROM invoice WHERE tenant_id = $1 ORDER BY record_seq",
    );
    let rows: Vec<(String, Option<Time>)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    rows.into_iter().map(|(status, next)| (status, next.is_some())).collect()
}
