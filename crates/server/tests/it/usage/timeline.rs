//! Every day up to today.

use std::collections::BTreeMap;

use countinghouse::metering::DayRow;
use countinghouse_core::calendar::Date;
use serde_json::{Value, json};

use super::{GIB, app, calls, data, day, enter, enter_days, levels, zone};
use crate::harness::{Server, Who, engines};

const TIMELINE: &str = "/billing/usage/acme/timeline";

/// Day, calls, GiB stored, GiB moved, users.
fn point(date: &str, calls: i64, storage: &Value, bandwidth: &Value, users: i64) -> Value {
    json!({
        "date": date, "api_requests": calls, "storage_gb": storage, "bandwidth_gb": bandwidth,
        "users": users,
    })
}

#[tokio::test]
async fn every_day_is_there_and_levels_are_carried_app_by_app() {
    for engine in engines() {
        let server = Server::start(engine).await;
        app(&server, "acme", "gone", "deleted", Some("2026-01-29T00:00:00Z")).await;
        enter_days(
            &server,
            "acme",
            vec![
                levels("2025-01-01", "a", 2 * GIB, 3),
                levels("2026-01-25", "gone", 4 * GIB, 40),
                DayRow { bandwidth_used: GIB / 2, ..levels("2026-01-28", "", GIB / 2, 1) },
                DayRow { api_requests: 5, ..levels("2026-01-30", "a", GIB, 2) },
                DayRow { api_requests: 7, ..levels("2026-01-30", "", GIB / 2, 1) },
                // A day to come, as after a move to another zone.
                levels("2026-02-01", "a", 100 * GIB, 100),
            ],
        )
        .await;

        let all = data(&server, Who::MEMBER, &format!("{TIMELINE}?days=5")).await;

        let days = [
            point("2026-01-27", 0, &json!(6), &json!(0), 43),
            point("2026-01-28", 0, &json!(6.5), &json!(0.5), 44),
            point("2026-01-29", 0, &json!(2.5), &json!(0), 4),
            point("2026-01-30", 12, &json!(1.5), &json!(0), 3),
            point("2026-01-31", 0, &json!(1.5), &json!(0), 3),
        ];
        assert_eq!(all, json!({ "tenant_id": "acme", "days": 5, "timeline": days }));
        let of_app = data(&server, Who::MEMBER, &format!("{TIMELINE}?days=2&app_id=a")).await;
        let days = [
            point("2026-01-30", 5, &json!(1), &json!(0), 2),
            point("2026-01-31", 0, &json!(1), &json!(0), 2),
        ];
        let expected = json!({ "tenant_id": "acme", "app_id": "a", "days": 2, "timeline": days });
        assert_eq!(of_app, expected);
        let gone = data(&server, Who::MEMBER, &format!("{TIMELINE}?days=4&app_id=gone")).await;
        let users: Vec<Value> =
            gone["timeline"].as_array().unwrap().iter().map(|it| it["users"].clone()).collect();
        assert_eq!(users, [40, 0, 0, 0]);
        let twin = data(&server, Who::SUPER, "/admin/billing/usage/acme/timeline?days=5").await;
        assert_eq!(twin, all);
    }
}

#[tokio::test]
async fn thirty_days_are_shown_and_who_used_nothing_has_zeros() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter_days(&server, "other", vec![calls("2026-01-31", "a", 5)]).await;

        let none = data(&server, Who::MEMBER, TIMELINE).await;

        let days = none["timeline"].as_array().unwrap();
        assert_eq!((days.len(), &none["days"]), (30, &json!(30)));
        assert_eq!(days[0], point("2026-01-02", 0, &json!(0), &json!(0), 0));
        assert_eq!(days[29], point("2026-01-31", 0, &json!(0), &json!(0), 0));
        for (query, field) in [
            ("days=0", "days"),
            ("days=367", "days"),
            ("days=-1", "days"),
            ("days=ten", "days"),
            ("app_id=.", "app_id"),
        ] {
            let refused = server.get(Who::MEMBER, &format!("{TIMELINE}?{query}")).await.expect(400);
            assert_eq!(refused.fields(), [field], "{query}");
        }
    }
}

#[tokio::test]
async fn a_day_that_the_date_line_took_is_there_with_what_was_before() {
    for engine in engines() {
        let server = Server::start(engine).await;
        // In Samoa, the 30th of December 2011 never was. It is the morning of the 31st.
        let clock = "/internal/billing/test-clock/acme";
        let now = json!({ "now": "2011-12-30T20:00:00Z" });
        server.put(Who::Service { tenant: None }, clock, now).await.expect(200);
        zone(&server, "acme", "Pacific/Apia").await;
        enter_days(
            &server,
            "acme",
            vec![
                levels("2011-12-28", "a", GIB, 3),
                calls("2011-12-29", "", 5),
                calls("2011-12-31", "", 6),
            ],
        )
        .await;

        let it = data(&server, Who::MEMBER, &format!("{TIMELINE}?days=4")).await;

        let days = [
            point("2011-12-28", 0, &json!(1), &json!(0), 3),
            point("2011-12-29", 5, &json!(1), &json!(0), 3),
            point("2011-12-30", 0, &json!(1), &json!(0), 3),
            point("2011-12-31", 6, &json!(1), &json!(0), 3),
        ];
        assert_eq!(it["timeline"], json!(days));
    }
}

/// A few numbers that look thrown.
fn thrown(seed: &mut u64, below: u64) -> i64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    i64::try_from((*seed >> 33) % below).unwrap()
}

/// Rows of ten apps over more than a year, most days without one.
fn scattered(seed: &mut u64) -> Vec<DayRow> {
    let last = Date::parse("2026-01-31").unwrap();
    let mut rows = Vec::new();
    for app in 0..10 {
        for ago in (0..500).rev().filter(|_| thrown(seed, 10) < 3).collect::<Vec<_>>() {
            let name = if app == 0 { String::new() } else { format!("app_{app}") };
            rows.push(DayRow {
                api_requests: thrown(seed, 1_000),
                bandwidth_used: thrown(seed, 5) * GIB,
                storage_used: thrown(seed, 5) * GIB,
                user_count: thrown(seed, 100),
                ..day(&last.plus_days(-ago).unwrap().to_string(), &name)
            });
        }
    }
    rows
}

#[tokio::test]
async fn a_year_of_ten_apps_is_what_adding_every_row_up_gives() {
    for engine in engines() {
        let server = Server::start(engine).await;
        enter(&server, "acme").await;
        let rows = scattered(&mut 7);
        enter_days(&server, "acme", rows.clone()).await;
        let mut expected = Vec::new();
        let mut levels: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        let last = Date::parse("2026-01-31").unwrap();
        for ago in (0..500).rev() {
            let date = last.plus_days(-ago).unwrap().to_string();
            let of_day = || rows.iter().filter(|row| row.day == date);
            for row in of_day() {
                levels.insert(row.app_id.clone(), (row.storage_used / GIB, row.user_count));
            }
            let calls = of_day().map(|row| row.api_requests).sum();
            let moved: i64 = of_day().map(|row| row.bandwidth_used / GIB).sum();
            let stored: i64 = levels.values().map(|it| it.0).sum();
            let users = levels.values().map(|it| it.1).sum();
            expected.push(point(&date, calls, &json!(stored), &json!(moved), users));
        }

        for days in [1, 7, 366] {
            let it = data(&server, Who::MEMBER, &format!("{TIMELINE}?days={days}")).await;
            assert_eq!(it["timeline"], json!(expected[500 - days..]), "{days}");
        }
    }
}
