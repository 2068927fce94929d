//! What comes after its period was invoiced.

use serde_json::json;

use super::{metered, moved, overage, price, set_prices, subscribed, used};
use crate::harness::{Server, engines};

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
