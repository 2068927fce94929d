//! Which alerts watch, and that they fire once for each threshold and period.

use std::collections::BTreeSet;

use countinghouse::alerts::{Firing, FiringKey, Watch, fired, save_firings, watching};
use countinghouse_core::calendar::Instant;
use serde_json::json;

use super::{LIST, alert, made, path, with};
use crate::harness::{Server, Who, engines};

const OTHER: Who<'static> = Who::Person { tenant: "globex", user: "usr_o", role: "admin" };

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn start() -> Instant {
    at("2026-01-31T12:00:00Z")
}

/// What the alerts of a tenant that watch would fire for.
async fn watches(server: &Server, tenant: &str) -> Vec<Watch> {
    let mut tx = server.env.db.begin().await.unwrap();
    let mut all = watching(&mut tx, &BTreeSet::from([tenant])).await.unwrap();
    tx.rollback().await.unwrap();
    all.remove(tenant).unwrap_or_default()
}

async fn fire(server: &Server, keys: &[FiringKey], end: Instant) -> bool {
    let now = server.now();
    let firing = |key: &FiringKey| Firing { key: key.clone(), period_end: end, at: now };
    let firings: Vec<Firing> = keys.iter().map(firing).collect();
    let mut tx = server.env.db.begin().await.unwrap();
    let saved = save_firings(&mut tx, &firings).await;
    if saved.is_ok() {
        tx.commit().await.unwrap();
    } else {
        tx.rollback().await.unwrap();
    }
    saved.is_ok()
}

async fn fired_of(server: &Server, keys: &[FiringKey]) -> Vec<bool> {
    let mut tx = server.env.db.begin().await.unwrap();
    let found = fired(&mut tx, &keys.iter().cloned().collect()).await.unwrap();
    tx.rollback().await.unwrap();
    keys.iter().map(|key| found.contains(key)).collect()
}

#[tokio::test]
async fn alerts_watch_unless_they_are_silenced() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let app = with(alert("one"), &json!({ "app_id": "app_1", "threshold_percent": 95 }));
        let one = made(&server, Who::MEMBER, app).await;
        let two = made(&server, Who::MEMBER, alert("two")).await;
        server.put(Who::MEMBER, &path(&two), json!({ "status": "silenced" })).await.expect(200);
        let other = with(alert("three"), &json!({ "resource_type": "gpu.seconds" }));
        made(&server, OTHER, other).await;

        let mut tx = server.env.db.begin().await.unwrap();
        let tenants = BTreeSet::from(["acme", "globex", "initech"]);
        let all = watching(&mut tx, &tenants).await.unwrap();
        let none = watching(&mut tx, &BTreeSet::new()).await.unwrap();
        tx.rollback().await.unwrap();

        assert_eq!(all.keys().collect::<Vec<_>>(), ["acme", "globex"]);
        let [only] = &all["acme"][..] else { panic!("{all:?}") };
        assert_eq!(one.at("/data/id"), only.alert_id.to_string());
        assert_eq!(only.app.as_ref().map(ToString::to_string), Some("app_1".to_owned()));
        assert_eq!((only.resource.as_str(), only.threshold.percent()), ("api_calls", 95));
        assert_eq!(only.channels.to_string(), "email,in_app");
        assert_eq!(all["globex"][0].resource.as_str(), "gpu.seconds");
        assert!(none.is_empty());
    }
}

#[tokio::test]
async fn what_fired_is_triggered_until_the_period_ends_and_never_fires_twice_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, Who::MEMBER, alert("Calls")).await;
        let watch = watches(&server, "acme").await.remove(0);
        let (this, next) =
            (watch.key("acme", start()), watch.key("acme", at("2026-02-28T12:00:00Z")));
        let keys = [this.clone(), next.clone()];
        server.advance(60);

        assert_eq!(fired_of(&server, &keys).await, [false, false]);
        assert!(fire(&server, std::slice::from_ref(&this), next.period_start).await);
        let triggered = server.get(Who::MEMBER, &path(&made)).await.expect(200);
        assert_eq!(fired_of(&server, &keys).await, [true, false]);
        assert!(!fire(&server, &[next.clone(), this.clone()], at("2026-03-31T12:00:00Z")).await);
        assert_eq!(fired_of(&server, &keys).await, [true, false]);

        assert_eq!(triggered.at("/data/status"), "triggered");
        assert_eq!(triggered.at("/data/last_triggered_at"), "2026-01-31T12:01:00Z");
        assert_eq!(triggered.at("/data/updated_at"), made.at("/data/updated_at"));
        assert_ne!(triggered.headers["etag"], made.headers["etag"]);
        server.advance(28 * 86_400);
        let over = server.get(Who::MEMBER, &path(&made)).await.expect(200);
        assert_eq!(over.at("/data/status"), "active");
        assert_eq!(over.at("/data/last_triggered_at"), "2026-01-31T12:01:00Z");
        assert!(fire(&server, &[next], at("2026-03-31T12:00:00Z")).await);
        assert_eq!(fired_of(&server, &keys).await, [true, true]);
    }
}

#[tokio::test]
async fn an_alert_that_is_set_back_fires_again_at_another_threshold_or_for_another_resource_only() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, Who::MEMBER, alert("Calls")).await;
        let (end, mut keys) = (at("2026-02-28T12:00:00Z"), Vec::new());
        let first = watches(&server, "acme").await.remove(0).key("acme", start());
        assert!(fire(&server, &[first], end).await);

        for change in [
            json!({ "status": "active" }),
            json!({ "threshold_percent": 90 }),
            json!({ "threshold_percent": 80 }),
            json!({ "resource_type": "bandwidth" }),
        ] {
            let changed = server.put(Who::MEMBER, &path(&made), change).await.expect(200);
            assert_eq!(changed.at("/data/status"), "active");
            keys.push(watches(&server, "acme").await.remove(0).key("acme", start()));
        }

        assert_eq!(fired_of(&server, &keys).await, [true, false, true, false]);
        assert!(fire(&server, &keys[3..], end).await);
        let renamed = json!({ "name": "Traffic" });
        let renamed = server.put(Who::MEMBER, &path(&made), renamed).await.expect(200);
        assert_eq!(renamed.at("/data/status"), "triggered");
        let lower = json!({ "threshold_percent": 10 });
        let lower = server.put(Who::MEMBER, &path(&made), lower).await.expect(200);
        assert_eq!(lower.at("/data/status"), "active");
    }
}

#[tokio::test]
async fn that_an_alert_fired_stays_when_it_is_removed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, Who::MEMBER, alert("Calls")).await;
        let watch = watches(&server, "acme").await.remove(0);
        let (first, later) =
            (watch.key("acme", start()), watch.key("acme", at("2026-02-28T12:00:00Z")));
        assert!(fire(&server, std::slice::from_ref(&first), later.period_start).await);

        server.delete(Who::MEMBER, &path(&made)).await.expect(204);
        assert!(fire(&server, std::slice::from_ref(&later), at("2026-03-31T12:00:00Z")).await);

        assert_eq!(fired_of(&server, &[first, later]).await, [true, true]);
        assert_eq!(server.get(Who::MEMBER, LIST).await.expect(200).at("/total"), 0);
        assert!(fire(&server, &[], server.now()).await);
    }
}

#[tokio::test]
async fn many_alerts_of_several_tenants_fire_together() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut keys = Vec::new();
        for (who, tenant) in [(Who::MEMBER, "acme"), (OTHER, "globex")] {
            for n in 1..=30 {
                let body = with(alert("Many"), &json!({ "threshold_percent": n }));
                made(&server, who, body).await;
            }
            let watches = watches(&server, tenant).await;
            keys.extend(watches.iter().map(|watch| watch.key(tenant, start())));
        }
        // One of them fires for two periods at once.
        let late = FiringKey { period_start: at("2026-01-30T12:00:00Z"), ..keys[0].clone() };

        let some = [&keys[..45], std::slice::from_ref(&late)].concat();
        assert!(fire(&server, &some, at("2026-02-28T12:00:00Z")).await);

        let expected: Vec<bool> = (0..60).map(|n| n < 45).collect();
        assert_eq!(fired_of(&server, &keys).await, expected);
        assert_eq!(fired_of(&server, &[late]).await, [true]);
        for (who, count) in [(Who::MEMBER, 30), (OTHER, 15)] {
            let list = server.get(who, &format!("{LIST}?status=triggered")).await.expect(200);
            assert_eq!(list.at("/total"), count);
        }
    }
}
