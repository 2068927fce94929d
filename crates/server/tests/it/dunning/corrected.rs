//! Whoever collects payments is told when something else is due than was requested.

use axum::http::Method;
use countinghouse::db::{Purpose, Stmt};
use serde_json::{Value, json};

use super::{RECORDS, answer, moved, subscribe, subscribed};
use crate::harness::{Server, Who, engines};

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";

/// What the collector was told: which invoice, what, the attempt, why, and how much.
async fn told(server: &Server) -> Vec<String> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT kind, payload FROM outbox_message
         WHERE tenant_id = 'acme' AND kind LIKE 'payment.%' ORDER BY seq",
    );
    let rows: Vec<(String, String)> = tx.fetch_all(stmt).await.unwrap();
    let tell = |(kind, payload): (String, String)| {
        let it: Value = serde_json::from_str(&payload).unwrap();
        let number = it["invoice_number"].as_str().unwrap();
        assert!(it["subscription_id"].is_string(), "{payload}");
        let (number, reason) = (&number[number.len() - 1..], it["reason"].as_str().unwrap());
        let amount = it.get("amount_due").map_or(String::new(), |amount| format!(" {amount}"));
        let kind = kind.strip_prefix("payment.").unwrap();
        format!("{number} {kind} #{} {reason}{amount}", it["attempt"])
    };
    rows.into_iter().map(tell).collect()
}

async fn change(server: &Server, plan: &str) {
    let path = format!("{SUBSCRIPTION}/change-plan");
    server.post(Who::ADMIN, &path, json!({ "new_plan": plan })).await.expect(200);
}

/// Pays the first invoice.
async fn paid(server: &Server, subscription: &str, amount: i64) {
    let body = json!({
        "subscription_id": subscription, "invoice_number": "INV-2026-000001", "amount": amount,
        "status": "paid", "period_start": "2026-01-01T00:00:00Z",
        "period_end": "2027-01-01T00:00:00Z",
    });
    server.post(Who::SERVICE, RECORDS, body).await.expect(201);
}

async fn rollback(server: &Server) {
    let path = format!("{SUBSCRIPTION}/rollback-plan");
    server.post(Who::ADMIN, &path, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_note_on_what_is_due_requests_what_is_left_and_undone_the_whole_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "plan": "pro" });
        server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
        server.advance(14 * 86_400);

        change(&server, "basic").await;
        rollback(&server).await;

        let expected = [
            "1 requested #0 attempt 499",
            "1 requested #0 amount_changed 299",
            "1 requested #0 amount_changed 499",
        ];
        assert_eq!(told(&server).await, expected);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_not_due_any_more_is_withdrawn_and_requested_again_when_it_is() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "plan": "basic" });
        server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);

        change(&server, "free").await;
        rollback(&server).await;
        change(&server, "pro").await;
        rollback(&server).await;

        let expected = [
            "1 requested #0 attempt 99",
            "1 withdrawn #0 credited",
            "1 requested #0 amount_changed 99",
            "2 requested #0 attempt 400",
            "2 withdrawn #0 voided",
        ];
        assert_eq!(told(&server).await, expected);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn ending_at_once_lowers_what_is_requested() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "plan": "basic" });
        server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
        server.advance(14 * 86_400);

        server.delete(Who::ADMIN, &format!("{SUBSCRIPTION}?at=now")).await.expect(200);

        let expected = ["1 requested #0 attempt 99", "1 requested #0 amount_changed 49.5"];
        assert_eq!(told(&server).await, expected);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_correction_is_no_attempt_and_the_next_attempt_asks_for_what_is_due_then() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        moved(&server, "02-15T12:00:00").await;

        change(&server, "free").await;
        rollback(&server).await;
        moved(&server, "02-17T12:00:00").await;

        // 14 of 28 days are left on the 15th.
        let expected = [
            "1 requested #0 attempt 99",
            "1 requested #1 attempt 99",
            "1 requested #1 amount_changed 52.39",
            "1 requested #1 amount_changed 99",
            "1 requested #2 attempt 99",
        ];
        let told = told(&server).await;
        assert_eq!(told.len(), expected.len(), "{told:?}");
        assert_eq!(
            (&told[..2], &told[3..]),
            (&expected.map(str::to_owned)[..2], &expected.map(str::to_owned)[3..])
        );
        assert!(told[2].starts_with("1 requested #1 amount_changed "), "{told:?}");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_had_been_paid_corrects_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        answer(&server, &subscription, 1, "paid").await;

        change(&server, "free").await;
        rollback(&server).await;

        assert_eq!(told(&server).await, ["1 requested #0 attempt 99"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_due_again_long_after_its_date_has_its_days_from_then_on() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "01-01T00:00:00").await;
        let body = json!({ "plan": "basic", "billing_cycle": "yearly" });
        let subscription = subscribe(&server, body).await;
        paid(&server, &subscription, 990).await;
        moved(&server, "01-10T00:00:00").await;
        change(&server, "pro").await;
        moved(&server, "01-12T00:00:00").await;
        change(&server, "free").await;
        moved(&server, "03-01T00:00:00").await;

        rollback(&server).await;
        let at_once = moved(&server, "03-01T00:00:01").await;
        let later = moved(&server, "03-08T00:00:00").await;

        assert_eq!(at_once, ["03-01T00:00 overdue 2"]);
        let expected = [
            "03-02T00:00 retry 2",
            "03-04T00:00 retry 2",
            "03-08T00:00 retry 2",
            "03-08T00:00 suspend 2",
        ];
        assert_eq!(later, expected);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_due_again_takes_access_away_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "01-01T00:00:00").await;
        let body = json!({ "plan": "basic", "billing_cycle": "yearly" });
        subscribe(&server, body).await;
        moved(&server, "01-25T00:00:00").await;
        assert_eq!(status(&server).await, "suspended");
        let note = json!({ "amount": 990, "reason": "By mistake" });
        let path = "/admin/billing/invoice/INV-2026-000001/credit-note";
        server.post(Who::ADMIN, path, note).await.expect(200);
        assert_eq!(status(&server).await, "active");
        moved(&server, "02-01T00:00:00").await;

        let note = "/admin/billing/credit-note/CN-2026-000001";
        server.send(server.request(Method::PUT, Who::ADMIN, note), None).await.expect(200);
        assert_eq!(status(&server).await, "past_due");
        let steps = moved(&server, "02-08T00:00:00").await;

        let expected = [
            "02-01T00:00 put_off 1",
            "02-02T00:00 retry 1",
            "02-04T00:00 retry 1",
            "02-08T00:00 retry 1",
            "02-08T00:00 suspend 1",
        ];
        assert_eq!(steps, expected);
        assert_eq!(status(&server).await, "suspended");
        server.assert_sound().await;
    }
}

async fn status(server: &Server) -> Value {
    server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data/status")
}
