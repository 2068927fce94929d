//! The catalogue and its administration, over HTTP.

mod changes;

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const PLANS: &str = "/admin/billing/plans";

fn team() -> Value {
    json!({ "plan": "team", "name": "Team", "monthly_price": 19.9, "yearly_price": "199" })
}

async fn change(server: &Server, plan: &str, body: Value) -> Answer {
    server.call(Method::PUT, Who::SUPER, &format!("{PLANS}/{plan}"), body).await
}

async fn set_gates(server: &Server, plan: &str, gates: Value) -> Answer {
    let path = format!("{PLANS}/{plan}/feature-gates");
    let body = json!({ "feature_gates": gates });
    server.call(Method::PATCH, Who::SUPER, &path, body).await
}

/// The names of the plans of a list.
fn names(list: &Answer) -> Vec<String> {
    let items = list.at("/items");
    let items = items.as_array().unwrap().iter();
    items.map(|plan| plan["plan"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_plan_is_unlimited_and_closed_where_it_says_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let made = server.post(Who::SUPER, PLANS, team()).await.expect(201);

        let plan = made.at("/data");
        assert!(plan["id"].as_str().unwrap().starts_with("plan_"), "{plan}");
        for name in ["plan", "plan_id", "code"] {
            assert_eq!(plan[name], "team");
        }
        assert!(made.text.contains(r#""monthly_price":19.9,"yearly_price":199,"#), "{plan}");
        for quota in
            ["users", "storage_gb", "bandwidth_gb", "api_requests", "sms_daily", "email_daily"]
        {
            assert_eq!(plan[format!("max_{quota}")], -1, "{quota}");
        }
        assert_eq!((&plan["currency"], &plan["status"]), (&json!("CNY"), &json!("active")));
        assert_eq!((&plan["mfa_enabled"], &plan["sso_enabled"]), (&json!(false), &json!(false)));
        assert_eq!(plan["audit_log_days"], -1);
        assert_eq!(plan["created_at"], "2026-01-31T12:00:00Z");
        assert!(plan["feature_gates"].as_array().unwrap().iter().all(|it| it["enabled"] == false));
        assert_eq!(plan.get("description"), None);
        let subscribed = server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "team" }));
        assert_eq!(subscribed.await.expect(201).at("/data/plan_id"), "team");
        let quotas = server.get(Who::SERVICE, "/internal/billing/plans/team/quotas").await;
        assert_eq!(quotas.expect(200).at("/data/max_storage_bytes"), -1);
    }
}

#[tokio::test]
async fn quotas_are_told_in_bytes_by_name_and_by_id() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let pro = server.get(Who::SUPER, "/admin/billing/plans/pro").await.expect(200);
        let id = pro.at("/data/id");

        for plan in ["pro", id.as_str().unwrap()] {
            let path = format!("/internal/billing/plans/{plan}/quotas");
            let quotas = server.get(Who::SERVICE, &path).await.expect(200);

            assert_eq!(
                quotas.at("/data"),
                json!({
                    "plan": "pro",
                    "name": "Professional",
                    "max_users": 100,
                    "max_storage_bytes": 107_374_182_400_i64,
                    "max_bandwidth_bytes": 1_099_511_627_776_i64,
                    "max_api_requests": 100_000,
                    "max_sms_daily": 1_000,
                    "max_email_daily": 5_000,
                })
            );
        }
        server.get(Who::SERVICE, "/internal/billing/plans/none/quotas").await.expect(404);
    }
}

#[tokio::test]
async fn a_name_is_taken_once_however_many_come_and_by_archived_plans_too() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let made = join_all((0..8).map(|_| server.post(Who::SUPER, PLANS, team()))).await;
        server.delete(Who::SUPER, "/admin/billing/plans/team").await.expect(200);
        let again = server.post(Who::SUPER, PLANS, team()).await.expect(409);

        let mut statuses: Vec<u16> = made.iter().map(|it| it.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
        assert!(again.at("/detail").as_str().unwrap().contains("archived"), "{}", again.text);
    }
}

#[tokio::test]
async fn every_broken_field_of_a_new_plan_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let body = json!({
        "plan": "a/b", "name": " ", "description": "x".repeat(501), "currency": "YUAN",
        "monthly_price": -1, "yearly_price": "NaN", "max_users": -2, "max_storage_gb": 1.5,
        "max_bandwidth_gb": 1_000_000_001, "max_api_requests": "1", "max_sms_daily": true,
        "max_email_daily": [], "audit_log_days": 36_501, "mfa_enabled": 1, "sso_enabled": "no",
        "support_level": 7,
    });

    let all = server.post(Who::SUPER, PLANS, body).await.expect(400);
    let empty = server.post(Who::SUPER, PLANS, json!({})).await.expect(400);
    let digits = json!({ "plan": "yen", "name": "Yen", "currency": "JPY", "monthly_price": 0.5,
        "yearly_price": 5 });
    let digits = server.post(Who::SUPER, PLANS, digits).await.expect(400);
    let mut id = team();
    id["plan"] = server.get(Who::SUPER, "/admin/billing/plans/pro").await.at("/data/id");
    let id = server.post(Who::SUPER, PLANS, id).await.expect(400);

    let mut fields = all.fields();
    fields.sort();
    let expected = [
        "audit_log_days",
        "currency",
        "description",
        "max_api_requests",
        "max_bandwidth_gb",
        "max_email_daily",
        "max_sms_daily",
        "max_storage_gb",
        "max_users",
        "mfa_enabled",
        "monthly_price",
        "name",
        "plan",
        "sso_enabled",
        "support_level",
        "yearly_price",
    ];
    assert_eq!(fields, expected);
    assert_eq!(empty.fields(), ["plan", "name", "monthly_price", "yearly_price"]);
    assert_eq!(digits.fields(), ["monthly_price"]);
    assert_eq!(id.fields(), ["plan"]);
}

#[tokio::test]
async fn lists_show_what_is_theirs_newest_first_by_page_and_by_cursor() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.post(Who::SUPER, PLANS, team()).await.expect(201);
        change(&server, "team", json!({ "status": "inactive" })).await.expect(200);
        server.delete(Who::SUPER, "/admin/billing/plans/enterprise").await.expect(200);

        let active = ["platform", "pro", "basic", "free"];
        let listed = ["team", "platform", "pro", "basic", "free"];
        let internal = "/internal/billing/plans";
        for (who, path, expected) in [
            (Who::SUPER, PLANS.to_owned(), &listed[..]),
            (Who::SERVICE, internal.to_owned(), &active),
            (Who::SERVICE, format!("{internal}/admin"), &active),
            (Who::SERVICE, format!("{internal}/admin?include_inactive=false"), &active),
            (Who::SERVICE, format!("{internal}/admin?include_inactive=true"), &listed),
        ] {
            let list = server.get(who, &path).await.expect(200);
            assert_eq!(names(&list), expected, "{path}");
            assert_eq!(list.at("/total"), expected.len(), "{path}");
        }
        let public = server.get(Who::Nobody, "/billing/plans").await.expect(200);
        assert_eq!(public.at("/data/plans").as_array().unwrap().len(), 4);
        let second = server.get(Who::SUPER, &format!("{PLANS}?page=2&page_size=2")).await;
        let second = second.expect(200);
        assert_eq!(names(&second), ["pro", "basic"]);
        let cursor = second.at("/pagination/next_cursor");
        let path = format!("{PLANS}?page_size=2&cursor={}", cursor.as_str().unwrap());
        let last = server.get(Who::SUPER, &path).await.expect(200);
        assert_eq!(
            (names(&last), last.at("/pagination/has_next")),
            (vec!["free".to_owned()], json!(false))
        );
        let bad = format!("{internal}/admin?include_inactive=maybe&page=0");
        let bad = server.get(Who::SERVICE, &bad).await.expect(400);
        assert_eq!(bad.fields(), ["page", "include_inactive"]);
    }
}

#[tokio::test]
async fn plans_are_the_platforms_own() {
    let server = Server::start(engines().remove(0)).await;

    for who in [Who::ADMIN, Who::MEMBER] {
        server.get(who, PLANS).await.expect(403);
        server.post(who, PLANS, team()).await.expect(403);
    }
    assert_eq!(names(&server.get(Who::SUPER, PLANS).await).len(), 5);
}
