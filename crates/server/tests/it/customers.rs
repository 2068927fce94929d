//! Tenant profiles, over HTTP.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const PROFILE: &str = "/admin/billing/tenants/acme/profile";

/// Sends a change with headers.
async fn put_with(server: &Server, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = server.request(Method::PUT, Who::ADMIN, PROFILE);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request, Some(body.to_string())).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_tenant_that_was_never_named_has_the_defaults() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let profile = server.get(Who::ADMIN, PROFILE).await.expect(200);

        let defaults = json!({
            "tax_rate": 0,
            "tax_inclusive": false,
            "timezone": "UTC",
            "currency": "CNY",
            "language": "en",
            "invoice_due_days": 14,
        });
        assert_eq!(profile.at("/data"), defaults);
        assert!(profile.text.contains(r#""tax_rate":0,"#), "{}", profile.text);
    }
}

#[tokio::test]
async fn what_is_absent_stays_and_an_empty_text_clears() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let all = json!({
            "legal_name": "阿克米有限公司",
            "address": "上海市",
            "tax_id": "91310000MA1FL0000X",
            "email": "billing@acme.example",
            "tax_rate": "0.060000",
            "tax_inclusive": true,
            "tax_exempt_reason": "none",
            "timezone": "asia/shanghai",
            "currency": "USD",
            "language": "zh-Hans",
            "invoice_due_days": 0,
        });

        let first = server.put(Who::ADMIN, PROFILE, all.clone()).await.expect(200);
        let change = json!({ "address": null, "tax_id": " ", "email": "", "invoice_due_days": 90 });
        let second = server.put(Who::ADMIN, PROFILE, change).await.expect(200);
        let shown = server.get(Who::ADMIN, PROFILE).await.expect(200);

        let mut expected = all;
        expected["tax_rate"] = json!(0.06);
        expected["timezone"] = json!("Asia/Shanghai");
        assert_eq!(first.at("/data"), expected);
        let members = expected.as_object_mut().unwrap();
        members.remove("tax_id");
        members.remove("email");
        members["invoice_due_days"] = json!(90);
        assert_eq!(second.at("/data"), expected);
        assert_eq!(shown.at("/data"), expected);
        assert_eq!(tag(&shown), tag(&second));
        assert_ne!(tag(&shown), tag(&first));
    }
}

#[tokio::test]
async fn every_broken_field_is_told_at_once_and_nothing_is_kept() {
    let server = Server::start(engines().remove(0)).await;
    let broken = json!({
        "tenant_id": "other",
        "legal_name": "n".repeat(201),
        "address": "a".repeat(501),
        "tax_id": "t".repeat(101),
        "email": "nobody",
        "tax_rate": 0.000_000_1,
        "tax_inclusive": "yes",
        "tax_exempt_reason": "r".repeat(501),
        "timezone": "Mars/Olympus",
        "currency": "XYZ",
        "language": "e",
        "invoice_due_days": 91,
    });

    let refused = server.put(Who::ADMIN, PROFILE, broken.clone()).await.expect(400);
    let high = server.put(Who::ADMIN, PROFILE, json!({ "tax_rate": 1.01 })).await.expect(400);
    let shown = server.get(Who::ADMIN, PROFILE).await.expect(200);

    let mut fields = refused.fields();
    fields.sort_unstable();
    let mut all: Vec<&str> = broken.as_object().unwrap().keys().map(String::as_str).collect();
    all.sort_unstable();
    assert_eq!(fields, all);
    assert_eq!(high.fields(), ["tax_rate"]);
    assert_eq!(shown.at("/data/invoice_due_days"), 14);
}

#[tokio::test]
async fn a_change_is_made_to_the_version_that_was_seen_only() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let seen = tag(&server.get(Who::ADMIN, PROFILE).await);

        let takes = (0..8).map(|n| {
            let (server, seen) = (&server, seen.as_str());
            let body = json!({ "legal_name": format!("Acme {n}") });
            async move { put_with(server, &[("if-match", seen)], &body).await }
        });
        let mut statuses: Vec<u16> =
            join_all(takes).await.iter().map(|it| it.status.as_u16()).collect();
        let stale = put_with(&server, &[("if-match", &seen)], &json!({})).await.expect(412);
        let now = tag(&server.get(Who::ADMIN, PROFILE).await);
        let either = format!("{seen}, {now}");

        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
        assert_eq!(stale.at("/code"), 61_110_011);
        put_with(&server, &[("if-match", &either)], &json!({})).await.expect(200);
        put_with(&server, &[("if-match", "*")], &json!({})).await.expect(200);
        let bad = put_with(&server, &[("if-match", "seen")], &json!({})).await.expect(400);
        assert_eq!(bad.fields(), ["If-Match"]);
    }
}

#[tokio::test]
async fn the_same_key_is_one_change_also_after_the_version_moved() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let seen = tag(&server.get(Who::ADMIN, PROFILE).await);
        let headers = [("if-match", seen.as_str()), ("idempotency-key", "change-1")];
        let (first, second) = (json!({ "legal_name": "First" }), json!({ "legal_name": "Second" }));

        let made = put_with(&server, &headers, &first).await.expect(200);
        server.put(Who::ADMIN, PROFILE, second.clone()).await.expect(200);
        let repeated = put_with(&server, &headers, &first).await.expect(200);
        put_with(&server, &headers, &second).await.expect(422);
        let shown = server.get(Who::ADMIN, PROFILE).await.expect(200);

        assert_eq!(repeated.text, made.text);
        assert_eq!(tag(&repeated), tag(&made));
        assert_eq!(repeated.headers["idempotency-replayed"], "true");
        assert_eq!(shown.at("/data/legal_name"), "Second");
    }
}

#[tokio::test]
async fn a_currency_is_tied_by_a_posting_or_a_subscription() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let usd = json!({ "currency": "USD" });
        let gift = json!({ "amount": 5, "source": "promo" });
        server.put(Who::ADMIN, PROFILE, usd.clone()).await.expect(200);
        server
            .post(Who::ADMIN, "/admin/billing/credit-balance/acme/adjust", gift)
            .await
            .expect(201);
        let trial = json!({ "plan": "pro", "trial_days": 14 });
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };
        server.post(other, "/billing/subscribe", trial).await.expect(201);

        let posted =
            server.put(Who::ADMIN, PROFILE, json!({ "currency": "CNY" })).await.expect(409);
        let path = "/admin/billing/tenants/other/profile";
        let subscribed = server.put(other, path, usd.clone()).await.expect(409);

        let why = |answer: &Answer| answer.at("/detail").as_str().unwrap().to_owned();
        assert!(why(&posted).contains("stays USD: money was posted"), "{}", posted.text);
        assert!(why(&subscribed).contains("stays CNY: the tenant has"), "{}", subscribed.text);
        server.put(Who::ADMIN, PROFILE, usd).await.expect(200);
        server.put(other, path, json!({ "currency": "CNY" })).await.expect(200);
    }
}

#[tokio::test]
async fn a_plan_in_another_currency_than_the_one_asked_for_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    server.put(Who::ADMIN, PROFILE, json!({ "currency": "USD" })).await.expect(200);

    let refused =
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(409);
    server.put(Who::ADMIN, PROFILE, json!({ "currency": "CNY" })).await.expect(200);

    assert!(refused.text.contains("priced in CNY"), "{}", refused.text);
    server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
}

#[tokio::test]
async fn what_is_issued_keeps_the_terms_of_its_day() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let terms =
            json!({ "tax_rate": 0.06, "invoice_due_days": 30, "timezone": "Asia/Shanghai" });
        server.put(Who::ADMIN, PROFILE, terms).await.expect(200);
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
        let before = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        let subscription = server.get(Who::MEMBER, "/billing/subscription").await.expect(200);

        let other = json!({ "tax_rate": 0.13, "invoice_due_days": 1, "timezone": "UTC" });
        server.put(Who::ADMIN, PROFILE, other).await.expect(200);
        let after = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        let same = server.get(Who::MEMBER, "/billing/subscription").await.expect(200);

        assert_eq!(after.at("/items"), before.at("/items"));
        assert_eq!(same.at("/data"), subscription.at("/data"));
    }
}

#[tokio::test]
async fn profiles_are_apart() {
    let server = Server::start(engines().remove(0)).await;
    let stranger = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

    server.put(Who::ADMIN, PROFILE, json!({ "legal_name": "Acme" })).await.expect(200);

    server.get(stranger, PROFILE).await.expect(403);
    server.put(stranger, PROFILE, json!({ "legal_name": "Mine" })).await.expect(403);
    server.get(Who::MEMBER, PROFILE).await.expect(403);
    let theirs = server.get(stranger, "/admin/billing/tenants/other/profile").await.expect(200);
    assert_eq!(theirs.at("/data/legal_name"), Value::Null);
    let seen = server.get(Who::SUPER, PROFILE).await.expect(200);
    assert_eq!(seen.at("/data/legal_name"), "Acme");
}
