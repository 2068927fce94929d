//! Test clocks, over HTTP.

mod moving;

use axum::http::Method;
use countinghouse_core::calendar::Instant;
use serde_json::json;

use crate::harness::{Answer, Server, Who, engines};

const CLOCK: &str = "/internal/billing/test-clock/acme";
const KEY_ALONE: Who<'static> = Who::Service { tenant: None };
const ADJUST: &str = "/admin/billing/credit-balance/acme/adjust";

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

async fn set(server: &Server, now: &str) -> Answer {
    server.put(KEY_ALONE, CLOCK, json!({ "now": now })).await
}

async fn grant(server: &Server) -> Answer {
    server.post(Who::ADMIN, ADJUST, json!({ "amount": 1, "source": "promo" })).await.expect(201)
}

#[tokio::test]
async fn a_tenant_without_rows_begins_anywhere_and_goes_forward_only() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.get(KEY_ALONE, CLOCK).await.expect(404);

        let first = set(&server, "2019-03-31T00:00:00.9+00:00").await.expect(200);
        let granted = grant(&server).await;
        let same = set(&server, "2019-03-31T00:00:00Z").await.expect(200);
        let back = set(&server, "2019-03-30T23:59:59Z").await.expect(409);
        let later = set(&server, "2030-01-01T08:00:00+08:00").await.expect(200);
        let shown = server.get(KEY_ALONE, CLOCK).await.expect(200);

        assert_eq!(first.at("/data"), json!({ "now": "2019-03-31T00:00:00Z", "ran": [] }));
        assert_eq!(granted.at("/data/created_at"), "2019-03-31T00:00:00Z");
        assert_eq!(same.at("/data/ran"), json!([]));
        assert!(back.text.contains("cannot be set back"), "{}", back.text);
        assert_eq!(later.at("/data/now"), "2030-01-01T00:00:00Z");
        assert_eq!(shown.at("/data"), json!({ "now": "2030-01-01T00:00:00Z" }));
        assert_eq!(grant(&server).await.at("/data/created_at"), "2030-01-01T00:00:00Z");
    }
}

#[tokio::test]
async fn a_subscription_begins_when_the_test_clock_says() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "2028-02-29T10:00:00Z").await.expect(200);

        let plan = json!({ "plan": "pro", "billing_cycle": "yearly" });
        let subscribed = server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);

        assert_eq!(subscribed.at("/data/current_period_start"), "2028-02-29T10:00:00Z");
        assert_eq!(subscribed.at("/data/current_period_end"), "2029-02-28T10:00:00Z");
        assert_eq!(records.at("/items/0/invoice_number"), "INV-2028-000001");
    }
}

#[tokio::test]
async fn a_tenant_with_rows_begins_at_the_newest_or_later() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
        server.advance(60);
        grant(&server).await;
        let newest = server.now();
        server.advance(60);

        let before = set(&server, &newest.plus_seconds(-1).unwrap().to_string()).await.expect(409);
        server.get(KEY_ALONE, CLOCK).await.expect(404);
        set(&server, &newest.to_string()).await.expect(200);

        assert!(before.text.contains(&newest.to_string()), "{}", before.text);
    }
}

#[tokio::test]
async fn a_trial_alone_is_a_row() {
    let server = Server::start(engines().remove(0)).await;
    let trial = json!({ "plan": "pro", "trial_days": 14 });
    server.post(Who::ADMIN, "/billing/subscribe", trial).await.expect(201);

    set(&server, &server.now().plus_seconds(-1).unwrap().to_string()).await.expect(409);
}

#[tokio::test]
async fn a_clock_is_removed_once_real_time_has_caught_up() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.delete(KEY_ALONE, CLOCK).await.expect(200);
        set(&server, &server.now().plus_seconds(60).unwrap().to_string()).await.expect(200);

        let early = server.delete(KEY_ALONE, CLOCK).await.expect(409);
        server.advance(60);
        let removed = server.delete(KEY_ALONE, CLOCK).await.expect(200);
        server.delete(KEY_ALONE, CLOCK).await.expect(200);
        server.advance(5);

        assert!(early.text.contains("still to come"), "{}", early.text);
        assert_eq!(removed.json().as_object().unwrap().len(), 3, "{}", removed.text);
        server.get(KEY_ALONE, CLOCK).await.expect(404);
        assert_eq!(grant(&server).await.at("/data/created_at"), server.now().to_string());
    }
}

#[tokio::test]
async fn the_same_key_is_one_move_also_when_the_clock_went_on() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let put = async |key: &str, now: &str| {
            let request = server.request(Method::PUT, KEY_ALONE, CLOCK);
            let body = json!({ "now": now }).to_string();
            server.send(request.header("idempotency-key", key), Some(body)).await
        };

        let first = put("move-1", "2027-01-01T00:00:00Z").await.expect(200);
        put("move-2", "2027-02-01T00:00:00Z").await.expect(200);
        let repeated = put("move-1", "2027-01-01T00:00:00Z").await.expect(200);
        put("move-1", "2027-03-01T00:00:00Z").await.expect(422);

        assert_eq!(repeated.text, first.text);
        let shown = server.get(KEY_ALONE, CLOCK).await.expect(200);
        assert_eq!(shown.at("/data/now"), "2027-02-01T00:00:00Z");
    }
}

#[tokio::test]
async fn what_is_no_instant_and_another_tenant_than_the_path_s_are_refused() {
    let server = Server::start(engines().remove(0)).await;

    let missing = server.put(KEY_ALONE, CLOCK, json!({})).await.expect(400);
    let wrong = json!({ "now": "tomorrow", "tenant_id": "other" });
    let wrong = server.put(KEY_ALONE, CLOCK, wrong).await.expect(400);

    assert_eq!(missing.fields(), ["now"]);
    assert_eq!(wrong.fields(), ["tenant_id", "now"]);
    server.put(Who::SUPER, CLOCK, json!({ "now": "2027-01-01T00:00:00Z" })).await.expect(401);
    server.get(KEY_ALONE, CLOCK).await.expect(404);
}

#[tokio::test]
async fn outside_a_sandbox_there_is_nothing_at_the_path() {
    let server = Server::start_outside_a_sandbox(engines().remove(0)).await;

    let answers = [
        server.get(KEY_ALONE, CLOCK).await,
        set(&server, "2027-01-01T00:00:00Z").await,
        server.delete(KEY_ALONE, CLOCK).await,
        server.get(Who::Nobody, CLOCK).await,
    ];

    for answer in answers {
        let answer = answer.expect(404);
        assert_eq!(answer.at("/detail"), "there is nothing at this path");
    }
}
