//! What was used in a metering period, or on some days.

use countinghouse::metering::DayRow;
use serde_json::{Value, json};

use super::{
    GIB, app, calls, data, day, enter_days, enter_metered, levels, meter, open, plan, priced, zone,
};
use crate::harness::{Server, Who, engines};

const USAGE: &str = "/billing/usage/acme";

/// The first and the last day, and how much was used of some resources.
fn told(data: &Value, resources: &[&str]) -> (String, String, Vec<i64>) {
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    let used = resources.iter().map(|it| data[*it]["used"].as_i64().unwrap()).collect();
    (text("period_start"), text("period_end"), used)
}

#[tokio::test]
async fn with_a_subscription_it_is_what_the_metering_period_counted() {
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
                of("a", "api_calls", 30),
                of("", "api_calls", 12),
                of("a", "sms", 7),
                of("a", "storage", 999),
                of("a", "gpu.seconds", 5),
                of("b", "gpu.seconds", 6),
                open("2025-12-10T06:00:00Z", start, "a", "api_calls", 1_000),
            ],
        )
        .await;
        let mut days =
            vec![levels("2026-01-02", "a", 3 * GIB, 4), levels("2026-01-30", "", GIB, 5)];
        // What the day that cuts the periods says of both.
        days.push(calls("2026-01-10", "a", 500));
        days[2].storage_used = 2 * GIB;
        days[2].user_count = 3;
        enter_days(&server, "acme", days).await;

        let all = data(&server, Who::MEMBER, USAGE).await;
        let one = data(&server, Who::MEMBER, "/billing/usage/acme?app_id=a").await;

        let names = ["api_calls", "sms", "storage", "users"];
        let period = ("2026-01-10".to_owned(), "2026-02-10".to_owned());
        assert_eq!(
            told(&all, &names),
            (period.0.clone(), period.1.clone(), vec![42, 7, 3 * GIB, 8])
        );
        assert_eq!(told(&one, &names), (period.0, period.1, vec![30, 7, 2 * GIB, 3]));
        assert_eq!(
            (&all["tenant_id"], all.get("app_id"), &one["app_id"]),
            (&json!("acme"), None, &json!("a"))
        );
        assert_eq!(all["priced"], json!([{ "resource_type": "gpu.seconds", "used": 11 }]));
        let check = |name: &str, limit: i64, unit: &str, per: Value| {
            let mut it = json!({ "used": all[name]["used"], "limit": limit, "unit": unit });
            if !per.is_null() {
                it["limit_per"] = per;
            }
            assert_eq!(all[name], it, "{name}");
        };
        check("api_calls", 100_000, "units", json!("month"));
        check("storage", 100 * GIB, "bytes", Value::Null);
        check("users", 100, "users", Value::Null);
        check("bandwidth", 1_024 * GIB, "bytes", json!("month"));
        check("sms", 1_000, "units", json!("day"));
        check("failed_logins", -1, "units", json!("month"));
        for (who, path) in [
            (Who::MEMBER, "/billing/usage?app_id=a"),
            (Who::MEMBER, "/billing/usage/acme/apps/a"),
            (Who::Service { tenant: None }, "/internal/billing/usage/acme/a"),
            (Who::Service { tenant: None }, "/internal/billing/usage/acme?app_id=a"),
        ] {
            assert_eq!(data(&server, who, path).await, one, "{path}");
        }
    }
}

#[tokio::test]
async fn without_a_subscription_it_is_the_month_of_the_tenants_calendar() {
    for engine in engines() {
        let server = Server::start(engine).await;
        // It is the first of February there.
        zone(&server, "acme", "Pacific/Kiritimati").await;
        let mut last = calls("2026-02-28", "b", 5);
        last.bandwidth_used = i64::MAX;
        enter_days(
            &server,
            "acme",
            vec![
                calls("2026-01-31", "a", 100),
                calls("2026-02-01", "a", 7),
                DayRow { bandwidth_used: i64::MAX, ..day("2026-02-01", "b") },
                last,
                calls("2026-03-01", "a", 100),
            ],
        )
        .await;
        for day in ["2026-01-31", "2026-02-01", "2026-02-28"] {
            priced(&server, "acme", (day, "a"), "gpu", i64::MAX).await;
        }

        let answer = server.get(Who::MEMBER, USAGE).await.expect(200);

        let month = ("2026-02-01".to_owned(), "2026-02-28".to_owned(), vec![12, 0]);
        assert_eq!(told(&answer.at("/data"), &["api_calls", "storage"]), month);
        // More than can be stored in one number is added up all the same.
        assert!(
            answer.text.contains(r#""bandwidth":{"used":18446744073709551614,"limit":10737418240"#),
            "{}",
            answer.text
        );
        assert!(
            answer.text.contains(r#"{"resource_type":"gpu","used":18446744073709551614}"#),
            "{}",
            answer.text
        );
        assert_eq!(answer.at("/data/api_calls/limit"), 10_000);
        assert_eq!(answer.at("/data/sms/limit"), 0);
    }
}

#[tokio::test]
async fn a_range_has_both_its_days_and_the_levels_at_its_end() {
    for engine in engines() {
        let server = Server::start(engine).await;
        meter(&server, "acme", 1, "2026-01-10T06:00:00Z", None).await;
        app(&server, "acme", "gone", "deleted", Some("2026-01-20T23:00:00Z")).await;
        enter_days(
            &server,
            "acme",
            vec![
                DayRow { storage_used: GIB, ..calls("2025-12-31", "a", 1) },
                DayRow { storage_used: 2 * GIB, ..calls("2026-01-01", "a", 2) },
                DayRow { storage_used: 5 * GIB, ..calls("2026-01-15", "gone", 4) },
                DayRow { storage_used: 3 * GIB, ..calls("2026-01-19", "a", 8) },
                DayRow { storage_used: 9 * GIB, ..calls("2026-01-31", "a", 16) },
            ],
        )
        .await;

        for (query, from, to, used, storage) in [
            ("start_date=2026-01-01&end_date=2026-01-19", "2026-01-01", "2026-01-19", 14, 8),
            ("start_date=2026-01-02&end_date=2026-01-18", "2026-01-02", "2026-01-18", 4, 7),
            ("start_date=2026-01-20&end_date=2026-01-20", "2026-01-20", "2026-01-20", 0, 3),
            ("start_date=2026-01-19", "2026-01-19", "2026-01-31", 24, 9),
            ("end_date=2026-01-19", "2026-01-10", "2026-01-19", 12, 8),
            // Before the subscription it is the month of the calendar.
            ("end_date=2025-12-31", "2025-12-01", "2025-12-31", 1, 1),
            ("start_date=2025-02-01&end_date=2026-02-01", "2025-02-01", "2026-02-01", 31, 9),
            ("start_date=2024-01-01&end_date=2024-12-31", "2024-01-01", "2024-12-31", 0, 0),
        ] {
            let it = data(&server, Who::MEMBER, &format!("{USAGE}?{query}")).await;
            let expected = (from.to_owned(), to.to_owned(), vec![used, storage * GIB]);
            assert_eq!(told(&it, &["api_calls", "storage"]), expected, "{query}");
        }
        let of_app =
            data(&server, Who::MEMBER, "/billing/usage/acme/apps/gone?end_date=2026-01-20").await;
        assert_eq!(told(&of_app, &["api_calls", "storage"]).2, [4, 0]);
    }
}

#[tokio::test]
async fn who_never_used_anything_is_told_so_and_an_app_that_did_not_has_zeros() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter_days(&server, "other", vec![calls("2026-01-31", "a", 5)]).await;
        plan(&server, "acme", "pro").await;

        let none = server.get(Who::MEMBER, USAGE).await.expect(404);
        let alias = server.get(Who::MEMBER, "/billing/usage").await.expect(404);
        enter_days(&server, "acme", vec![calls("2025-01-31", "a", 5)]).await;
        let some = data(&server, Who::MEMBER, "/billing/usage/acme/apps/nobody").await;

        assert_eq!((none.at("/code"), alias.at("/code")), (json!(61_110_025), json!(61_110_025)));
        assert_eq!(told(&some, &["api_calls", "storage", "users"]).2, [0, 0, 0]);
        let service = Who::Service { tenant: None };
        let other = data(&server, service, "/internal/billing/usage/other").await;
        assert_eq!(told(&other, &["api_calls"]).2, [5]);
        server.get(Who::MEMBER, "/billing/usage/other").await.expect(403);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_range_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    enter_days(&server, "acme", vec![calls("2026-01-31", "a", 5)]).await;

    for (query, fields) in [
        (
            "start_date=2026-02-30&end_date=1.1.2026&app_id=a%2Fb",
            &["app_id", "start_date", "end_date"][..],
        ),
        ("start_date=2026-01-02&end_date=2026-01-01", &["end_date"]),
        ("start_date=2026-02-01", &["end_date"]),
        ("start_date=2025-01-31&end_date=2026-02-01", &["end_date"]),
        ("start_date=2024-01-31", &["end_date"]),
    ] {
        let refused = server.get(Who::MEMBER, &format!("{USAGE}?{query}")).await.expect(400);
        assert_eq!(refused.fields(), fields, "{query}");
    }
    for good in [
        "start_date=2025-01-31&end_date=2026-01-31",
        "start_date=&end_date=&app_id=",
        "end_date=0001-01-01",
        "end_date=9999-12-31",
        "start_date=0001-01-01&end_date=0001-12-31",
    ] {
        server.get(Who::MEMBER, &format!("{USAGE}?{good}")).await.expect(200);
    }
    let differs = server.get(Who::MEMBER, "/billing/usage/acme/apps/a?app_id=b").await.expect(400);
    assert_eq!(differs.fields(), ["app_id"]);
}
