//! Feature gates, over HTTP.

use axum::http::{Method, header::HeaderName};
use countinghouse::{catalog, db::Stmt};
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const OVERRIDES: &str = "/admin/billing/feature-gates/overrides";
const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");

const OTHER: Who<'static> = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

/// What a check says of a gate of acme: effective, entitled by the plan, override.
async fn check(server: &Server, gate: &str) -> (bool, bool, Option<bool>) {
    let path = "/internal/billing/feature-gates/check";
    let said = server.post(Who::SERVICE, path, json!({ "gate_key": gate })).await.expect(200);
    let body = said.json();
    assert_eq!((&body["code"], &body["gate_key"]), (&json!(0), &json!(gate)));
    assert!(body.as_object().unwrap().contains_key("tenant_override"), "{body}");
    let flag = |name: &str| body[name].as_bool().unwrap();
    (flag("effective"), flag("plan_entitled"), body["tenant_override"].as_bool())
}

async fn set(server: &Server, who: Who<'_>, gate: &str, enabled: bool) -> Answer {
    let body = json!({ "gate_key": gate, "enabled": enabled });
    server.call(Method::PUT, who, OVERRIDES, body).await
}

async fn grant(server: &Server, plan: &str, gate: &str, enabled: bool) {
    let path = format!("/admin/billing/plans/{plan}/feature-gates");
    let body = json!({ "feature_gates": [{ "key": gate, "enabled": enabled }] });
    server.call(Method::PATCH, Who::SUPER, &path, body).await.expect(200);
}

/// The gates of a list, and whether each is open.
fn gates(list: &Answer) -> Vec<(String, bool)> {
    let gates = list.at("/feature_gates");
    let gates = gates.as_array().unwrap().iter();
    gates
        .map(|gate| (gate["key"].as_str().unwrap().to_owned(), gate["enabled"].as_bool().unwrap()))
        .collect()
}

fn expected(list: &[(&str, bool)]) -> Vec<(String, bool)> {
    list.iter().map(|(key, enabled)| ((*key).to_owned(), *enabled)).collect()
}

async fn subscribe(server: &Server, who: Who<'_>, plan: &str) {
    server.post(who, "/billing/subscribe", json!({ "plan": plan })).await.expect(201);
}

#[tokio::test]
async fn a_gate_is_the_override_else_what_the_plan_grants_else_closed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let on_free = check(&server, "sso").await;
        subscribe(&server, Who::ADMIN, "pro").await;

        assert_eq!(on_free, (false, false, None));
        assert_eq!(check(&server, "sso").await, (true, true, None));
        assert_eq!(check(&server, "custom_domain").await, (false, false, None));
        set(&server, Who::ADMIN, "sso", false).await.expect(200);
        assert_eq!(check(&server, "sso").await, (false, true, Some(false)));
        set(&server, Who::ADMIN, "custom_domain", true).await.expect(200);
        assert_eq!(check(&server, "custom_domain").await, (true, false, Some(true)));
        grant(&server, "pro", "custom_domain", true).await;
        server.delete(Who::ADMIN, &format!("{OVERRIDES}/custom_domain")).await.expect(200);
        assert_eq!(check(&server, "custom_domain").await, (true, true, None));
        grant(&server, "pro", "custom_domain", false).await;
        assert_eq!(check(&server, "custom_domain").await, (false, false, None));
        grant(&server, "pro", "mfa", false).await;
        assert_eq!(check(&server, "mfa").await, (false, false, None));
    }
}

#[tokio::test]
async fn the_gates_of_a_tenant_are_listed_as_they_hold_for_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, Who::ADMIN, "basic").await;
        grant(&server, "basic", "audit", true).await;
        grant(&server, "pro", "zones", true).await;
        set(&server, Who::ADMIN, "sso", true).await.expect(200);
        set(&server, Who::ADMIN, "Beta", true).await.expect(200);

        let own = server.get(Who::MEMBER, "/billing/feature-gates").await.expect(200);
        let admin = server.get(Who::ADMIN, "/admin/billing/feature-gates").await.expect(200);
        let other = server.get(OTHER, "/billing/feature-gates").await.expect(200);
        let all = server.get(Who::SUPER, "/admin/billing/feature-gates").await.expect(200);
        let named = server
            .request(Method::GET, Who::SUPER, "/admin/billing/feature-gates")
            .header(TENANT, "acme");
        let named = server.send(named, None).await.expect(200);

        let acme = expected(&[("Beta", true), ("audit", true), ("mfa", true), ("sso", true)]);
        assert_eq!(gates(&own), acme);
        assert_eq!((gates(&admin), gates(&named)), (acme.clone(), acme));
        assert_eq!(gates(&other), expected(&[("mfa", false), ("sso", false)]));
        let of_plans = expected(&[("audit", true), ("mfa", true), ("sso", true), ("zones", true)]);
        assert_eq!(gates(&all), of_plans);
        assert_eq!(own.at("/feature_gates/2/name"), "Multi-factor authentication");
        assert_eq!(own.at("/feature_gates/1/name"), "Audit");
    }
}

#[tokio::test]
async fn an_override_says_by_whom_and_since_when() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let first = set(&server, Who::ADMIN, "sso", true).await.expect(200);
        server.advance(60);

        let same = set(&server, Who::ADMIN, "sso", true).await.expect(200);
        let body = json!({ "gate_key": "sso" }).to_string();
        let by_super = server.request(Method::PUT, Who::SUPER, OVERRIDES).header(TENANT, "acme");
        let closed = server.send(by_super, Some(body)).await.expect(200);

        assert_eq!(same.at("/overrides"), first.at("/overrides"));
        assert!(first.at("/overrides/0/id").as_str().unwrap().starts_with("fgo_"));
        assert_eq!(
            closed.at("/overrides"),
            json!([{
                "id": first.at("/overrides/0/id"),
                "tenant_id": "acme",
                "gate_key": "sso",
                "enabled": false,
                "updated_by": "usr_s",
                "created_at": "2026-01-31T12:00:00Z",
                "updated_at": "2026-01-31T12:01:00Z",
            }])
        );
        let listed = server.get(Who::ADMIN, OVERRIDES).await.expect(200);
        assert_eq!(listed.at("/overrides"), closed.at("/overrides"));
    }
}

#[tokio::test]
async fn overrides_of_tenants_are_apart_and_the_platform_sees_them_all() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, Who::ADMIN, "sso", true).await.expect(200);
        server.advance(1);
        set(&server, OTHER, "mfa", true).await.expect(200);

        server.delete(OTHER, &format!("{OVERRIDES}/sso")).await.expect(200);
        let own = server.get(Who::ADMIN, OVERRIDES).await.expect(200);
        let all = server.get(Who::SUPER, OVERRIDES).await.expect(200);

        assert_eq!(own.at("/overrides").as_array().unwrap().len(), 1);
        assert_eq!(check(&server, "sso").await, (true, false, Some(true)));
        assert_eq!(check(&server, "mfa").await, (false, false, None));
        let tenants = [all.at("/overrides/0/tenant_id"), all.at("/overrides/1/tenant_id")];
        assert_eq!(tenants, ["other", "acme"]);
        let nameless = set(&server, Who::SUPER, "sso", true).await.expect(400);
        assert_eq!(nameless.fields(), ["X-Tenant-ID"]);
        let nameless = server.delete(Who::SUPER, &format!("{OVERRIDES}/sso")).await.expect(400);
        assert_eq!(nameless.fields(), ["X-Tenant-ID"]);
        set(&server, Who::MEMBER, "sso", true).await.expect(403);
    }
}

#[tokio::test]
async fn deleting_is_a_success_twice_and_a_key_sets_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let put = |enabled: bool| {
            let request = server.request(Method::PUT, Who::ADMIN, OVERRIDES);
            let body = json!({ "gate_key": "sso", "enabled": enabled }).to_string();
            server.send(request.header("idempotency-key", "k"), Some(body))
        };
        let first = put(true).await.expect(200);

        let gone = server.delete(Who::ADMIN, &format!("{OVERRIDES}/sso")).await.expect(200);
        let again = server.delete(Who::ADMIN, &format!("{OVERRIDES}/sso")).await.expect(200);
        let repeat = put(true).await.expect(200);
        put(false).await.expect(422);

        assert_eq!((gone.at("/overrides"), again.at("/overrides")), (json!([]), json!([])));
        assert_eq!(repeat.text, first.text);
        assert_eq!(repeat.headers["idempotency-replayed"], "true");
        assert_eq!(check(&server, "sso").await, (false, false, None));
    }
}

#[tokio::test]
async fn every_broken_field_of_a_gate_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let long = "g".repeat(129);
    let check =
        |body: Value| server.post(Who::SERVICE, "/internal/billing/feature-gates/check", body);

    for bad in ["", "a/b", "a b", "门", "..", &long] {
        let body = json!({ "gate_key": bad, "enabled": 1 });
        let refused = server.call(Method::PUT, Who::ADMIN, OVERRIDES, body).await.expect(400);
        assert_eq!(refused.fields(), ["gate_key", "enabled"], "{bad}");
        assert_eq!(check(json!({ "gate_key": bad })).await.expect(400).fields(), ["gate_key"]);
    }
    let none = server.call(Method::PUT, Who::ADMIN, OVERRIDES, json!({})).await.expect(400);
    assert_eq!(none.fields(), ["gate_key"]);
    assert_eq!(check(json!({})).await.expect(400).fields(), ["gate_key"]);
    let path = format!("{OVERRIDES}/a%2Fb");
    assert_eq!(server.delete(Who::ADMIN, &path).await.expect(400).fields(), ["gate_key"]);
}

#[tokio::test]
async fn another_process_sees_a_gate_that_is_set_at_once() {
    for engine in engines() {
        let one = Server::start(engine).await;
        let other = one.beside().await;
        assert_eq!(check(&other, "sso").await, (false, false, None));

        set(&one, Who::ADMIN, "sso", true).await.expect(200);
        let overridden = check(&other, "sso").await;
        subscribe(&one, Who::ADMIN, "pro").await;
        grant(&one, "pro", "mfa", false).await;

        assert_eq!(overridden, (true, false, Some(true)));
        assert_eq!(check(&other, "sso").await, (true, true, Some(true)));
        assert_eq!(check(&other, "mfa").await, (false, false, None));
    }
}

#[tokio::test]
async fn the_plan_of_a_tenant_is_that_of_its_subscription_else_free() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, Who::ADMIN, "pro").await;
        let mut tx = server.env.db.begin().await.unwrap();

        let subscribed = catalog::tenant_plan(&mut tx, "acme").await.unwrap();
        let never_named = catalog::tenant_plan(&mut tx, "nobody").await.unwrap();
        catalog::set_tenant_plan(&mut tx, "acme", Some("basic")).await.unwrap();
        let changed = catalog::tenant_plan(&mut tx, "acme").await.unwrap();
        catalog::set_tenant_plan(&mut tx, "acme", None).await.unwrap();
        catalog::set_tenant_plan(&mut tx, "acme", None).await.unwrap();
        let ended = catalog::tenant_plan(&mut tx, "acme").await.unwrap();

        let names = [subscribed, never_named, changed, ended].map(|plan| plan.name);
        assert_eq!(names, ["pro", "free", "basic", "free"]);
        let rows = Stmt::new("SELECT COUNT(*) FROM tenant_plan");
        let rows: i64 = tx.fetch_scalar(rows).await.unwrap();
        assert_eq!(rows, 0);
        tx.rollback().await.unwrap();
    }
}
