//! A tenant in a few figures.

use countinghouse::db::Stmt;
use serde_json::{Value, json};

use super::{admin, pay, subscribe};
use crate::harness::{Server, Who, engines};

async fn figures(server: &Server, path: &str) -> Value {
    server.get(Who::MEMBER, path).await.expect(200).at("/data")
}

fn payment(subscription: &str, app: Option<&str>, amount: &str, status: &str) -> Value {
    let mut body = json!({
        "subscription_id": subscription, "amount": amount, "status": status,
        "period_start": "2026-01-01T00:00:00Z", "period_end": "2026-02-01T00:00:00Z",
    });
    if let Some(app) = app {
        body["app_id"] = json!(app);
    }
    body
}

/// Enters the users of an app on a day.
async fn use_on(server: &Server, day: &str, app: &str, users: i64) {
    let stmt = Stmt::new(
        "INSERT INTO usage_day (tenant_id, day, app_id, api_requests, storage_used, bandwidth_used,
            user_count, sms, email, login_attempts, failed_logins, mfa_verifications)
         VALUES ('acme', $1, $2, 0, 0, 0, $3, 0, 0, 0, 0, 0)",
    );
    let mut tx = server.env.db.begin().await.unwrap();
    tx.execute(stmt.bind(day).bind(app).bind(users)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_paid_is_spent_by_the_tenant_and_by_the_app_that_it_is_for() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let id = subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        assert_eq!(figures(&server, "/billing/statistics/acme").await["total_spend"], 0);

        let mut first = payment(&id, None, "99", "paid");
        first["invoice_number"] = json!("INV-2026-000001");
        for _ in 0..2 {
            pay(&server, "acme", first.clone()).await.expect(201);
        }
        pay(&server, "acme", payment(&id, Some("app_a"), "12.5", "paid")).await.expect(201);
        pay(&server, "acme", payment(&id, Some("app_a"), "7.25", "failed")).await.expect(201);
        let mut settled = payment(&id, Some("app_b"), "7.25", "paid");
        settled["invoice_number"] = json!("INV-2026-000003");
        pay(&server, "acme", settled).await.expect(201);
        pay(&server, "acme", payment(&id, Some("app_b"), "3", "pending")).await.expect(201);

        let all = figures(&server, "/billing/statistics/acme").await;
        assert_eq!((&all["mrr"], &all["total_spend"]), (&json!(99), &json!(118.75)));
        assert_eq!((&all["tenant_id"], all.get("app_id")), (&json!("acme"), None));
        assert_eq!((&all["active_users"], &all["retention_rate"]), (&json!(0), &Value::Null));
        // What is paid is of the app that was billed, whoever tells of it.
        for (app, spend) in [("app_a", json!(19.75)), ("app_b", json!(0)), ("app_c", json!(0))] {
            let one = figures(&server, &format!("/billing/statistics/acme/apps/{app}")).await;
            assert_eq!((&one["mrr"], &one["total_spend"]), (&json!(0), &spend), "{app}");
            let same = figures(&server, &format!("/billing/statistics/acme?app_id={app}")).await;
            assert_eq!(one, same);
            assert_eq!(one["app_id"], app);
        }
        let twin = server.get(Who::SUPER, "/admin/billing/statistics/acme").await.expect(200);
        assert_eq!(twin.at("/data"), all);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_year_brings_a_twelfth_and_a_trial_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let year = json!({ "plan": "pro", "billing_cycle": "yearly" });
        subscribe(&server, "year", year).await;
        subscribe(&server, "trial", json!({ "plan": "pro", "trial_days": 14 })).await;
        subscribe(&server, "ended", json!({ "plan": "pro" })).await;
        let cancel = "/admin/billing/subscription/ended?at=now";
        server.delete(admin("ended"), cancel).await.expect(200);

        for (tenant, mrr) in
            [("year", json!(416.58)), ("trial", json!(0)), ("ended", json!(0)), ("no", json!(0))]
        {
            let path = format!("/admin/billing/statistics/{tenant}");
            let answer = server.get(Who::SUPER, &path).await.expect(200);
            assert_eq!(answer.at("/data/mrr"), mrr, "{tenant}");
        }
    }
}

#[tokio::test]
async fn users_are_those_of_the_last_days_and_stay_or_leave_app_by_app() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        for (day, app, users) in [
            ("2025-12-20", "app_a", 10),
            ("2026-01-29", "app_a", 15),
            ("2026-01-30", "app_a", 20),
            ("2025-12-25", "app_b", 10),
            ("2026-01-30", "app_b", 9),
            ("2025-06-01", "app_c", 1_000),
        ] {
            use_on(&server, day, app, users).await;
        }

        for (path, users, rate) in [
            ("", 29, json!(0.95)),
            ("/apps/app_a", 20, json!(1)),
            ("/apps/app_b", 9, json!(0.9)),
            ("/apps/app_c", 0, Value::Null),
        ] {
            let it = figures(&server, &format!("/billing/statistics/acme{path}")).await;
            assert_eq!(
                (&it["active_users"], &it["retention_rate"]),
                (&json!(users), &rate),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn an_app_that_can_not_be_is_refused() {
    let server = Server::start(engines().remove(0)).await;

    let refused = server.get(Who::MEMBER, "/billing/statistics/acme?app_id=a%2Fb").await;

    assert_eq!(refused.expect(400).fields(), ["app_id"]);
}
