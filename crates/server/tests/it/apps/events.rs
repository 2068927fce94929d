//! What becomes of apps.

use std::collections::BTreeSet;

use countinghouse::{apps, db::Purpose};
use countinghouse_core::calendar::Instant;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{PRICING, pricing, set, sms};
use crate::harness::{Answer, Server, Who, engines};

const CLOCK: &str = "/internal/billing/test-clock/acme";

/// An app, what it is told and what that is answered, and what it is then.
type Life = (&'static str, &'static [(&'static str, u16)], &'static str);

fn path(app: &str) -> String {
    format!("/internal/billing/apps/acme/{app}/billing-event")
}

async fn tell(server: &Server, app: &str, action: &str) -> Answer {
    let body = json!({ "action": action, "app_id": app });
    server.post(Who::Service { tenant: None }, &path(app), body).await
}

async fn status(server: &Server, app: &str) -> Value {
    server.get(Who::ADMIN, &pricing(app)).await.expect(200).at("/data/status")
}

/// When each of acme's deleted apps was deleted.
async fn deleted(server: &Server) -> Vec<(String, String)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let deleted = apps::deleted(&mut tx, &BTreeSet::from(["acme"])).await.unwrap();
    deleted.into_iter().map(|((_, app), at)| (app, at.to_string())).collect()
}

#[tokio::test]
async fn an_app_is_what_events_make_of_it() {
    let lives: &[Life] = &[
        ("resumed", &[("resume", 200)], "active"),
        ("suspended", &[("suspend", 200), ("suspend", 200)], "suspended"),
        ("back", &[("suspend", 200), ("resume", 200), ("resume", 200)], "active"),
        ("gone", &[("delete", 200), ("delete", 200)], "deleted"),
        ("kept", &[("suspend", 200), ("delete", 200), ("resume", 409)], "deleted"),
        ("still", &[("delete", 200), ("suspend", 409), ("delete", 200)], "deleted"),
    ];
    for engine in engines() {
        let server = Server::start(engine).await;
        for (app, events, expected) in lives {
            for (action, answer) in *events {
                let told = tell(&server, app, action).await.expect(*answer);
                assert!(*answer == 409 || told.at("/message") == "success", "{}", told.text);
                server.advance(1);
            }
            assert_eq!(status(&server, app).await, *expected, "{app}");
        }
        let names: Vec<String> = deleted(&server).await.into_iter().map(|(app, _)| app).collect();
        assert_eq!(names, ["gone", "kept", "still"]);
    }
}

#[tokio::test]
async fn an_app_keeps_its_prices_and_its_birth_whatever_becomes_of_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let before = set(&server, "app_001", sms(1)).await.expect(200);
        server.advance(60);

        for (action, status) in
            [("suspend", "suspended"), ("resume", "active"), ("delete", "deleted")]
        {
            tell(&server, "app_001", action).await.expect(200);
            let after = server.get(Who::ADMIN, PRICING).await.expect(200);
            let mut expected = before.at("/data");
            expected["status"] = json!(status);
            assert_eq!(after.at("/data"), expected);
        }
        let late = set(&server, "app_001", sms(2)).await.expect(200);
        assert_eq!(late.at("/data/status"), "deleted");
    }
}

#[tokio::test]
async fn an_app_is_deleted_once_when_the_tenants_clock_says() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let clock = async |now: &str| {
            let who = Who::Service { tenant: None };
            server.put(who, CLOCK, json!({ "now": now })).await
        };
        clock("2019-03-31T00:00:00Z").await.expect(200);
        tell(&server, "app_001", "delete").await.expect(200);
        clock("2019-04-01T00:00:00Z").await.expect(200);
        tell(&server, "app_001", "delete").await.expect(200);

        assert_eq!(
            deleted(&server).await,
            [("app_001".to_owned(), "2019-03-31T00:00:00Z".to_owned())]
        );
        let shown = server.get(Who::ADMIN, PRICING).await.expect(200);
        assert_eq!(shown.at("/data/created_at"), "2019-03-31T00:00:00Z");
    }
}

#[tokio::test]
async fn a_clock_is_not_set_before_an_app_or_its_prices() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let clock = async |now: Instant| {
            let body = json!({ "now": now.to_string() });
            server.put(Who::Service { tenant: None }, CLOCK, body).await
        };
        let earlier = |server: &Server| server.now().plus_seconds(-1).unwrap();

        tell(&server, "app_001", "suspend").await.expect(200);
        clock(earlier(&server)).await.expect(409);
        server.advance(60);
        set(&server, "app_001", sms(1)).await.expect(200);
        clock(earlier(&server)).await.expect(409);
        server.advance(60);
        tell(&server, "app_001", "delete").await.expect(200);
        clock(earlier(&server)).await.expect(409);
        clock(server.now()).await.expect(200);
    }
}

#[tokio::test]
async fn a_key_tells_an_event_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let once = async |action: &str| {
            let body = json!({ "action": action });
            server.post_once(Who::SERVICE, "k", &path("app_001"), body).await
        };

        let first = once("suspend").await.expect(200);
        tell(&server, "app_001", "resume").await.expect(200);
        let repeat = once("suspend").await.expect(200);
        once("delete").await.expect(422);

        assert_eq!(first.text, repeat.text);
        assert_eq!(repeat.headers["idempotency-replayed"], "true");
        assert_eq!(status(&server, "app_001").await, "active");
    }
}

#[tokio::test]
async fn an_app_that_many_name_at_once_is_one_app() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;

        let told = join_all((0..32).map(async |n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            if n % 4 < 2 {
                tell(at, "app_001", "suspend").await
            } else {
                set(at, "app_001", sms(n % 8)).await
            }
        }));
        let told = told.await;

        assert!(told.iter().all(|answer| answer.status == 200));
        let all = server.get(Who::ADMIN, super::APPS).await.expect(200);
        assert_eq!(all.at("/total"), 1);
        assert_eq!(all.at("/items/0/status"), "suspended");
    }
}
