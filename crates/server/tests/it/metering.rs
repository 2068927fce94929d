//! Reports of usage over HTTP: what counts, and that it counts once.

use countinghouse::db::Stmt;
use countinghouse_core::calendar::Instant;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

mod alarms;
mod batches;
mod exported;
mod killed;
mod levels;
mod months;
mod overage;
mod packed;
mod races;
mod taken_back;

const REPORT: &str = "/internal/billing/metering/report";
const BATCH: &str = "/internal/billing/metering/batch";

/// A service that reports for `acme`.
const METER: Who<'static> = Who::Service { tenant: Some("acme") };

fn event(id: &str, amount: i64) -> Value {
    json!({ "event_id": id, "resource_type": "api_calls", "amount": amount })
}

async fn report(server: &Server, event: &Value) -> Answer {
    server.post(METER, REPORT, event.clone()).await
}

/// Gives a tenant a meter, as a subscription from the 31st of January at noon does.
async fn subscribed(server: &Server) {
    let body = json!({ "plan": "pro" });
    server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
}

/// A column of all days: day, app and value.
async fn days(server: &Server, column: &'static str) -> Vec<(String, String, i64)> {
    let stmt = Stmt::new("SELECT day, app_id, ").push(column);
    let stmt = stmt.push(" FROM usage_day WHERE tenant_id = 'acme' ORDER BY day, app_id");
    server.env.db.fetch_all(stmt).await.unwrap()
}

/// What is metered: app, resource, usage and what of it is late.
async fn metered(server: &Server) -> Vec<(String, String, i64, i64)> {
    let stmt = Stmt::new(
        "SELECT app_id, resource_type, total_usage, late_units FROM metered_usage
         WHERE tenant_id = 'acme' ORDER BY period_start, app_id, resource_type",
    );
    server.env.db.fetch_all(stmt).await.unwrap()
}

async fn count(server: &Server, table: &'static str) -> i64 {
    let stmt = Stmt::new("SELECT COUNT(*) FROM ").push(table).push(" WHERE tenant_id = 'acme'");
    let row: Option<(i64,)> = server.env.db.fetch_optional(stmt).await.unwrap();
    row.unwrap().0
}

/// Moves the clock of the service.
fn move_to(server: &Server, text: &str) {
    server.advance(server.now().seconds_until(Instant::parse(text).unwrap()));
}

fn day(date: &str, app: &str, value: i64) -> (String, String, i64) {
    (date.to_owned(), app.to_owned(), value)
}

#[tokio::test]
async fn an_event_counts_once_however_often_and_by_however_many_it_is_sent() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let other = server.beside().await;

        let sent = join_all((0..32).map(|n| {
            let event = event("evt_1", 5);
            let server = if n % 2 == 0 { &server } else { &other };
            async move { report(server, &event).await.expect(200) }
        }));
        let answers = sent.await;

        let first = answers.iter().filter(|it| it.at("/data/duplicate") == false);
        assert_eq!(first.count(), 1);
        assert!(answers.iter().all(|it| it.at("/data/accepted") == true));
        assert_eq!(days(&server, "api_requests").await, [day("2026-01-31", "", 5)]);
        assert_eq!(metered(&server).await, [(String::new(), "api_calls".to_owned(), 5, 0)]);
        assert_eq!(count(&server, "usage_event").await, 1);
    }
}

#[tokio::test]
async fn the_same_id_with_another_content_is_refused_and_changes_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut first = event("evt_1", 5);
        first["occurred_at"] = json!("2026-01-30T10:00:00Z");
        first["app_id"] = json!("app_1");
        report(&server, &first).await.expect(200);

        for (member, value) in [
            ("amount", json!(6)),
            ("resource_type", json!("sms")),
            ("app_id", json!("app_2")),
            ("app_id", json!(null)),
            ("occurred_at", json!("2026-01-30T10:00:01Z")),
        ] {
            let mut other = first.clone();
            other[member] = value;
            report(&server, &other).await.expect(409);
        }
        let mut silent = first.clone();
        silent["occurred_at"] = json!(null);
        assert_eq!(report(&server, &silent).await.expect(200).at("/data/duplicate"), true);

        assert_eq!(days(&server, "api_requests").await, [day("2026-01-30", "app_1", 5)]);
        assert_eq!(count(&server, "usage_event").await, 1);
    }
}

#[tokio::test]
async fn what_is_no_event_is_told_with_every_field() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for (body, fields) in [
            (json!({}), vec!["resource_type", "amount"]),
            (json!({ "resource_type": "API", "amount": 0 }), vec!["resource_type", "amount"]),
            (event("e", -5), vec!["amount"]),
            (json!({ "resource_type": "sms", "amount": 1.5 }), vec!["amount"]),
            (json!({ "resource_type": "sms", "amount": "5" }), vec!["amount"]),
            (
                json!({ "resource_type": "sms", "amount": 9_223_372_036_854_775_808_u64 }),
                vec!["amount"],
            ),
            (event("", 1), vec!["event_id"]),
            (event(&"x".repeat(300), 1), vec!["event_id"]),
            (json!({ "resource_type": "sms", "amount": 1, "app_id": "a/b" }), vec!["app_id"]),
            (
                json!({ "resource_type": "sms", "amount": 1, "occurred_at": "now" }),
                vec!["occurred_at"],
            ),
            (
                json!({ "resource_type": "sms", "amount": 1, "occurred_at": "2026-01-31T12:05:01Z" }),
                vec!["occurred_at"],
            ),
            (
                json!({ "resource_type": "sms", "amount": 1, "occurred_at": "2016-01-31T12:00:00Z" }),
                vec!["occurred_at"],
            ),
            (json!({ "resource_type": "gpu", "amount": 1, "app_id": "a" }), vec!["resource_type"]),
        ] {
            let refused = report(&server, &body).await.expect(400);
            let errors = refused.at("/errors");
            let named: Vec<&Value> =
                errors.as_array().unwrap().iter().map(|error| &error["field"]).collect();
            assert_eq!(named, fields, "{body}");
        }
        let nobody = Who::Service { tenant: None };
        server.post(nobody, REPORT, event("e", 1)).await.expect(400);
        assert_eq!(count(&server, "usage_event").await, 0);
        assert_eq!(count(&server, "usage_day").await, 0);
    }
}

#[tokio::test]
async fn usage_counts_on_the_day_that_it_is_in_the_tenants_zone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = json!({ "timezone": "Asia/Shanghai" });
        let path = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, path, profile).await.expect(200);

        for (id, when) in [("1", "2026-01-30T15:59:59Z"), ("2", "2026-01-30T16:00:00Z")] {
            let mut event = event(id, 1);
            event["occurred_at"] = json!(when);
            report(&server, &event).await.expect(200);
        }

        let counted = days(&server, "api_requests").await;
        assert_eq!(counted, [day("2026-01-30", "", 1), day("2026-01-31", "", 1)]);
    }
}

#[tokio::test]
async fn a_report_under_a_key_answers_the_same_and_counts_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "resource_type": "sms", "amount": 3 });

        let first = server.post_once(METER, "k1", REPORT, body.clone()).await.expect(200);
        let again = server.post_once(METER, "k1", REPORT, body.clone()).await.expect(200);
        report(&server, &body).await.expect(200);

        assert_eq!(first.json(), again.json());
        assert_eq!(days(&server, "sms").await, [day("2026-01-31", "", 6)]);
    }
}

#[tokio::test]
async fn tenants_do_not_see_each_others_events() {
    for engine in engines() {
        let server = Server::start(engine).await;
        report(&server, &event("evt_1", 5)).await.expect(200);
        let other = Who::Service { tenant: Some("globex") };

        let path = "/internal/billing/metering/events/evt_1";
        server.get(other, path).await.expect(404);
        server.delete(other, path).await.expect(404);
        let own = server.post(other, REPORT, event("evt_1", 9)).await.expect(200);
        assert_eq!(own.at("/data/duplicate"), false);

        let shown = server.get(METER, path).await.expect(200);
        assert_eq!(
            (shown.at("/data/amount"), shown.at("/data/status")),
            (json!(5), json!("counted"))
        );
    }
}
