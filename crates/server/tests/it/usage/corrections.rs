//! Figures of days that administrators set right.

use std::collections::BTreeMap;

use axum::http::Method;
use countinghouse::{
    db::{Purpose, Stmt, Time},
    metering::{DayRow, MeteredRow},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{GIB, at, calls, day, enter, enter_days, enter_metered, invoiced, meter, open, zone};
use crate::harness::{Answer, Server, Who, engines};

const STATS: &str = "/admin/billing/usage-stats/acme";

async fn correct(server: &Server, usage: &str, body: Value) -> Answer {
    server.put(Who::ADMIN, &format!("{STATS}/{usage}"), body).await
}

async fn corrections(server: &Server, query: &str) -> Answer {
    server.get(Who::ADMIN, &format!("{STATS}/corrections{query}")).await.expect(200)
}

/// What is metered, by start of the period, app and resource.
async fn metered(server: &Server) -> BTreeMap<String, (i64, Option<Time>)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT period_start, app_id, resource_type, total_usage, measured_at
         FROM metered_usage WHERE tenant_id = 'acme'",
    );
    let rows: Vec<(Time, String, String, i64, Option<Time>)> = tx.fetch_all(stmt).await.unwrap();
    let named = rows.into_iter().map(|(start, app, resource, total, measured)| {
        let start = start.instant().unwrap().to_string();
        (format!("{}:{app}:{resource}", &start[..10]), (total, measured))
    });
    named.collect()
}

/// What is stored of an app's days: day, storage, users, and when the storage was measured.
async fn levels(server: &Server, app: &str) -> Vec<(String, i64, i64, Option<Time>)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT day, storage_used, user_count, storage_at FROM usage_day
         WHERE tenant_id = 'acme' AND app_id = $1 ORDER BY day",
    );
    tx.fetch_all(stmt.bind(app)).await.unwrap()
}

/// A tenant whose second month runs, the first was invoiced.
async fn in_its_second_month(server: &Server) {
    meter(server, "acme", 1, "2025-12-10T06:00:00Z", None).await;
    let first = ("2025-12-10T06:00:00Z", "2026-01-10T06:00:00Z");
    let second = ("2026-01-10T06:00:00Z", "2026-02-10T06:00:00Z");
    let rows = vec![
        invoiced(first.0, first.1, "a", "api_calls", 700),
        open(second.0, second.1, "a", "api_calls", 100),
    ];
    enter_metered(server, "acme", rows).await;
    let days = [("2025-12-20", 700), ("2026-01-10", 30), ("2026-01-20", 90)];
    enter_days(server, "acme", days.map(|(day, sum)| calls(day, "a", sum)).into()).await;
}

#[tokio::test]
async fn a_figure_is_set_right_billed_and_kept_with_who_and_why() {
    for engine in engines() {
        let server = Server::start(engine).await;
        in_its_second_month(&server).await;

        let body =
            json!({ "api_requests": 50, "failed_logins": 3, "user_count": 0, "reason": "Twice" });
        let it = correct(&server, "2026-01-20:a", body).await.expect(200);

        let expected = json!({
            "date": "2026-01-20", "user_count": 0, "api_requests": 50, "storage_used": 0,
            "bandwidth_used": 0, "login_attempts": 0, "failed_logins": 3, "mfa_verifications": 0,
        });
        assert_eq!(it.at("/data"), expected);
        let billed = metered(&server).await;
        assert_eq!(billed["2026-01-10:a:api_calls"], (60, None));
        assert_eq!(billed["2026-01-10:a:failed_logins"], (3, None));
        assert_eq!((billed.len(), billed["2025-12-10:a:api_calls"].0), (3, 700));
        let list = corrections(&server, "").await;
        assert_eq!(list.at("/total"), 2);
        let newest = json!({
            "seq": 2, "tenant_id": "acme", "usage_id": "2026-01-20:a",
            "resource_type": "failed_logins", "before": 0, "after": 3, "reason": "Twice",
            "corrected_by": "usr_a", "corrected_at": "2026-01-31T12:00:00Z",
        });
        assert_eq!(list.at("/items/0"), newest);
        let oldest = list.at("/items/1");
        assert_eq!(
            (&oldest["seq"], &oldest["before"], &oldest["after"]),
            (&json!(1), &json!(90), &json!(50))
        );

        let same = json!({ "api_requests": 50, "reason": "Again" });
        assert_eq!(correct(&server, "2026-01-20:a", same).await.expect(200).at("/data"), expected);
        let nothing = correct(&server, "2026-01-20:a", json!({})).await.expect(200);
        assert_eq!(nothing.at("/data"), expected);
        assert_eq!(corrections(&server, "").await.at("/total"), 2);
    }
}

#[tokio::test]
async fn what_was_invoiced_stays_as_it_is() {
    for engine in engines() {
        let server = Server::start(engine).await;
        in_its_second_month(&server).await;

        for (usage, body) in [
            ("2025-12-20:a", json!({ "api_requests": 1 })),
            ("2025-12-20:a", json!({ "user_count": 1 })),
            ("2025-12-20", json!({ "bandwidth_used": 1 })),
            ("2025-12-10:a", json!({ "api_requests": 1 })),
            ("2026-01-09:new", json!({ "api_requests": 1 })),
        ] {
            let refused = correct(&server, usage, body).await.expect(409);
            assert_eq!(refused.at("/code"), 61_110_005, "{usage}");
        }
        let same =
            correct(&server, "2025-12-20:a", json!({ "api_requests": 700 })).await.expect(200);
        assert_eq!(same.at("/data/api_requests"), 700);
        assert_eq!(corrections(&server, "").await.at("/total"), 0);
        assert_eq!(metered(&server).await["2025-12-10:a:api_calls"].0, 700);
        // Before the subscription nobody was billed.
        correct(&server, "2025-12-09:a", json!({ "api_requests": 5 })).await.expect(200);
        assert_eq!(metered(&server).await.len(), 2);
    }
}

#[tokio::test]
async fn a_day_that_a_period_cuts_counts_for_the_one_that_starts_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        in_its_second_month(&server).await;
        let of_second = async || metered(&server).await["2026-01-10:a:api_calls"].0;

        correct(&server, "2026-01-10:a", json!({ "api_requests": 31 })).await.expect(200);
        assert_eq!(of_second().await, 101);
        correct(&server, "2026-01-10:a", json!({ "api_requests": 0 })).await.expect(200);
        assert_eq!(of_second().await, 70);
        correct(&server, "2026-01-20:a", json!({ "api_requests": 0 })).await.expect(200);
        // It had been less than the days say, since the first day is cut.
        assert_eq!(of_second().await, 0);
    }
}

#[tokio::test]
async fn the_day_on_which_a_subscription_ended_is_open_until_that_is_billed_and_after() {
    for engine in engines() {
        let server = Server::start(engine).await;
        meter(&server, "acme", 1, "2026-01-10T06:00:00Z", Some("2026-01-20T06:00:00Z")).await;
        let period = ("2026-01-10T06:00:00Z", "2026-01-20T06:00:00Z");
        enter_metered(&server, "acme", vec![open(period.0, period.1, "", "bandwidth", 10)]).await;

        correct(&server, "2026-01-20", json!({ "bandwidth_used": 5 })).await.expect(200);
        correct(&server, "2026-01-21", json!({ "bandwidth_used": 7 })).await.expect(200);
        assert_eq!(metered(&server).await["2026-01-10::bandwidth"].0, 15);

        let mut tx = server.env.db.begin().await.unwrap();
        let stmt = Stmt::new(
            "UPDATE metered_usage SET status = 'invoiced', bills = 1 WHERE tenant_id = 'acme'",
        );
        tx.execute(stmt).await.unwrap();
        tx.commit().await.unwrap();
        correct(&server, "2026-01-19", json!({ "bandwidth_used": 9 })).await.expect(409);
        // What is right of the rest of the day, nobody was billed for.
        correct(&server, "2026-01-20", json!({ "bandwidth_used": 9 })).await.expect(200);
        assert_eq!(metered(&server).await["2026-01-10::bandwidth"].0, 15);
    }
}

/// Enters days of two apps, and what is metered of the first: its storage was measured on the 5th, the
/// 14th and the 18th, its users on the first.
async fn with_levels(server: &Server) {
    meter(server, "acme", 1, "2025-12-10T06:00:00Z", None).await;
    let measured = |app: &str, date: &str, storage_used, storage_at: &str| DayRow {
        storage_used,
        storage_at: Some(at(storage_at)),
        user_count: 4,
        users_at: Some(at("2026-01-01T00:00:00Z")),
        ..day(date, app)
    };
    let days = vec![
        measured("a", "2026-01-11", GIB, "2026-01-05T10:00:00Z"),
        measured("a", "2026-01-15", GIB, "2026-01-05T10:00:00Z"),
        measured("a", "2026-01-16", 2 * GIB, "2026-01-14T23:59:59Z"),
        measured("a", "2026-01-18", 3 * GIB, "2026-01-18T08:00:00Z"),
        measured("a", "2026-01-20", 3 * GIB, "2026-01-18T08:00:00Z"),
        DayRow { storage_at: None, ..measured("b", "2026-01-16", 9, "2026-01-01T00:00:00Z") },
    ];
    enter_days(server, "acme", days).await;
    let period = ("2026-01-10T06:00:00Z", "2026-02-10T06:00:00Z");
    let users = MeteredRow {
        measured_at: Some(at("2026-01-01T00:00:00Z")),
        ..open(period.0, period.1, "a", "users", 4)
    };
    let storage = MeteredRow {
        measured_at: Some(at("2026-01-18T08:00:00Z")),
        included_units: 1,
        unit_price: Some("1".to_owned()),
        overage_units: GIB,
        ..open(period.0, period.1, "a", "storage", 3 * GIB)
    };
    enter_metered(server, "acme", vec![users, storage]).await;
}

#[tokio::test]
async fn a_level_holds_until_another_was_measured() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_levels(&server).await;

        // A day without figures begins with the levels before.
        let it = correct(&server, "2026-01-14:a", json!({ "storage_used": 7 })).await.expect(200);

        assert_eq!((it.at("/data/storage_used"), it.at("/data/user_count")), (json!(7), json!(4)));
        let end = Some(at("2026-01-14T23:59:59Z"));
        let of = |date: &str, storage, measured| (date.to_owned(), storage, 4, measured);
        let later = Some(at("2026-01-18T08:00:00Z"));
        let expected = [
            of("2026-01-11", GIB, Some(at("2026-01-05T10:00:00Z"))),
            of("2026-01-14", 7, end),
            of("2026-01-15", 7, end),
            of("2026-01-16", 7, end),
            of("2026-01-18", 3 * GIB, later),
            of("2026-01-20", 3 * GIB, later),
        ];
        assert_eq!(levels(&server, "a").await, expected);
        assert_eq!(levels(&server, "b").await, [("2026-01-16".to_owned(), 9, 4, None)]);
        assert_eq!(metered(&server).await["2026-01-10:a:storage"], (3 * GIB, later));
    }
}

#[tokio::test]
async fn a_level_is_billed_where_nothing_newer_was_measured() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_levels(&server).await;

        let today = json!({ "storage_used": 5, "user_count": 6 });
        correct(&server, "2026-01-31:a", today).await.expect(200);
        let before = correct(&server, "2026-01-12:a", json!({ "user_count": 1 })).await.expect(200);
        correct(&server, "2026-01-12:c", json!({ "user_count": 1 })).await.expect(200);

        assert_eq!(before.at("/data/storage_used"), GIB);
        let (billed, now) = (metered(&server).await, Some(at("2026-01-31T12:00:00Z")));
        assert_eq!(billed["2026-01-10:a:storage"], (5, now));
        assert_eq!(billed["2026-01-10:a:users"], (6, now));
        assert_eq!(billed["2026-01-10:c:users"], (1, Some(at("2026-01-12T23:59:59Z"))));
        let last = levels(&server, "a").await.pop();
        assert_eq!(last, Some(("2026-01-31".to_owned(), 5, 6, now)));
    }
}

#[tokio::test]
async fn a_level_of_a_period_before_holds_in_the_one_that_is_open() {
    for engine in engines() {
        let server = Server::start(engine).await;
        meter(&server, "acme", 1, "2025-12-10T06:00:00Z", None).await;
        let old = Some(at("2026-01-02T00:00:00Z"));
        let rows =
            [("2025-12-10", "2026-01-10"), ("2026-01-10", "2026-02-10")].map(|(start, end)| {
                let instant = |date: &str| format!("{date}T06:00:00Z");
                let row = open(&instant(start), &instant(end), "", "users", 4);
                MeteredRow { measured_at: old, ..row }
            });
        enter_metered(&server, "acme", rows.into()).await;

        correct(&server, "2026-01-05", json!({ "user_count": 9 })).await.expect(200);

        let billed = metered(&server).await;
        let end = Some(at("2026-01-05T23:59:59Z"));
        assert_eq!(billed["2025-12-10::users"], (9, end));
        assert_eq!(billed["2026-01-10::users"], (9, end));
    }
}

#[tokio::test]
async fn what_can_not_be_set_right_is_refused() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter(&server, "acme").await;

        for usage in ["2026-02-01", "2026-02-30", "2026-01-31:", "2026-01-31:a%2Fb", "tomorrow"] {
            let refused = correct(&server, usage, json!({ "user_count": 1 })).await.expect(400);
            assert_eq!(refused.fields(), ["usage_id"], "{usage}");
        }
        let most = 1_000_000_000_000_000_i64;
        let body = json!({
            "user_count": -1, "api_requests": most + 1, "storage_used": 1.5, "bandwidth_used": "1",
            "login_attempts": true, "failed_logins": [], "mfa_verifications": 1e3,
            "reason": "é".repeat(501),
        });
        let refused = correct(&server, "2026-01-31", body).await.expect(400);
        let all = [
            "user_count",
            "api_requests",
            "storage_used",
            "bandwidth_used",
            "login_attempts",
            "failed_logins",
            "mfa_verifications",
            "reason",
        ];
        assert_eq!(refused.fields(), all);
        let good = json!({ "user_count": most, "reason": "é".repeat(500) });
        correct(&server, "2026-01-31", good.clone()).await.expect(200);
        let unknown = "/admin/billing/usage-stats/nobody/2026-01-31";
        server.put(Who::SUPER, unknown, good.clone()).await.expect(404);
        server.put(Who::SUPER, unknown, good).await.expect(404);
        zone(&server, "acme", "Pacific/Kiritimati").await;
        correct(&server, "2026-02-01", json!({ "user_count": 1 })).await.expect(200);
    }
}

#[tokio::test]
async fn the_same_key_is_one_correction_and_many_at_once_are_all_kept() {
    for engine in engines() {
        let server = Server::start(engine).await;
        meter(&server, "acme", 1, "2026-01-10T06:00:00Z", None).await;
        let put = async |body: Value| {
            let request = server.request(Method::PUT, Who::ADMIN, &format!("{STATS}/2026-01-31"));
            server.send(request.header("idempotency-key", "k"), Some(body.to_string())).await
        };

        let first = put(json!({ "api_requests": 1_000 })).await.expect(200);
        correct(&server, "2026-01-31", json!({ "api_requests": 500 })).await.expect(200);
        let again = put(json!({ "api_requests": 1_000 })).await.expect(200);
        put(json!({ "api_requests": 7 })).await.expect(422);
        let many = (0..32).map(|n| correct(&server, "2026-01-31", json!({ "api_requests": n })));
        for answer in join_all(many).await {
            answer.expect(200);
        }

        assert_eq!(first.text, again.text);
        let list = corrections(&server, "?page_size=100").await.at("/items");
        let list = list.as_array().unwrap();
        let seqs: Vec<i64> = list.iter().map(|it| it["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, (1..=34).rev().collect::<Vec<_>>());
        for pair in list.windows(2) {
            assert_eq!(pair[0]["before"], pair[1]["after"]);
        }
        assert_eq!(json!(metered(&server).await["2026-01-10::api_calls"].0), list[0]["after"]);
        let page = corrections(&server, "?page_size=2").await;
        let cursor = page.at("/pagination/next_cursor");
        let next =
            corrections(&server, &format!("?page_size=2&cursor={}", cursor.as_str().unwrap()))
                .await;
        assert_eq!((page.at("/items/1/seq"), next.at("/items/0/seq")), (json!(33), json!(32)));
        let other = server.get(Who::SUPER, "/admin/billing/usage-stats/other/corrections").await;
        assert_eq!(other.expect(200).at("/total"), 0);
    }
}
