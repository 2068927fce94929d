//! Changes of plan and withdrawals across the end of a month: what is closed stays, and the open
//! month takes the difference.

use axum::http::Method;
use serde_json::{Value, json};

use super::{admin, deferred, earned, set_clock, subscribe};
use crate::harness::{Answer, Server, Who, engines};

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";

async fn change(server: &Server, plan: &str) -> Answer {
    let path = format!("{SUBSCRIPTION}/change-plan");
    server.post(admin("acme"), &path, json!({ "new_plan": plan })).await.expect(200)
}

async fn rollback(server: &Server) {
    let path = format!("{SUBSCRIPTION}/rollback-plan");
    server.call(Method::POST, admin("acme"), &path, json!({})).await.expect(200);
}

async fn pay(server: &Server, number: &str, amount: Value) {
    let found = server.get(admin("acme"), SUBSCRIPTION).await.expect(200);
    let body = json!({
        "subscription_id": found.at("/data/subscription_id"),
        "amount": amount,
        "period_start": "2026-02-10T12:00:00Z",
        "period_end": "2026-03-10T12:00:00Z",
        "status": "paid",
        "invoice_number": number,
    });
    server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
}

/// A server whose tenant has a plan from 10 February on, for 28 days: 19 of February, 9 of March.
async fn subscribed(server: &Server, plan: &str) {
    set_clock(server, "acme", "2026-02-10T12:00:00Z").await;
    subscribe(server, "acme", json!({ "plan": plan })).await;
}

#[tokio::test]
async fn an_upgrade_is_earned_by_its_lines_and_what_is_undone_comes_off_the_open_month() {
    for paid in [true, false] {
        for engine in engines() {
            let server = Server::start(engine).await;
            subscribed(&server, "basic").await;
            pay(&server, "INV-2026-000001", json!(99)).await;
            set_clock(&server, "acme", "2026-02-20T09:00:00Z").await;
            assert_eq!(deferred(&server, "acme").await, ["2026-02 6718", "2026-03 3182"]);

            // -63.64 and 320.79 over 18 days, half of them in each month.
            change(&server, "pro").await;
            if paid {
                pay(&server, "INV-2026-000002", json!(257.15)).await;
            }
            assert_eq!(deferred(&server, "acme").await, ["2026-02 19576", "2026-03 16039"]);
            set_clock(&server, "acme", "2026-03-05T00:00:00Z").await;
            rollback(&server).await;

            assert_eq!(earned(&server, "acme").await, ["2026-02 19576"]);
            assert_eq!(deferred(&server, "acme").await, ["2026-03 -9676"]);
            // The next month of `basic` has 22 days in March.
            set_clock(&server, "acme", "2026-04-01T00:00:00Z").await;
            assert_eq!(earned(&server, "acme").await, ["2026-02 19576", "2026-03 -2650"]);
            assert_eq!(deferred(&server, "acme").await, ["2026-04 2874"]);
            server.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn a_downgrade_takes_back_the_days_that_are_left_and_its_undoing_gives_them_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, "pro").await;
        pay(&server, "INV-2026-000001", json!(499)).await;
        set_clock(&server, "acme", "2026-02-20T09:00:00Z").await;
        assert_eq!(deferred(&server, "acme").await, ["2026-02 33861", "2026-03 16039"]);

        // 320.79 are taken back and 63.64 asked for over 18 days.
        change(&server, "basic").await;
        assert_eq!(deferred(&server, "acme").await, ["2026-02 21003", "2026-03 3182"]);
        set_clock(&server, "acme", "2026-03-05T00:00:00Z").await;
        rollback(&server).await;

        assert_eq!(earned(&server, "acme").await, ["2026-02 21003"]);
        assert_eq!(deferred(&server, "acme").await, ["2026-03 28897"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_undone_in_its_month_leaves_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, "pro").await;
        pay(&server, "INV-2026-000001", json!(499)).await;
        let before = deferred(&server, "acme").await;

        for plan in ["basic", "enterprise"] {
            set_clock(
                &server,
                "acme",
                if plan == "basic" { "2026-02-20T09:00:00Z" } else { "2026-02-25T09:00:00Z" },
            )
            .await;
            change(&server, plan).await;
            assert_ne!(deferred(&server, "acme").await, before);
            rollback(&server).await;
            assert_eq!(deferred(&server, "acme").await, before);
        }
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn another_cycle_gives_back_months_and_asks_for_one() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "acme", "2026-01-01T00:00:00Z").await;
        let yearly = json!({ "plan": "pro", "billing_cycle": "yearly" });
        subscribe(&server, "acme", yearly).await;
        let found = server.get(admin("acme"), SUBSCRIPTION).await.expect(200);
        let price = found.at("/data/amount");
        pay(&server, "INV-2026-000001", price).await;
        assert_eq!(deferred(&server, "acme").await.len(), 12);
        set_clock(&server, "acme", "2026-03-01T00:00:00Z").await;

        let path = format!("{SUBSCRIPTION}/change-plan");
        let body = json!({ "new_plan": "pro", "billing_cycle": "monthly" });
        server.post(admin("acme"), &path, body).await.expect(200);

        // March is the whole of the new month, and nothing is left of the year but what cents of its
        // months and of those that are taken back differ by.
        let cents = |text: &String| text.split_once(' ').unwrap().1.parse::<i64>().unwrap();
        let months: Vec<i64> = deferred(&server, "acme").await.iter().map(cents).collect();
        assert_eq!(months.iter().sum::<i64>(), 49_900);
        assert!((months[0] - 49_900).abs() <= 1, "{months:?}");
        assert!(months[1..].iter().all(|cents| cents.abs() <= 1), "{months:?}");
        assert_eq!(earned(&server, "acme").await.len(), 2);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_ends_at_once_is_not_earned_any_more() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(99)).await;
        set_clock(&server, "acme", "2026-03-04T09:00:00Z").await;

        let path = format!("{SUBSCRIPTION}?at=now");
        server.call(Method::DELETE, admin("acme"), &path, json!({})).await.expect(200);

        // 6 of the 9 days in March: 21.21 of 31.82.
        assert_eq!(earned(&server, "acme").await, ["2026-02 6718"]);
        assert_eq!(deferred(&server, "acme").await, ["2026-03 1061"]);
        set_clock(&server, "acme", "2027-01-01T00:00:00Z").await;
        assert_eq!(earned(&server, "acme").await, ["2026-02 6718", "2026-03 1061"]);
        server.assert_sound().await;
    }
}
