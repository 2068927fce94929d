//! Alerts that reports cross.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse::db::Stmt;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{METER, REPORT, event, move_to, report, subscribed};
use crate::harness::{Server, Who, engines};

/// How many reports are sent together.
const SENDERS: i64 = 32;

/// How many alerts have each threshold; a tenant has at most 1,000.
const ALIKE: i64 = 10;

async fn alert(server: &Server, resource: &str, threshold: i64, app: Option<&str>) -> String {
    let mut body = json!({
        "name": format!("{resource} {threshold}"), "resource_type": resource,
        "threshold_percent": threshold, "notification_channels": "email,webhook",
    });
    if let Some(app) = app {
        body["app_id"] = json!(app);
    }
    let made = server.post(Who::MEMBER, "/billing/alerts", body).await.expect(201);
    made.at("/data/id").as_str().unwrap().to_owned()
}

async fn status(server: &Server, alert: &str) -> Value {
    server
        .get(Who::MEMBER, &format!("/billing/alerts/{alert}"))
        .await
        .expect(200)
        .at("/data/status")
}

/// The messages of alerts, oldest first.
async fn messages(server: &Server) -> Vec<Value> {
    let stmt = Stmt::new(
        "SELECT payload FROM outbox_message WHERE tenant_id = 'acme' AND kind = 'usage.alert'
         ORDER BY seq",
    );
    let rows: Vec<(String,)> = server.env.db.fetch_all(stmt).await.unwrap();
    rows.into_iter().map(|(payload,)| serde_json::from_str(&payload).unwrap()).collect()
}

#[tokio::test]
async fn each_threshold_fires_once_however_many_cross_it_together() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let made = join_all((1..=100).flat_map(|percent| {
            let server = &server;
            (0..ALIKE).map(move |_| alert(server, "api_calls", percent, None))
        }));
        let made: BTreeSet<String> = made.await.into_iter().collect();
        assert_eq!(made.len(), 1_000);

        // Pro allows 100,000 calls a month.
        for turn in 0..10 {
            let sent = join_all((0..SENDERS).map(|n| {
                let event = event(&format!("{turn}-{n}"), 10_000 / SENDERS + 1);
                let server = &server;
                async move { report(server, &event).await.expect(200) }
            }));
            sent.await;
        }

        let mut fired: BTreeMap<String, i64> = BTreeMap::new();
        for message in messages(&server).await {
            let percent = message["threshold_percent"].as_i64().unwrap();
            let (used, limit) =
                (message["used"].as_i64().unwrap(), message["limit"].as_i64().unwrap());
            assert!(used * 100 >= limit * percent, "{message}");
            assert_eq!(message["channels"], json!(["email", "webhook"]));
            *fired.entry(message["alert_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        assert_eq!(fired.len(), 1_000);
        assert!(fired.values().all(|count| *count == 1));
        assert!(fired.keys().all(|id| made.contains(id)));
    }
}

#[tokio::test]
async fn an_alert_fires_again_in_the_next_period_and_is_active_between() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let id = alert(&server, "api_calls", 80, None).await;

        report(&server, &event("1", 79_999)).await.expect(200);
        assert_eq!(status(&server, &id).await, "active");
        report(&server, &event("2", 1)).await.expect(200);
        report(&server, &event("3", 1)).await.expect(200);
        assert_eq!(status(&server, &id).await, "triggered");
        assert_eq!(messages(&server).await.len(), 1);

        move_to(&server, "2026-02-28T12:00:00Z");
        assert_eq!(status(&server, &id).await, "active");
        report(&server, &event("4", 80_000)).await.expect(200);
        assert_eq!(status(&server, &id).await, "triggered");
        assert_eq!(messages(&server).await.len(), 2);
    }
}

#[tokio::test]
async fn messages_count_by_the_day_levels_as_they_are_and_apps_by_what_is_included() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let path = "/admin/billing/subscription/acme/apps/app_1/pricing";
        let prices =
            json!([{ "resource_type": "api_calls", "included_units": 10, "unit_price": 1 }]);
        server.post(Who::ADMIN, path, json!({ "pricings": prices })).await.expect(200);
        let sms = alert(&server, "sms", 50, None).await;
        let users = alert(&server, "users", 90, None).await;
        let app = alert(&server, "api_calls", 100, Some("app_1")).await;
        let silenced = alert(&server, "sms", 1, None).await;
        let path = format!("/billing/alerts/{silenced}");
        server.put(Who::MEMBER, &path, json!({ "status": "silenced" })).await.expect(200);

        let send = |resource: &str, amount: i64, app: Option<&str>| {
            let mut event = json!({ "resource_type": resource, "amount": amount });
            if let Some(app) = app {
                event["app_id"] = json!(app);
            }
            server.post(METER, REPORT, event)
        };
        // Pro allows 1,000 text messages a day and 100 users.
        send("sms", 499, None).await.expect(200);
        send("users", 50, Some("app_1")).await.expect(200);
        send("users", 39, Some("app_2")).await.expect(200);
        send("api_calls", 9, Some("app_1")).await.expect(200);
        send("api_calls", 90_000, Some("app_2")).await.expect(200);
        assert_eq!(messages(&server).await, Vec::<Value>::new());

        send("sms", 1, Some("app_2")).await.expect(200);
        send("users", 40, Some("app_2")).await.expect(200);
        send("api_calls", 1, Some("app_1")).await.expect(200);

        let fired: Vec<Value> =
            messages(&server).await.into_iter().map(|it| it["alert_id"].clone()).collect();
        assert_eq!(fired, [json!(sms), json!(users), json!(app)]);
        assert_eq!(status(&server, &silenced).await, "silenced");

        move_to(&server, "2026-02-01T00:00:00Z");
        assert_eq!(status(&server, &sms).await, "active");
        assert_eq!(status(&server, &users).await, "triggered");
        send("sms", 500, None).await.expect(200);
        assert_eq!(messages(&server).await.len(), 4);
    }
}
