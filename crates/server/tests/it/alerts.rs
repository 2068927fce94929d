//! Usage alerts, over HTTP.

mod firing;
mod refused;
mod whose;

use axum::http::Method;
use countinghouse::alerts;
use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    metering::{Alert, AlertStatus, Channels, Fired, Resource, Threshold},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const LIST: &str = "/billing/alerts";

fn alert(name: &str) -> Value {
    json!({
        "name": name,
        "resource_type": "api_calls",
        "threshold_percent": 80,
        "notification_channels": "email,in_app",
    })
}

/// An alert like another one, but for some members.
fn with(mut alert: Value, members: &Value) -> Value {
    alert.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    alert
}

async fn made(server: &Server, who: Who<'_>, body: Value) -> Answer {
    server.post(who, LIST, body).await.expect(201)
}

fn path(made: &Answer) -> String {
    format!("{LIST}/{}", made.at("/data/id").as_str().unwrap())
}

/// The names of the alerts that a list shows.
async fn names(server: &Server, who: Who<'_>, list: &str) -> Vec<String> {
    let page = server.get(who, list).await.expect(200);
    let items = page.at("/items");
    let items = items.as_array().unwrap();
    assert_eq!(page.at("/total"), items.len());
    items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

/// Enters an alert that fired now and is triggered for so many seconds.
async fn triggered(server: &Server, tenant: &str, name: &str, seconds: i64) {
    let now = server.now();
    let until = now.plus_seconds(seconds).unwrap();
    let fired = Some(Fired { at: now, until });
    let alert = Alert { fired, status: AlertStatus::Triggered, ..stored(server, name, now) };
    enter(server, tenant, &[alert]).await;
}

fn stored(server: &Server, name: &str, at: Instant) -> Alert {
    Alert {
        id: server.env.id(at),
        app: None,
        name: name.to_owned(),
        resource: Resource::Sms,
        threshold: Threshold::new(50).unwrap(),
        channels: Channels::parse("sms").unwrap(),
        status: AlertStatus::Active,
        created_by: "usr_m".parse().unwrap(),
        fired: None,
        created_at: at,
        updated_at: at,
    }
}

async fn enter(server: &Server, tenant: &str, new: &[Alert]) {
    let tenant = TenantId::parse(tenant).unwrap();
    let mut tx = server.env.db.begin().await.unwrap();
    alerts::insert_alerts(&mut tx, &tenant, new).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn any_person_of_a_tenant_keeps_its_alerts() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let body = with(alert("Calls of one app"), &json!({ "app_id": "app_1" }));
        let made = made(&server, Who::MEMBER, body).await;
        let shown = server.get(Who::ADMIN, &path(&made)).await.expect(200);
        let list = server.get(Who::MEMBER, LIST).await.expect(200);

        let id = made.at("/data/id");
        assert!(id.as_str().unwrap().starts_with("ua_"));
        assert_eq!(
            made.at("/data"),
            json!({
                "id": id,
                "tenant_id": "acme",
                "app_id": "app_1",
                "name": "Calls of one app",
                "resource_type": "api_calls",
                "threshold_percent": 80,
                "notification_channels": "email,in_app",
                "status": "active",
                "created_at": "2026-01-31T12:00:00Z",
                "updated_at": "2026-01-31T12:00:00Z",
            })
        );
        assert_eq!(shown.at("/data"), made.at("/data"));
        assert_eq!(shown.headers["etag"], made.headers["etag"]);
        assert_eq!(list.at("/items"), json!([made.at("/data")]));

        server.advance(60);
        let change = json!({
            "name": "Storage",
            "resource_type": "storage",
            "threshold_percent": 95,
            "notification_channels": "webhook, sms",
            "status": "silenced",
            "app_id": "app_2",
        });
        let changed = server.put(Who::ADMIN, &path(&made), change).await.expect(200);
        let gone = server.delete(Who::MEMBER, &path(&made)).await.expect(204);

        let after = json!({
            "name": "Storage",
            "resource_type": "storage",
            "threshold_percent": 95,
            "notification_channels": "webhook,sms",
            "status": "silenced",
            "updated_at": "2026-01-31T12:01:00Z",
        });
        assert_eq!(changed.at("/data"), with(made.at("/data"), &after));
        assert_ne!(changed.headers["etag"], made.headers["etag"]);
        assert_eq!(gone.text, "");
        server.get(Who::MEMBER, &path(&made)).await.expect(404);
        server.put(Who::MEMBER, &path(&made), json!({})).await.expect(404);
        server.delete(Who::MEMBER, &path(&made)).await.expect(404);
        assert_eq!(names(&server, Who::MEMBER, LIST).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_change_of_nothing_changes_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, Who::MEMBER, alert("Calls")).await;
        server.advance(60);

        for same in
            [json!({}), json!({ "name": null }), json!({ "status": "active" }), alert("Calls")]
        {
            let answer = server.put(Who::MEMBER, &path(&made), same).await.expect(200);
            assert_eq!(answer.at("/data"), made.at("/data"));
            assert_eq!(answer.headers["etag"], made.headers["etag"]);
        }
        let silenced = json!({ "status": "silenced" });
        let silenced = server.put(Who::MEMBER, &path(&made), silenced).await.expect(200);
        let active = json!({ "status": "active" });
        let active = server.put(Who::MEMBER, &path(&made), active).await.expect(200);

        assert_eq!(silenced.at("/data/status"), "silenced");
        assert_eq!(silenced.at("/data/updated_at"), "2026-01-31T12:01:00Z");
        assert_eq!(active.at("/data/status"), "active");
    }
}

#[tokio::test]
async fn lists_are_newest_first_and_filtered() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let one = with(alert("one"), &json!({ "app_id": "app_1" }));
        let silent = made(&server, Who::MEMBER, one).await;
        server.put(Who::MEMBER, &path(&silent), json!({ "status": "silenced" })).await.expect(200);
        for (name, more) in [
            ("two", json!({ "resource_type": "gpu.seconds" })),
            ("three", json!({ "app_id": "app_2" })),
        ] {
            made(&server, Who::ADMIN, with(alert(name), &more)).await;
        }
        triggered(&server, "acme", "four", 60).await;

        for (query, expected) in [
            ("", &["four", "three", "two", "one"][..]),
            ("app_id=app_1", &["one"]),
            ("app_id=app_3", &[]),
            ("resource_type=api_calls", &["three", "one"]),
            ("resource_type=gpu.seconds", &["two"]),
            ("status=active", &["three", "two"]),
            ("status=silenced", &["one"]),
            ("status=triggered", &["four"]),
            ("status=&app_id=&resource_type=", &["four", "three", "two", "one"]),
            ("status=active&app_id=app_2&resource_type=api_calls", &["three"]),
            ("status=silenced&app_id=app_2", &[]),
            ("more=1", &["four", "three", "two", "one"]),
        ] {
            let found = names(&server, Who::MEMBER, &format!("{LIST}?{query}")).await;
            assert_eq!(found, expected, "{query}");
        }
        server.advance(60);
        let active = names(&server, Who::MEMBER, &format!("{LIST}?status=active")).await;
        let triggered = names(&server, Who::MEMBER, &format!("{LIST}?status=triggered")).await;

        assert_eq!(active, ["four", "three", "two"]);
        assert_eq!(triggered, [""; 0]);
        let four = server.get(Who::MEMBER, LIST).await.expect(200);
        assert_eq!(four.at("/items/0/status"), "active");
        assert_eq!(four.at("/items/0/last_triggered_at"), "2026-01-31T12:00:00Z");
    }
}

#[tokio::test]
async fn a_cursor_walks_over_all_of_them() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for name in ["a", "b", "c", "d", "e"] {
            made(&server, Who::MEMBER, alert(name)).await;
        }

        let second =
            server.get(Who::MEMBER, &format!("{LIST}?page=2&page_size=2")).await.expect(200);
        let past = server.get(Who::MEMBER, &format!("{LIST}?page=9")).await.expect(200);
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let list = format!("{LIST}?page_size=2&status=active&cursor={cursor}");
            let page = server.get(Who::MEMBER, &list).await.expect(200);
            assert_eq!(page.at("/total"), 5);
            for item in page.at("/items").as_array().unwrap() {
                walked.push(item["name"].clone());
            }
            match page.at("/pagination/next_cursor").as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }

        assert_eq!(walked, ["e", "d", "c", "b", "a"]);
        assert_eq!(
            (second.at("/items/0/name"), second.at("/items/1/name")),
            ("c".into(), "b".into())
        );
        assert_eq!((past.at("/items"), past.at("/total")), (json!([]), json!(5)));
        let last = server.get(Who::MEMBER, &format!("{LIST}?page_size=4")).await.expect(200);
        let cursor = last.at("/pagination/next_cursor");
        let foreign = format!("{LIST}?status=active&cursor={}", cursor.as_str().unwrap());
        assert_eq!(server.get(Who::MEMBER, &foreign).await.expect(400).fields(), ["cursor"]);
    }
}

#[tokio::test]
async fn what_another_changed_meanwhile_is_not_overwritten() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, Who::MEMBER, alert("Calls")).await;
        let tag = made.headers["etag"].clone();
        let with_tag = async |method: Method, base: &str, tag: &axum::http::HeaderValue| {
            let path = format!("{base}{}", path(&made));
            let request = server.request(method, Who::ADMIN, &path).header("if-match", tag.clone());
            server.send(request, Some(json!({ "threshold_percent": 90 }).to_string())).await
        };

        let changed = with_tag(Method::PUT, "", &tag).await.expect(200);
        with_tag(Method::PUT, "", &tag).await.expect(412);
        with_tag(Method::PUT, "/admin", &tag).await.expect(412);
        with_tag(Method::DELETE, "", &tag).await.expect(412);
        with_tag(Method::DELETE, "/admin", &tag).await.expect(412);
        with_tag(Method::PUT, "/admin", &changed.headers["etag"]).await.expect(200);
        with_tag(Method::DELETE, "/admin", &changed.headers["etag"]).await.expect(204);

        server.get(Who::MEMBER, &path(&made)).await.expect(404);
    }
}

#[tokio::test]
async fn the_same_key_is_one_change_however_often_it_is_sent() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;

        let created = join_all((0..32).map(|n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            at.post_once(Who::MEMBER, "k", LIST, alert("Calls"))
        }));
        let created: Vec<Answer> = created.await.into_iter().map(|it| it.expect(201)).collect();
        let other = server.post_once(Who::MEMBER, "k", LIST, alert("Other")).await;
        let sent = async |method: Method, key: &str, body: Value| {
            let request = server.request(method, Who::MEMBER, &path(&created[0]));
            server.send(request.header("idempotency-key", key), Some(body.to_string())).await
        };
        let silenced = json!({ "status": "silenced" });
        let changed = sent(Method::PUT, "p", silenced.clone()).await.expect(200);
        sent(Method::PUT, "q", json!({ "status": "active" })).await.expect(200);
        let again = sent(Method::PUT, "p", silenced).await.expect(200);
        let now = server.get(Who::MEMBER, &path(&created[0])).await.expect(200);
        let gone = sent(Method::DELETE, "d", json!({})).await.expect(204);
        let gone_again = sent(Method::DELETE, "d", json!({})).await.expect(204);

        assert!(created.iter().all(|it| it.text == created[0].text));
        other.expect(422);
        assert_eq!((again.text, now.at("/data/status")), (changed.text, json!("active")));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert!(!gone.headers.contains_key("idempotency-replayed"));
        assert_eq!(gone_again.headers["idempotency-replayed"], "true");
        assert_eq!(names(&server, Who::MEMBER, LIST).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_tenant_has_so_many_alerts_and_no_more_however_many_are_made_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        let first = made(&server, Who::MEMBER, alert("first")).await;
        let at = server.now();
        let many: Vec<Alert> = (1..990).map(|n| stored(&server, &format!("{n}"), at)).collect();
        enter(&server, "acme", &many).await;

        let racing = join_all((0..32).map(|n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            at.post(Who::MEMBER, LIST, alert("racing"))
        }));
        let statuses: Vec<u16> = racing.await.iter().map(|it| it.status.as_u16()).collect();
        let other = Who::Person { tenant: "globex", user: "usr_o", role: "member" };
        made(&server, other, alert("another tenant's")).await;
        server.delete(Who::MEMBER, &path(&first)).await.expect(204);
        made(&server, Who::MEMBER, alert("in its place")).await;
        server.post(Who::MEMBER, LIST, alert("one more")).await.expect(409);

        assert_eq!(statuses.iter().filter(|it| **it == 201).count(), 10);
        assert_eq!(statuses.iter().filter(|it| **it == 409).count(), 22);
        assert_eq!(server.get(Who::MEMBER, LIST).await.expect(200).at("/total"), 1_000);
    }
}
