//! Changing plans, previewing and undoing that, over HTTP.

mod documents;
mod learnt;
mod refused;

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";
const CHANGE: &str = "/admin/billing/subscription/acme/change-plan";
const ROLLBACK: &str = "/admin/billing/subscription/acme/rollback-plan";
const CALCULATE: &str = "/billing/prorations/calculate/acme";
const DAY: i64 = 24 * 60 * 60;

async fn subscribe(server: &Server, plan: &str) -> Answer {
    server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": plan })).await.expect(201)
}

async fn change(server: &Server, plan: &str) -> Answer {
    server.post(Who::ADMIN, CHANGE, json!({ "new_plan": plan })).await
}

async fn rollback(server: &Server) -> Answer {
    server.call(Method::POST, Who::ADMIN, ROLLBACK, json!({})).await
}

async fn set_clock(server: &Server, now: &str) {
    let clock = "/internal/billing/test-clock/acme";
    server.put(Who::Service { tenant: None }, clock, json!({ "now": now })).await.expect(200);
}

async fn records(server: &Server) -> Answer {
    server.get(Who::MEMBER, "/billing/records/acme").await.expect(200)
}

async fn balance(server: &Server) -> Value {
    server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200).at("/data/balance")
}

/// Reports that what is due on an invoice was paid.
async fn pay(server: &Server, number: &str, amount: Value) -> Answer {
    settle(server, number, amount, json!("paid")).await
}

/// Reports how the payment of an invoice went.
async fn settle(server: &Server, number: &str, amount: Value, status: Value) -> Answer {
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

#[tokio::test]
async fn preview_change_and_invoice_agree_to_the_cent() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "tax_rate": 0.06 })).await.expect(200);
        subscribe(&server, "basic").await;
        server.advance(9 * DAY);

        let ask = json!({ "new_plan": "pro" });
        let preview = server.post(Who::MEMBER, CALCULATE, ask).await.expect(200);
        server.advance(600);
        let body = json!({ "new_plan": "pro", "quote": preview.at("/data/quote") });
        let changed = server.post(Who::ADMIN, CHANGE, body).await.expect(200);

        // 19 of 28 days are left: 499 × 19 ÷ 28 = 338.61, 99 × 19 ÷ 28 = 67.18, and 6 % tax.
        assert_eq!(preview.at("/data/remaining_days"), 19);
        assert_eq!(preview.at("/data/lines/0/amount").to_string(), "-67.18");
        assert_eq!(preview.at("/data/lines/1/amount").to_string(), "338.61");
        assert_eq!(preview.at("/data/proration_amount").to_string(), "287.72");
        assert_eq!(changed.at("/data/proration/lines"), preview.at("/data/lines"));
        assert_eq!(changed.at("/data/subscription/plan_id"), "pro");
        assert_eq!(changed.at("/data/subscription/amount"), 499);
        assert_eq!(changed.at("/data/invoice_number"), "INV-2026-000002");
        let records = records(&server).await;
        assert_eq!(records.at("/items/0/amount"), preview.at("/data/proration_amount"));
        assert_eq!(records.at("/items/0/line_items"), preview.at("/data/lines"));
        assert_eq!(records.at("/items/0/type"), "proration");
    }
}

#[tokio::test]
async fn a_preview_stores_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let before = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data");

        let ask = json!({ "new_plan": "enterprise", "billing_cycle": "yearly" });
        let preview = server.post(Who::MEMBER, CALCULATE, ask).await.expect(200);

        assert_eq!(preview.at("/data/proration_amount"), 12_800 - 99);
        assert_eq!(server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data"), before);
        assert_eq!(records(&server).await.at("/total"), 1);
    }
}

#[tokio::test]
async fn there_and_back_on_one_day_nets_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(99)).await.expect(201);
        server.advance(5 * DAY);

        let there = change(&server, "enterprise").await.expect(200);
        pay(&server, "INV-2026-000002", there.at("/data/proration/proration_amount"))
            .await
            .expect(201);
        server.advance(60);
        let back = change(&server, "basic").await.expect(200);

        let there = there.at("/data/proration/proration_amount");
        assert_eq!(format!("-{there}"), back.at("/data/proration/proration_amount").to_string());
        assert_eq!(balance(&server).await, there);
        let gates = server.get(Who::MEMBER, "/billing/feature-gates").await.expect(200);
        assert_eq!(gates.status, 200);
    }
}

#[tokio::test]
async fn another_cycle_starts_a_period_and_gives_back_the_old_one() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        server.advance(14 * DAY);

        let body = json!({ "new_plan": "basic", "billing_cycle": "yearly" });
        let changed = server.post(Who::ADMIN, CHANGE, body).await.expect(200);

        assert_eq!(changed.at("/data/subscription/current_period_start"), "2026-02-14T12:00:00Z");
        assert_eq!(changed.at("/data/subscription/current_period_end"), "2027-02-14T12:00:00Z");
        // 990 for the year, and 14 of 28 days back.
        assert_eq!(changed.at("/data/proration/proration_amount").to_string(), "940.5");
        server.advance(DAY);
        let monthly = json!({ "new_plan": "basic", "billing_cycle": "monthly" });
        let back = server.post(Who::ADMIN, CHANGE, monthly).await.expect(200);
        // 364 of 365 days of the year back, and nothing of the month that is gone.
        assert_eq!(back.at("/data/proration/lines/0/amount").to_string(), "-987.29");
        assert_eq!(back.at("/data/proration/lines/1/amount"), 99);
        assert_eq!(back.at("/data/proration/lines/2"), Value::Null);
    }
}

#[tokio::test]
async fn a_change_that_waits_moves_no_money() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;

        let body = json!({ "new_plan": "pro", "effective": "period_end" });
        let kept = server.post(Who::ADMIN, CHANGE, body).await.expect(200);

        assert_eq!(kept.at("/data/subscription/plan_id"), "basic");
        assert_eq!(kept.at("/data/proration/target_plan"), "pro");
        assert_eq!(kept.at("/data/proration/proration_amount"), 0);
        assert_eq!(records(&server).await.at("/total"), 1);
    }
}

#[tokio::test]
async fn a_change_that_waits_is_made_when_the_period_ends() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "2026-01-31T12:00:00Z").await;
        subscribe(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(99)).await.expect(201);
        for plan in ["enterprise", "pro"] {
            let body =
                json!({ "new_plan": plan, "billing_cycle": "yearly", "effective": "period_end" });
            server.post(Who::ADMIN, CHANGE, body).await.expect(200);
        }

        set_clock(&server, "2026-03-01T00:00:00Z").await;

        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(found.at("/data/plan_id"), "pro");
        assert_eq!(found.at("/data/billing_cycle"), "yearly");
        assert_eq!(found.at("/data/current_period_start"), "2026-02-28T12:00:00Z");
        assert_eq!(found.at("/data/current_period_end"), "2027-02-28T12:00:00Z");
        assert_eq!(records(&server).await.at("/items/0/amount"), 4999);
        let gate = json!({ "gate_key": "sso" });
        let check = "/internal/billing/feature-gates/check";
        let sso = server.post(Who::SERVICE, check, gate).await.expect(200);
        assert_eq!(sso.at("/effective"), true);
    }
}

#[tokio::test]
async fn a_change_that_waits_is_dropped_by_naming_what_there_is() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "2026-01-31T12:00:00Z").await;
        subscribe(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(99)).await.expect(201);
        let later = |plan: &str| json!({ "new_plan": plan, "effective": "period_end" });
        server.post(Who::ADMIN, CHANGE, later("basic")).await.expect(409);
        server.post(Who::ADMIN, CHANGE, later("pro")).await.expect(200);

        server.post(Who::ADMIN, CHANGE, later("basic")).await.expect(200);
        set_clock(&server, "2026-03-01T00:00:00Z").await;

        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(found.at("/data/plan_id"), "basic");
    }
}

#[tokio::test]
async fn in_a_trial_no_money_moves() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "plan": "basic", "trial_days": 14 });
        server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);

        let changed = change(&server, "pro").await.expect(200);

        assert_eq!(changed.at("/data/proration/proration_amount"), 0);
        assert_eq!(changed.at("/data/subscription/plan_id"), "pro");
        assert_eq!(changed.at("/data/subscription/status"), "trial");
        assert_eq!(records(&server).await.at("/total"), 0);
        let undone = rollback(&server).await.expect(200);
        assert_eq!(undone.at("/data/plan_id"), "basic");
    }
}

#[tokio::test]
async fn the_same_key_changes_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let body = json!({ "new_plan": "pro" });

        let first = server.post_once(Who::ADMIN, "k", CHANGE, body.clone()).await.expect(200);
        let again = server.post_once(Who::ADMIN, "k", CHANGE, body).await.expect(200);

        assert_eq!(again.text, first.text);
        assert_eq!(records(&server).await.at("/total"), 2);
    }
}
