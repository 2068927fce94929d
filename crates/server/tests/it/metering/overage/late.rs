//! What comes after its period was invoiced.

use serde_json::json;

use super::{SUBSCRIPTION, metered, moved, overage, price, set_prices, subscribed, used};
use crate::harness::{Server, Who, engines};

const FIRST: &str = "2026-01-31 to 2026-02-28";

#[tokio::test]
async fn what_comes_late_is_a_line_of_the_next_invoice_that_names_its_period() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("sms", 10, "0.333")])).await;
        used(&server, "app_a", ("sms", 11), "").await;
        moved(&server, "2026-02-28T12:00:00Z").await;
        set_prices(&server, "app_a", json!([price("sms", 0, "5")])).await;

        used(&server, "app_a", ("sms", 2), "2026-02-28T11:59:59Z").await;
        used(&server, "app_a", ("sms", 1), "2026-02-28T12:00:00Z").await;
        let waiting = metered(&server).await;
        moved(&server, "2026-03-31T12:00:00Z").await;
        used(&server, "app_a", ("sms", 1), "2026-01-31T12:00:00Z").await;
        moved(&server, "2026-04-30T12:00:00Z").await;
        moved(&server, "2026-05-31T12:00:00Z").await;

        assert_eq!(
            waiting,
            [
                "26-01-31 app_a sms: 13 invoiced, 1 beyond 10 for 3300, 2 late",
                "26-02-28 app_a sms: 1 open, 0 beyond -1 for 0, 0 late",
            ]
        );
        let line = |date: &str, included: i64, days: &str, rest: &str| {
            let words = format!("sms of app_a beyond {included} included, {days}{rest}");
            format!("26-{date}T12:00 subscription: {words}")
        };
        assert_eq!(
            overage(&server).await,
            [
                line("02-28", 10, FIRST, " | 1 x 0.333 = 0.33"),
                line("03-31", 10, FIRST, ", reported late | 2 x 0.333 = 0.67"),
                line("03-31", 10, "2026-02-28 to 2026-03-31", " | 1 x 0.333 = 0.33")
                    .replace("beyond 10", "beyond 0")
                    .replace("1 x 0.333 = 0.33", "1 x 5 = 5"),
                line("04-30", 10, FIRST, ", reported late | 1 x 0.333 = 0.33"),
            ]
        );
        let first = &metered(&server).await[0];
        assert_eq!(first, "26-01-31 app_a sms: 14 invoiced, 4 beyond 10 for 13300, 0 late");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_comes_late_within_what_is_included_costs_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("sms", 10, "1")])).await;
        used(&server, "app_a", ("sms", 4), "").await;
        moved(&server, "2026-02-28T12:00:00Z").await;
        used(&server, "app_a", ("sms", 5), "2026-02-01T00:00:00Z").await;
        moved(&server, "2026-03-31T12:00:00Z").await;
        used(&server, "app_a", ("sms", 5), "2026-02-01T00:00:00Z").await;
        moved(&server, "2026-04-30T12:00:00Z").await;

        let words = format!("sms of app_a beyond 10 included, {FIRST}, reported late | 4 x 1 = 4");
        assert_eq!(overage(&server).await, [format!("26-04-30T12:00 subscription: {words}")]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_comes_late_of_what_nobody_knew_of_is_billed_once_by_the_price_of_then() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("sms", 1, "1")])).await;
        moved(&server, "2026-03-31T12:00:00Z").await;
        set_prices(&server, "app_a", json!([price("sms", 0, "7")])).await;
        used(&server, "app_a", ("sms", 4), "2026-02-01T00:00:00Z").await;

        moved(&server, "2026-04-30T12:00:00Z").await;
        moved(&server, "2026-05-31T12:00:00Z").await;

        let all = overage(&server).await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0].ends_with(&format!("beyond 1 included, {FIRST} | 3 x 1 = 3")), "{all:?}");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_comes_late_of_a_trial_costs_nothing_either() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic", "trial_days": 40 })).await;
        let prices = json!([price("sms", 0, "1"), price("email", 0, "1"), price("users", 0, "1")]);
        set_prices(&server, "app_a", prices).await;
        used(&server, "app_a", ("sms", 4), "").await;
        used(&server, "app_a", ("users", 3), "").await;

        let ran = moved(&server, "2026-03-12T12:00:00Z").await;
        used(&server, "app_a", ("sms", 5), "2026-02-01T00:00:00Z").await;
        used(&server, "app_a", ("sms", 6), "2026-03-12T11:59:59Z").await;
        used(&server, "app_a", ("email", 7), "2026-02-01T00:00:00Z").await;
        used(&server, "app_a", ("email", 8), "2026-03-12T11:59:59Z").await;
        used(&server, "app_a", ("sms", 1), "2026-03-12T12:00:00Z").await;
        moved(&server, "2026-04-12T12:00:00Z").await;

        assert_eq!(ran, ["26-02-28T12:00 usage.closed", "26-03-12T12:00 trial_end"]);
        let line = |what: &str, sum: &str| {
            let days = "2026-03-12 to 2026-04-12";
            format!(
                "26-04-12T12:00 subscription: {what} of app_a beyond 0 included, {days} | {sum}"
            )
        };
        assert_eq!(overage(&server).await, [line("sms", "1 x 1 = 1"), line("users", "3 x 1 = 3")]);
        server.assert_sound().await;
    }
}

/// `acme` pays by the year; three text messages of its first month were billed, and the second is over.
async fn yearly(server: &Server) {
    subscribed(server, json!({ "plan": "basic", "billing_cycle": "yearly" })).await;
    set_prices(server, "app_a", json!([price("sms", 1, "2")])).await;
    used(server, "app_a", ("sms", 3), "").await;
    moved(server, "2026-03-31T12:00:00Z").await;
}

#[tokio::test]
async fn what_comes_late_waits_for_the_end_of_its_month_at_most() {
    for engine in engines() {
        let server = Server::start(engine).await;
        yearly(&server).await;

        used(&server, "app_a", ("sms", 4), "2026-02-27T00:00:00Z").await;
        moved(&server, "2026-04-20T00:00:00Z").await;
        used(&server, "app_a", ("sms", 5), "2026-02-27T00:00:00Z").await;
        let before = moved(&server, "2026-04-30T11:59:59Z").await;
        let then = moved(&server, "2026-04-30T12:00:00Z").await;
        let after = moved(&server, "2026-12-31T12:00:00Z").await;

        assert_eq!(before, [""; 0]);
        assert_eq!(then, ["26-04-30T12:00 usage.closed"]);
        assert_eq!(after, [""; 0]);
        let line = |date: &str, rest: &str| {
            format!("26-{date}T12:00 usage: sms of app_a beyond 1 included, {FIRST}{rest}")
        };
        let late = line("04-30", ", reported late | 9 x 2 = 18");
        assert_eq!(overage(&server).await, [line("02-28", " | 2 x 2 = 4"), late]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_was_taken_back_before_that_leaves_nothing_to_bill() {
    for engine in engines() {
        let server = Server::start(engine).await;
        yearly(&server).await;
        let late = |id: &str, amount: i64| {
            json!({
                "event_id": id, "resource_type": "sms", "amount": amount, "app_id": "app_a",
                "occurred_at": "2026-02-27T00:00:00Z",
            })
        };
        let report = super::super::REPORT;
        for (id, amount) in [("one", 4), ("two", 5)] {
            server.post(super::METER, report, late(id, amount)).await.expect(200);
        }
        for id in ["one", "two"] {
            let event = format!("/internal/billing/metering/events/{id}");
            server.delete(super::METER, &event).await.expect(200);
        }

        assert_eq!(moved(&server, "2026-12-31T12:00:00Z").await, [""; 0]);
        server.post(super::METER, report, late("three", 1)).await.expect(200);
        assert_eq!(
            moved(&server, "2027-01-31T11:59:59Z").await,
            [""; 0],
            "the month ends with the year"
        );
        assert_eq!(moved(&server, "2027-01-31T12:00:00Z").await, ["27-01-31T12:00 renewal"]);
        let words = format!("sms of app_a beyond 1 included, {FIRST}, reported late | 1 x 2 = 2");
        assert_eq!(overage(&server).await[1], format!("27-01-31T12:00 subscription: {words}"));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_comes_after_the_last_invoice_is_billed_with_its_month_of_the_calendar() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        let zone = json!({ "timezone": "Asia/Tokyo" });
        server.put(Who::ADMIN, profile, zone).await.expect(200);
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("sms", 1, "2")])).await;
        used(&server, "app_a", ("sms", 3), "").await;
        moved(&server, "2026-02-10T09:00:00Z").await;
        server.delete(Who::ADMIN, &format!("{SUBSCRIPTION}?at=now")).await.expect(200);

        moved(&server, "2026-02-11T00:00:00Z").await;
        used(&server, "app_a", ("sms", 50), "2026-02-10T08:59:59Z").await;
        used(&server, "app_a", ("sms", 5), "2026-02-10T09:00:00Z").await;
        moved(&server, "2026-02-28T14:59:59Z").await;
        let waiting = overage(&server).await.len();
        let then = moved(&server, "2026-03-01T00:00:00Z").await;
        let after = moved(&server, "2026-12-01T00:00:00Z").await;

        assert_eq!((waiting, &then[..]), (1, &["26-02-28T15:00 usage.closed".to_owned()][..]));
        assert_eq!(after, [""; 0]);
        let words = "sms of app_a beyond 1 included, 2026-01-31 to 2026-02-10, reported late";
        let late = format!("26-02-28T15:00 usage: {words} | 50 x 2 = 100");
        assert_eq!(overage(&server).await[1..], [late]);
        server.assert_sound().await;
    }
}
