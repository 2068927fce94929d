//! Batches, lines of JSON, and `CloudEvents`.

use axum::{body::Body, http::Method};
use serde_json::{Value, json};

use super::{BATCH, METER, REPORT, count, day, days, event};
use crate::harness::{Answer, Server, engines};

async fn batch(server: &Server, events: Value) -> Answer {
    server.post(METER, BATCH, json!({ "events": events })).await
}

/// Sends a body of another media type.
async fn send(server: &Server, path: &str, media: &str, body: impl Into<Body>) -> Answer {
    let request = server.request(Method::POST, METER, path).header("content-type", media);
    server.answer(request.body(body.into()).unwrap()).await
}

fn statuses(answer: &Answer) -> Vec<String> {
    let results = answer.at("/data/results");
    results.as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect()
}

fn counts(answer: &Answer) -> [i64; 3] {
    ["accepted", "duplicates", "rejected"]
        .map(|name| answer.at(&format!("/data/{name}")).as_i64().unwrap())
}

#[tokio::test]
async fn good_events_count_whatever_becomes_of_the_others() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut nameless = event("x", 1);
        nameless["event_id"] = json!(null);
        let events = json!([
            event("1", 5),
            event("1", 5),
            event("1", 6),
            event("2", 0),
            nameless,
            { "event_id": "3", "resource_type": "sms", "amount": 2, "app_id": "app_1" },
        ]);

        let first = batch(&server, events.clone()).await.expect(200);
        let again = batch(&server, events).await.expect(200);

        let expected = ["accepted", "duplicate", "rejected", "rejected", "rejected", "accepted"];
        assert_eq!(statuses(&first), expected);
        assert_eq!(counts(&first), [2, 1, 3]);
        assert_eq!(counts(&again), [0, 3, 3]);
        let why = first.at("/data/results/3/error");
        assert!(why.as_str().unwrap().starts_with("amount: "), "{why}");
        assert_eq!(first.at("/data/results/4/error"), "event_id: is required");
        assert_eq!(first.at("/data/results/5/event_id"), "3");
        let calls = days(&server, "api_requests").await;
        assert_eq!(calls, [day("2026-01-31", "", 5), day("2026-01-31", "app_1", 0)]);
        assert_eq!(count(&server, "usage_event").await, 2);
    }
}

#[tokio::test]
async fn a_batch_has_one_to_ten_thousand_events() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let many =
            |count: usize| json!((0..count).map(|n| event(&n.to_string(), 1)).collect::<Vec<_>>());

        batch(&server, json!([])).await.expect(400);
        batch(&server, many(10_001)).await.expect(400);
        server.post(METER, BATCH, json!({})).await.expect(400);
        batch(&server, json!([1])).await.expect(400);
        assert_eq!(counts(&batch(&server, many(10_000)).await.expect(200)), [10_000, 0, 0]);

        assert_eq!(days(&server, "api_requests").await, [day("2026-01-31", "", 10_000)]);
    }
}

#[tokio::test]
async fn lines_of_json_are_a_batch() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let lines = format!("{}\n\n{{\"event_id\": 1\n[]\n{}\r\n", event("1", 5), event("2", 7));

        let answer = send(&server, BATCH, "application/x-ndjson", lines).await.expect(200);

        assert_eq!(statuses(&answer), ["accepted", "rejected", "rejected", "accepted"]);
        assert_eq!(answer.at("/data/results/1/error"), "line 3: must be valid JSON");
        assert_eq!(days(&server, "api_requests").await, [day("2026-01-31", "", 12)]);
        send(&server, BATCH, "application/x-ndjson", "\n\n").await.expect(400);
        send(&server, REPORT, "application/x-ndjson", "{}").await.expect(415);
        send(&server, BATCH, "text/csv", "a,b").await.expect(415);
    }
}

#[tokio::test]
async fn cloud_events_count_by_source_and_id() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let cloud = |source: &str, id: &str, data: Value| {
            json!({
                "specversion": "1.0", "source": source, "id": id, "type": "api_calls",
                "time": "2026-01-30T10:00:00Z", "data": data,
            })
        };
        let one = cloud("/eu", "1", json!({ "amount": 4, "app_id": "app_1" }));
        let media = "application/cloudevents+json";

        let first = send(&server, REPORT, media, one.to_string()).await.expect(200);
        let again = send(&server, BATCH, media, one.to_string()).await.expect(200);
        let mut bad = cloud("/eu", "2", json!({}));
        bad["type"] = json!("com.example.Call");
        let many = json!([
            cloud("/us", "1", json!({})),
            bad,
            cloud("/eu", "2", json!({ "resource_type": "sms", "amount": 2 })),
            7,
        ]);
        let media = "application/cloudevents-batch+json";
        let many = send(&server, BATCH, media, many.to_string()).await.expect(200);

        assert_eq!(first.at("/data/duplicate"), false);
        assert_eq!(statuses(&again), ["duplicate"]);
        assert_eq!(statuses(&many), ["accepted", "rejected", "accepted", "rejected"]);
        let calls = days(&server, "api_requests").await;
        assert_eq!(calls, [day("2026-01-30", "", 1), day("2026-01-30", "app_1", 4)]);
        let path = "/internal/billing/metering/events/1";
        server.get(METER, path).await.expect(404);
        let shown = server.get(METER, &format!("{path}?source=%2Feu")).await.expect(200);
        assert_eq!(shown.at("/data/app_id"), "app_1");
    }
}
