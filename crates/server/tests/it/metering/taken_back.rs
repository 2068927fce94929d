//! Events that are taken back.

use countinghouse::db::Stmt;
use futures_util::future::join_all;
use serde_json::json;

use super::{METER, count, day, days, event, metered, move_to, report, subscribed};
use crate::harness::{Server, Who, engines};

const EVENT: &str = "/internal/billing/metering/events/evt_1";

#[tokio::test]
async fn an_event_is_taken_back_once_and_its_id_stays_taken() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        report(&server, &event("evt_1", 5)).await.expect(200);
        report(&server, &event("evt_2", 7)).await.expect(200);

        let taken = join_all((0..16).map(|_| server.delete(METER, EVENT))).await;

        for answer in taken {
            assert_eq!(answer.expect(200).at("/data/status"), "taken_back");
        }
        assert_eq!(days(&server, "api_requests").await, [day("2026-01-31", "", 7)]);
        assert_eq!(metered(&server).await, [(String::new(), "api_calls".to_owned(), 7, 0)]);
        assert_eq!(count(&server, "usage_event").await, 3);
        let again = report(&server, &event("evt_1", 5)).await.expect(200);
        assert_eq!(again.at("/data/duplicate"), true);
        assert_eq!(server.get(METER, EVENT).await.expect(200).at("/data/status"), "taken_back");
        server.delete(METER, "/internal/billing/metering/events/evt_9").await.expect(404);
    }
}

#[tokio::test]
async fn what_was_invoiced_is_not_taken_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        report(&server, &event("evt_1", 5)).await.expect(200);
        let mut tx = server.env.db.begin().await.unwrap();
        let billed = "UPDATE metered_usage SET status = 'invoiced', bills = 1
                      WHERE tenant_id = 'acme'";
        tx.execute(Stmt::new(billed)).await.unwrap();
        tx.commit().await.unwrap();

        server.delete(METER, EVENT).await.expect(409);
        let late = report(&server, &event("evt_2", 3)).await.expect(200);
        assert_eq!(late.at("/data/period_total"), 8);
        assert_eq!(metered(&server).await, [(String::new(), "api_calls".to_owned(), 8, 3)]);
        server.delete(METER, "/internal/billing/metering/events/evt_2").await.expect(200);
        assert_eq!(metered(&server).await, [(String::new(), "api_calls".to_owned(), 5, 0)]);
    }
}

#[tokio::test]
async fn without_a_subscription_it_is_the_month_that_counts() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let mut event = event("evt_1", 5);
        event["occurred_at"] = json!("2026-01-05T00:00:00Z");
        report(&server, &event).await.expect(200);

        move_to(&server, "2026-02-01T00:00:00Z");
        server.delete(METER, EVENT).await.expect(409);
        move_to(&server, "2026-01-31T23:59:59Z");
        server.delete(METER, EVENT).await.expect(200);
        assert_eq!(days(&server, "api_requests").await, [day("2026-01-05", "", 0)]);
    }
}

/// What is known of users by day, once the event `gone` is taken back.
async fn users_without(server: &Server, gone: &str) -> Vec<(String, String, i64)> {
    let path = format!("/internal/billing/metering/events/{gone}");
    server.delete(METER, &path).await.expect(200);
    days(server, "user_count").await
}

#[tokio::test]
async fn a_level_that_was_set_right_is_there_again_when_a_later_one_is_taken_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let level = |id: &str, amount: i64, when: &str| {
            json!({
                "event_id": id, "resource_type": "users", "amount": amount, "app_id": "app_1",
                "occurred_at": when,
            })
        };
        report(&server, &level("old", 3, "2026-01-10T10:00:00Z")).await.expect(200);
        let path = "/admin/billing/usage-stats/acme/2026-01-15:app_1";
        for users in [11, 20] {
            server.put(Who::ADMIN, path, json!({ "user_count": users })).await.expect(200);
        }
        report(&server, &level("before", 9, "2026-01-15T10:00:00Z")).await.expect(200);
        report(&server, &level("after", 7, "2026-01-20T10:00:00Z")).await.expect(200);

        let expected = [("10", 3), ("15", 20), ("20", 20)];
        let expected = expected.map(|(date, n)| day(&format!("2026-01-{date}"), "app_1", n));
        assert_eq!(users_without(&server, "after").await, expected);
        assert_eq!(users_without(&server, "before").await, expected);
    }
}

#[tokio::test]
async fn a_level_by_a_clock_that_was_ahead_is_there_again_too() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let level = |id: &str, amount: i64, when: &str| json!({ "event_id": id, "resource_type": "users", "amount": amount, "occurred_at": when });
        report(&server, &level("ahead", 7, "2026-01-31T12:05:00Z")).await.expect(200);
        server.advance(180);
        report(&server, &level("then", 9, "2026-01-31T12:02:00Z")).await.expect(200);
        report(&server, &level("later", 8, "2026-01-31T12:03:00Z")).await.expect(200);

        assert_eq!(users_without(&server, "then").await, [day("2026-01-31", "", 8)]);
        assert_eq!(users_without(&server, "later").await, [day("2026-01-31", "", 7)]);
    }
}
