//! Alerts of other tenants, and what administrators do with them.

use axum::http::Method;
use countinghouse::command::set_clock;
use countinghouse_core::calendar::Instant;
use serde_json::{Value, json};

use super::{LIST, alert, made, names, path, triggered};
use crate::harness::{Answer, Server, Who, engines};

const ADMINS: &str = "/admin/billing/alerts";

const OTHER: Who<'static> = Who::Person { tenant: "globex", user: "usr_o", role: "admin" };

/// Sends a request of a `super_admin` that names a tenant.
async fn in_tenant(
    server: &Server,
    method: Method,
    path: &str,
    tenant: &str,
    body: &Value,
) -> Answer {
    let request = server.request(method, Who::SUPER, path).header("x-tenant-id", tenant);
    server.send(request, Some(body.to_string())).await
}

#[tokio::test]
async fn an_alert_of_another_tenant_is_not_found() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = made(&server, Who::MEMBER, alert("Calls")).await;
        let own = path(&made);
        let as_admin = format!("/admin{own}");
        let silenced = json!({ "status": "silenced" });

        server.get(OTHER, &own).await.expect(404);
        for path in [&own, &as_admin] {
            server.put(OTHER, path, silenced.clone()).await.expect(404);
            server.delete(OTHER, path).await.expect(404);
        }
        in_tenant(&server, Method::PUT, &as_admin, "globex", &silenced).await.expect(404);
        in_tenant(&server, Method::DELETE, &as_admin, "globex", &json!({})).await.expect(404);
        // A super administrator's tenant is their own on the user plane.
        server.get(Who::SUPER, &own).await.expect(404);
        for nothing in ["ua_001", "ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0A", "x"] {
            server.get(Who::MEMBER, &format!("{LIST}/{nothing}")).await.expect(404);
            for who in [Who::ADMIN, Who::SUPER] {
                let path = format!("{ADMINS}/{nothing}");
                server.put(who, &path, silenced.clone()).await.expect(404);
                server.delete(who, &path).await.expect(404);
            }
        }

        let now = server.get(Who::MEMBER, &own).await.expect(200);
        assert_eq!(now.at("/data"), made.at("/data"));
        assert_eq!(names(&server, OTHER, LIST).await, [""; 0]);
        assert_eq!(names(&server, OTHER, ADMINS).await, [""; 0]);
    }
}

#[tokio::test]
async fn an_administrator_keeps_the_alerts_of_their_tenant() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let made = server.post(Who::ADMIN, ADMINS, alert("Calls")).await.expect(201);
        let as_admin = format!("/admin{}", path(&made));
        let change = json!({ "threshold_percent": 90 });
        let changed = server.put(Who::ADMIN, &as_admin, change).await.expect(200);
        let shown = server.get(Who::MEMBER, &path(&made)).await.expect(200);
        let list = server.get(Who::ADMIN, ADMINS).await.expect(200);

        assert_eq!(made.at("/data/tenant_id"), "acme");
        assert_eq!(changed.at("/data/threshold_percent"), 90);
        assert_eq!(shown.at("/data"), changed.at("/data"));
        assert_eq!(shown.headers["etag"], changed.headers["etag"]);
        assert_eq!(list.at("/items"), json!([changed.at("/data")]));
        assert_eq!(server.delete(Who::ADMIN, &as_admin).await.expect(204).text, "");
        server.get(Who::MEMBER, &path(&made)).await.expect(404);
        for (method, path) in [(Method::GET, ADMINS), (Method::DELETE, as_admin.as_str())] {
            server.call(method, Who::MEMBER, path, json!({})).await.expect(403);
        }
    }
}

#[tokio::test]
async fn a_super_administrator_sees_all_and_names_whose_a_new_one_is() {
    for engine in engines() {
        let server = Server::start(engine).await;
        made(&server, Who::MEMBER, alert("acme's")).await;
        server.advance(1);

        let nobodys = server.post(Who::SUPER, ADMINS, alert("nobody's")).await.expect(400);
        let new = in_tenant(&server, Method::POST, ADMINS, "globex", &alert("globex's")).await;
        let new = new.expect(201);
        let all = names(&server, Who::SUPER, ADMINS).await;
        let one = in_tenant(&server, Method::GET, ADMINS, "acme", &json!({})).await.expect(200);
        let as_admin = format!("/admin{}", path(&new));
        let change = json!({ "status": "silenced" });
        let changed = server.put(Who::SUPER, &as_admin, change).await.expect(200);
        let silenced = names(&server, Who::SUPER, &format!("{ADMINS}?status=silenced")).await;

        assert_eq!(nobodys.fields(), ["X-Tenant-ID"]);
        assert_eq!(new.at("/data/tenant_id"), "globex");
        assert_eq!(all, ["globex's", "acme's"]);
        assert_eq!((one.at("/total"), one.at("/items/0/name")), (json!(1), json!("acme's")));
        assert_eq!(changed.at("/data/tenant_id"), "globex");
        assert_eq!(silenced, ["globex's"]);
        server.get(OTHER, &path(&new)).await.expect(200);
        server.delete(Who::SUPER, &as_admin).await.expect(204);
        assert_eq!(names(&server, Who::SUPER, ADMINS).await, ["acme's"]);
    }
}

#[tokio::test]
async fn a_tenant_with_a_clock_of_its_own_has_its_alerts_triggered_by_that() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for (who, tenant) in [(Who::ADMIN, "acme"), (OTHER, "globex")] {
            made(&server, who, alert(&format!("{tenant}'s calls"))).await;
            triggered(&server, tenant, &format!("{tenant}'s"), 3_600).await;
        }
        let later = Instant::parse("2026-02-01T12:00:00Z").unwrap();
        let mut tx = server.env.db.begin().await.unwrap();
        set_clock(&mut tx, "globex", Some(later)).await.unwrap();
        tx.commit().await.unwrap();

        let triggered = names(&server, Who::SUPER, &format!("{ADMINS}?status=triggered")).await;
        let mut active = names(&server, Who::SUPER, &format!("{ADMINS}?status=active")).await;
        let all = server.get(Who::SUPER, ADMINS).await.expect(200);

        active.sort_unstable();
        assert_eq!(triggered, ["acme's"]);
        assert_eq!(active, ["acme's calls", "globex's", "globex's calls"]);
        let shown = all.at("/items");
        for item in shown.as_array().unwrap() {
            let is_triggered = item["name"] == "acme's";
            assert_eq!(item["status"] == "triggered", is_triggered, "{item}");
        }
        assert_eq!(names(&server, OTHER, &format!("{LIST}?status=triggered")).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_list_is_in_the_order_of_arrival_whatever_clock_they_were_made_by() {
    for engine in engines() {
        let server = Server::start(engine).await;
        made(&server, Who::MEMBER, alert("first")).await;
        let clock = async |at: Option<&str>| {
            let mut tx = server.env.db.begin().await.unwrap();
            let at = at.map(|at| Instant::parse(at).unwrap());
            set_clock(&mut tx, "acme", at).await.unwrap();
            tx.commit().await.unwrap();
        };

        clock(Some("2026-03-01T00:00:00Z")).await;
        made(&server, Who::MEMBER, alert("second")).await;
        clock(None).await;
        let third = made(&server, Who::MEMBER, alert("third")).await;

        assert_eq!(third.at("/data/created_at"), "2026-03-01T00:00:00Z");
        let list = names(&server, Who::MEMBER, LIST).await;
        assert_eq!(list[2], "first");
    }
}
