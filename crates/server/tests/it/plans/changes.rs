//! What changes of a plan, for whom, and for which version.

use axum::http::{
    Method,
    header::{ETAG, IF_MATCH},
};
use serde_json::{Value, json};

use super::{PLANS, change, names, set_gates, team};
use crate::harness::{Answer, Server, Who, engines};

/// Changes a plan if it is of a version.
async fn change_if(server: &Server, tag: &str, plan: &str, body: Value) -> Answer {
    let request = server.request(Method::PUT, Who::SUPER, &format!("{PLANS}/{plan}"));
    server.send(request.header(IF_MATCH, tag), Some(body.to_string())).await
}

fn tag(answer: &Answer) -> String {
    answer.headers[ETAG].to_str().unwrap().to_owned()
}

fn gate(plan: &Answer, key: &str) -> Value {
    let gates = plan.at("/data/feature_gates");
    let gate = gates.as_array().unwrap().iter().find(|gate| gate["key"] == key).cloned();
    gate.map_or(Value::Null, |gate| gate["enabled"].clone())
}

#[tokio::test]
async fn what_is_absent_or_null_stays() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let before = server.post(Who::SUPER, PLANS, team()).await.expect(201);
        server.advance(60);

        let body = json!({ "max_users": 0, "name": null, "description": "For teams" });
        let changed = change(&server, "team", body).await.expect(200);
        let id = before.at("/data/id");
        let same = change(&server, id.as_str().unwrap(), changed.at("/data")).await.expect(200);
        let cleared = change(&server, "team", json!({ "description": "" })).await.expect(200);

        let mut expected = before.at("/data");
        expected["max_users"] = json!(0);
        expected["description"] = json!("For teams");
        expected["updated_at"] = json!("2026-01-31T12:01:00Z");
        assert_eq!(changed.at("/data"), expected);
        assert_eq!((same.at("/data"), tag(&same)), (expected, tag(&changed)));
        assert_eq!(cleared.at("/data/description"), Value::Null);
        let shown = server.get(Who::SUPER, "/admin/billing/plans/team").await.expect(200);
        assert_eq!(shown.at("/data"), cleared.at("/data"));
        change(&server, "none", json!({})).await.expect(404);
    }
}

#[tokio::test]
async fn every_broken_field_of_a_change_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let body = json!({ "plan": "basic", "plan_id": "basic", "name": "", "monthly_price": 0.001,
        "yearly_price": -1, "status": "archived", "max_users": "many", "mfa_enabled": "yes" });
    let gates = json!([{ "key": "a b", "enabled": true }, { "key": "x" }, { "key": "y", "enabled": true },
        { "key": "y", "enabled": false }, 7]);

    let mut fields = change(&server, "pro", body).await.expect(400).fields();
    let entries = set_gates(&server, "pro", gates).await.expect(400).fields();
    let absent = server
        .call(Method::PATCH, Who::SUPER, "/admin/billing/plans/pro/feature-gates", json!({}))
        .await
        .expect(400);

    fields.sort();
    let expected = [
        "max_users",
        "mfa_enabled",
        "monthly_price",
        "name",
        "plan",
        "plan_id",
        "status",
        "yearly_price",
    ];
    assert_eq!(fields, expected);
    let mut entries = entries;
    entries.sort();
    let expected = [
        "feature_gates[0].key",
        "feature_gates[1].enabled",
        "feature_gates[3].key",
        "feature_gates[4]",
    ];
    assert_eq!(entries, expected);
    assert_eq!(absent.fields(), ["feature_gates"]);
}

#[tokio::test]
async fn only_the_version_that_is_named_is_changed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = server.post(Who::SUPER, PLANS, team()).await.expect(201);

        let changed = change_if(&server, &tag(&made), "team", json!({ "max_users": 1 })).await;
        let stale = change_if(&server, &tag(&made), "team", json!({ "max_users": 2 })).await;
        let any = change_if(&server, "*", "team", json!({ "max_users": 3 })).await;
        let bad = change_if(&server, "team", "team", json!({ "max_users": 4 })).await;
        let none = change_if(&server, "*", "none", json!({ "max_users": 5 })).await;

        let changed = changed.expect(200);
        assert_ne!(tag(&changed), tag(&made));
        assert_eq!(stale.expect(412).at("/code"), 61_110_011);
        assert_eq!(any.expect(200).at("/data/max_users"), 3);
        assert_eq!(bad.expect(400).fields(), ["If-Match"]);
        none.expect(404);
        for (method, path) in [(Method::PATCH, "/feature-gates"), (Method::DELETE, "")] {
            let request = server.request(method, Who::SUPER, &format!("{PLANS}/team{path}"));
            let body = json!({ "feature_gates": [] }).to_string();
            server.send(request.header(IF_MATCH, tag(&made)), Some(body)).await.expect(412);
        }
        let shown = server.get(Who::SUPER, "/admin/billing/plans/team").await.expect(200);
        assert_eq!(
            (shown.at("/data/max_users"), shown.at("/data/status")),
            (json!(3), json!("active"))
        );
    }
}

#[tokio::test]
async fn a_repeat_under_its_key_is_the_first_answer_with_its_version() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let made = server.post_once(Who::SUPER, "k", PLANS, team()).await.expect(201);
        let put = || {
            let request = server.request(Method::PUT, Who::SUPER, "/admin/billing/plans/team");
            let request = request.header(IF_MATCH, tag(&made)).header("idempotency-key", "p");
            server.send(request, Some(json!({ "max_users": 1 }).to_string()))
        };
        let first = put().await.expect(200);
        server.advance(60);
        change(&server, "team", json!({ "max_users": 2 })).await.expect(200);

        let again = put().await.expect(200);
        let made_again = server.post_once(Who::SUPER, "k", PLANS, team()).await.expect(201);

        assert_eq!((again.text.clone(), tag(&again)), (first.text.clone(), tag(&first)));
        assert_eq!((made_again.text.clone(), tag(&made_again)), (made.text.clone(), tag(&made)));
        assert_eq!(made_again.headers["idempotency-replayed"], "true");
        let shown = server.get(Who::SUPER, "/admin/billing/plans/team").await.expect(200);
        assert_eq!(shown.at("/data/max_users"), 2);
    }
}

#[tokio::test]
async fn the_gates_mfa_and_sso_and_the_flags_of_the_plan_are_one_fact() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let by_flag = change(&server, "free", json!({ "mfa_enabled": true })).await.expect(200);
        let gates = json!([{ "key": "sso", "enabled": true }, { "key": "mfa", "enabled": false },
            { "key": "custom_domain", "enabled": true }]);
        let by_gate = set_gates(&server, "free", gates).await.expect(200);
        let other =
            json!([{ "key": "custom_domain", "enabled": false }, { "key": "a", "enabled": true }]);
        let rest = set_gates(&server, "free", other).await.expect(200);

        assert_eq!((gate(&by_flag, "mfa"), gate(&by_flag, "sso")), (json!(true), json!(false)));
        assert_eq!(by_gate.at("/data/mfa_enabled"), false);
        assert_eq!(by_gate.at("/data/sso_enabled"), true);
        assert_eq!(gate(&by_gate, "custom_domain"), true);
        let keys = rest.at("/data/feature_gates");
        let keys: Vec<&str> =
            keys.as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["a", "custom_domain", "mfa", "sso"]);
        assert_eq!((gate(&rest, "custom_domain"), gate(&rest, "sso")), (json!(false), json!(true)));
        let public = server.get(Who::Nobody, "/billing/plans").await.expect(200);
        let features = public.at("/data/plans/0/features");
        assert!(features.as_array().unwrap().contains(&json!("billing.plans.feature.sso_enabled")));
    }
}

#[tokio::test]
async fn a_new_price_is_for_future_periods_and_new_subscribers() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscribe = json!({ "plan": "pro" });
        server.post(Who::ADMIN, "/billing/subscribe", subscribe.clone()).await.expect(201);
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

        change(&server, "pro", json!({ "monthly_price": "600.50" })).await.expect(200);
        let new = server.post(other, "/billing/subscribe", subscribe).await.expect(201);

        let kept = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(200);
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(kept.at("/data/amount"), 499);
        assert_eq!(records.at("/items/0/amount"), 499);
        assert!(new.text.contains(r#""amount":600.5,"#), "{}", new.text);
    }
}

#[tokio::test]
async fn an_archived_plan_keeps_its_subscribers_and_can_come_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };
        let subscribe = || server.post(other, "/billing/subscribe", json!({ "plan": "pro" }));

        let gone = server.delete(Who::SUPER, "/admin/billing/plans/pro").await.expect(200);
        let again = server.delete(Who::SUPER, "/admin/billing/plans/pro").await.expect(200);

        assert_eq!(gone.text, again.text);
        assert_eq!(gone.json().as_object().unwrap().len(), 3, "{}", gone.text);
        subscribe().await.expect(409);
        let kept = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(200);
        assert_eq!(kept.at("/data/status"), "active");
        server.get(Who::SERVICE, "/internal/billing/plans/pro/quotas").await.expect(200);
        assert!(!names(&server.get(Who::SUPER, PLANS).await).contains(&"pro".to_owned()));
        server.delete(Who::SUPER, "/admin/billing/plans/none").await.expect(404);
        change(&server, "pro", json!({ "status": "active" })).await.expect(200);
        subscribe().await.expect(201);
    }
}

#[tokio::test]
async fn another_process_sees_a_change_at_once() {
    for engine in engines() {
        let one = Server::start(engine).await;
        let other = one.beside().await;

        change(&one, "pro", json!({ "max_users": 7, "status": "inactive" })).await.expect(200);

        let quotas = other.get(Who::SERVICE, "/internal/billing/plans/pro/quotas").await;
        assert_eq!(quotas.expect(200).at("/data/max_users"), 7);
        let refused = other.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await;
        refused.expect(409);
    }
}
