//! Levels: storage and users are what was last measured.

use countinghouse::db::Stmt;
use serde_json::{Value, json};

use super::{METER, REPORT, day, days, metered, move_to, report, subscribed};
use crate::harness::{Server, engines};

fn level(id: &str, amount: i64, occurred_at: &str) -> Value {
    json!({
        "event_id": id, "resource_type": "users", "amount": amount, "app_id": "app_1",
        "occurred_at": occurred_at,
    })
}

#[tokio::test]
async fn the_last_by_its_own_time_counts_and_goes_on_into_days_that_are_there() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for event in [
            level("1", 5, "2026-01-10T10:00:00Z"),
            json!({ "resource_type": "sms", "amount": 1, "app_id": "app_1", "occurred_at": "2026-01-12T00:00:00Z" }),
            json!({ "resource_type": "sms", "amount": 1, "app_id": "app_1", "occurred_at": "2026-01-14T00:00:00Z" }),
            level("2", 9, "2026-01-14T10:00:00Z"),
            level("3", 7, "2026-01-11T10:00:00Z"),
            level("4", 6, "2026-01-10T09:00:00Z"),
        ] {
            server.post(METER, REPORT, event).await.expect(200);
        }

        let users = days(&server, "user_count").await;
        let expected = [("10", 5), ("11", 7), ("12", 7), ("14", 9)];
        assert_eq!(users, expected.map(|(date, n)| day(&format!("2026-01-{date}"), "app_1", n)));
    }
}

#[tokio::test]
async fn a_period_has_the_level_that_was_measured_last_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        move_to(&server, "2026-02-10T12:00:00Z");
        for (id, amount, when) in [
            ("1", 5, "2026-02-01T00:00:00Z"),
            ("2", 9, "2026-02-03T00:00:00Z"),
            ("3", 7, "2026-02-02T00:00:00Z"),
        ] {
            report(&server, &level(id, amount, when)).await.expect(200);
        }

        assert_eq!(metered(&server).await, [("app_1".to_owned(), "users".to_owned(), 9, 0)]);
    }
}

#[tokio::test]
async fn a_level_that_is_taken_back_leaves_the_one_before() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        move_to(&server, "2026-02-10T12:00:00Z");
        for (id, amount, when) in [
            ("1", 5, "2026-02-01T00:00:00Z"),
            ("2", 6, "2026-02-02T00:00:00Z"),
            ("3", 9, "2026-02-03T00:00:00Z"),
        ] {
            report(&server, &level(id, amount, when)).await.expect(200);
        }
        let path = |id: &str| format!("/internal/billing/metering/events/{id}");

        server.delete(METER, &path("2")).await.expect(200);
        let users = days(&server, "user_count").await;
        let expected = [("01", 5), ("02", 5), ("03", 9)];
        assert_eq!(users, expected.map(|(date, n)| day(&format!("2026-02-{date}"), "app_1", n)));
        server.delete(METER, &path("3")).await.expect(200);
        let users = days(&server, "user_count").await;
        assert!(users.iter().all(|it| it.2 == 5), "{users:?}");
        assert_eq!(metered(&server).await, [("app_1".to_owned(), "users".to_owned(), 5, 0)]);
        server.delete(METER, &path("1")).await.expect(200);
        let stmt = Stmt::new(
            "SELECT COUNT(*) FROM usage_day WHERE tenant_id = 'acme' AND user_count = 0
             AND users_at IS NULL",
        );
        let row: Option<(i64,)> = server.env.db.fetch_optional(stmt).await.unwrap();
        assert_eq!(row, Some((3,)));
    }
}
