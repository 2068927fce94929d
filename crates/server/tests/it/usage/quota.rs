//! Whether more may be used.

use countinghouse::{db::Stmt, metering::DayRow};
use serde_json::{Value, json};

use super::{
    GIB, app, at, calls, day, enter_days, enter_metered, execute, invoiced, levels, meter, open,
    plan, priced, zone,
};
use crate::harness::{Answer, Server, Who, engines};

const CHECK: &str = "/internal/billing/quota/check";

async fn check(server: &Server, resource: &str, amount: i64) -> Answer {
    let body = json!({ "resource_type": resource, "requested_amount": amount });
    server.post(Who::SERVICE, CHECK, body).await
}

/// Whether it is allowed, what is used, the limit, and what is left.
async fn verdict(server: &Server, resource: &str, amount: i64) -> (bool, i64, i64, i64) {
    let it = check(server, resource, amount).await.expect(200).at("/data");
    let number = |name: &str| it[name].as_i64().unwrap();
    assert_eq!(it["resource_type"], resource);
    (it["allowed"].as_bool().unwrap(), number("current"), number("limit"), number("remaining"))
}

#[tokio::test]
async fn a_month_is_that_of_the_subscription_a_day_today_and_a_level_now() {
    for engine in engines() {
        let server = Server::start(engine).await;
        meter(&server, "acme", 1, "2026-01-10T06:00:00Z", None).await;
        plan(&server, "acme", "pro").await;
        let (start, end) = ("2026-01-10T06:00:00Z", "2026-02-10T06:00:00Z");
        let of = |app: &str, resource: &str, total| open(start, end, app, resource, total);
        enter_metered(
            &server,
            "acme",
            vec![
                of("a", "api_calls", 60_000),
                of("b", "api_calls", 39_000),
                of("a", "bandwidth", 1_024 * GIB),
                of("a", "sms", 5_000),
                of("a", "users", 5_000),
                invoiced("2025-12-10T06:00:00Z", start, "a", "api_calls", 90_000),
            ],
        )
        .await;
        enter_days(
            &server,
            "acme",
            vec![
                levels("2025-01-01", "a", 98 * GIB, 60),
                DayRow { sms: 900, email: 1, ..levels("2026-01-30", "b", GIB, 39) },
                DayRow {
                    sms: 400,
                    email: 2,
                    login_attempts: 3,
                    ..levels("2026-01-31", "b", 2 * GIB, 40)
                },
                DayRow { sms: 500, ..day("2026-01-31", "") },
            ],
        )
        .await;
        enter_days(&server, "other", vec![DayRow { sms: 1_000, ..day("2026-01-31", "") }]).await;

        let storage = 100 * GIB;
        for (resource, amount, expected) in [
            ("api_calls", 1_000, (true, 99_000, 100_000, 1_000)),
            ("api_calls", 1_001, (false, 99_000, 100_000, 1_000)),
            ("bandwidth", 1, (false, 1_024 * GIB, 1_024 * GIB, 0)),
            ("sms", 100, (true, 900, 1_000, 100)),
            ("sms", 101, (false, 900, 1_000, 100)),
            ("email", 4_998, (true, 2, 5_000, 4_998)),
            ("users", 1, (false, 100, 100, 0)),
            ("storage", 1, (false, storage, storage, 0)),
            ("login_attempts", i64::MAX, (true, 0, -1, -1)),
            ("failed_logins", 1, (true, 0, -1, -1)),
            ("mfa_verifications", 1, (true, 0, -1, -1)),
        ] {
            assert_eq!(verdict(&server, resource, amount).await, expected, "{resource} {amount}");
        }
        let refused = check(&server, "api_calls", 1_001).await;
        assert_eq!(refused.at("/data/message"), "1001 more would be above the limit");
    }
}

#[tokio::test]
async fn without_a_subscription_the_plan_is_free_and_the_month_the_calendars() {
    for engine in engines() {
        let server = Server::start(engine).await;
        zone(&server, "acme", "Pacific/Kiritimati").await;
        enter_days(
            &server,
            "acme",
            vec![
                calls("2026-01-31", "a", 9_000),
                calls("2026-02-01", "a", 600),
                DayRow { email: 100, ..calls("2026-02-01", "b", 400) },
            ],
        )
        .await;

        assert_eq!(verdict(&server, "api_calls", 9_000).await, (true, 1_000, 10_000, 9_000));
        assert_eq!(verdict(&server, "email", 1).await, (false, 100, 100, 0));
        assert_eq!(verdict(&server, "sms", 1).await, (false, 0, 0, 0));
        assert_eq!(verdict(&server, "storage", GIB).await, (true, 0, GIB, GIB));
        let nobody = Who::Service { tenant: Some("nobody") };
        let body = json!({ "resource_type": "users", "requested_amount": 11 });
        let unknown = server.post(nobody, CHECK, body).await.expect(200).at("/data");
        assert_eq!((&unknown["allowed"], &unknown["limit"]), (&json!(false), &json!(10)));
    }
}

#[tokio::test]
async fn a_plan_without_limits_allows_all() {
    for engine in engines() {
        let server = Server::start(engine).await;
        plan(&server, "acme", "platform").await;
        let most = |app: &str| DayRow {
            api_requests: i64::MAX,
            ..levels("2026-01-31", app, i64::MAX, i64::MAX)
        };
        enter_days(&server, "acme", vec![most("a"), most("b")]).await;

        let it = check(&server, "api_calls", i64::MAX).await.expect(200);

        let expected = r#"{"allowed":true,"current":18446744073709551614,"limit":-1,"remaining":-1,"resource_type":"api_calls","message":"there is no limit"}"#;
        assert!(it.text.contains(expected), "{}", it.text);
        assert_eq!(check(&server, "users", 1).await.expect(200).at("/data/allowed"), true);
    }
}

#[tokio::test]
async fn an_app_that_is_stopped_is_allowed_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        plan(&server, "acme", "platform").await;
        app(&server, "acme", "on", "active", None).await;
        app(&server, "acme", "off", "suspended", None).await;
        app(&server, "acme", "gone", "deleted", Some("2026-01-01T00:00:00Z")).await;
        app(&server, "other", "new", "suspended", None).await;

        for (name, allowed, message) in [
            ("on", true, "there is no limit"),
            ("off", false, "the app is suspended"),
            ("gone", false, "the app is deleted"),
            ("new", true, "there is no limit"),
        ] {
            let body = json!({ "resource_type": "email", "requested_amount": 1, "app_id": name });
            let it = server.post(Who::SERVICE, CHECK, body).await.expect(200).at("/data");
            assert_eq!(
                (&it["allowed"], &it["message"]),
                (&json!(allowed), &json!(message)),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn what_only_an_app_has_a_price_for_is_known_to_that_app() {
    for engine in engines() {
        let server = Server::start(engine).await;
        app(&server, "acme", "a", "active", None).await;
        app(&server, "acme", "b", "active", None).await;
        let stmt = Stmt::new(
            "INSERT INTO app_price (tenant_id, app_id, list, place, since, id, resource_type,
                unit_label, included_units, unit_price, overage_unit_price)
             VALUES ('acme', 'a', 1, 1, $1, 'arp_1', 'gpu.seconds', NULL, 0, '1', NULL)",
        );
        execute(&server, stmt.bind(at("2026-01-01T00:00:00Z"))).await;
        priced(&server, "acme", ("2026-01-15", "a"), "gpu.seconds", 5).await;
        priced(&server, "acme", ("2026-01-31", "a"), "gpu.seconds", 6).await;
        priced(&server, "acme", ("2025-12-31", "a"), "gpu.seconds", 7).await;
        let ask = async |app: Value| {
            let body =
                json!({ "resource_type": "gpu.seconds", "requested_amount": 1, "app_id": app });
            server.post(Who::SERVICE, CHECK, body).await
        };

        let known = ask(json!("a")).await.expect(200).at("/data");

        assert_eq!(
            (&known["allowed"], &known["current"], &known["limit"]),
            (&json!(true), &json!(11), &json!(-1))
        );
        for unknown in [json!("b"), json!("c"), Value::Null] {
            assert_eq!(
                ask(unknown.clone()).await.expect(400).fields(),
                ["resource_type"],
                "{unknown}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told_at_once_and_a_key_means_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let post = async |body: Value| server.post(Who::SERVICE, CHECK, body).await;

        let broken = json!({ "resource_type": "Storage!", "requested_amount": 0, "app_id": "" });
        let expected = ["resource_type", "requested_amount", "app_id"];
        assert_eq!(post(broken).await.expect(400).fields(), expected);
        assert_eq!(post(json!({})).await.expect(400).fields(), expected[..2]);
        for amount in [json!(-5), json!(1.5), json!("1"), json!(9_223_372_036_854_775_808_u64)] {
            let body = json!({ "resource_type": "sms", "requested_amount": amount });
            assert_eq!(post(body).await.expect(400).fields(), ["requested_amount"]);
        }
        let body = json!({ "resource_type": "email", "requested_amount": 100 });
        let first = server.post_once(Who::SERVICE, "k", CHECK, body.clone()).await.expect(200);
        enter_days(&server, "acme", vec![DayRow { email: 1, ..day("2026-01-31", "") }]).await;
        let second = server.post_once(Who::SERVICE, "k", CHECK, body.clone()).await.expect(200);
        assert_eq!(
            (first.at("/data/allowed"), second.at("/data/allowed")),
            (json!(true), json!(false))
        );
        let nobody = Who::Service { tenant: None };
        let refused = server.post(nobody, CHECK, body).await.expect(400);
        assert_eq!(refused.fields(), ["X-Tenant-ID"]);
    }
}
