//! Which price bills a period.

use serde_json::json;

use super::{SUBSCRIPTION, metered, moved, overage, price, set_prices, subscribed, used};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn the_first_price_acts_in_the_running_period_and_later_ones_from_the_next() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        used(&server, "app_a", ("sms", 10), "").await;
        moved(&server, "2026-02-10T00:00:00Z").await;
        set_prices(&server, "app_a", json!([price("sms", 1, "1")])).await;
        moved(&server, "2026-02-11T00:00:00Z").await;
        // The first price of mail, and a second one of text messages.
        let later = json!([price("sms", 2, "2"), price("email", 0, "0.1")]);
        set_prices(&server, "app_a", later).await;
        used(&server, "app_a", ("email", 5), "2026-02-01T00:00:00Z").await;

        moved(&server, "2026-02-28T12:00:00Z").await;
        used(&server, "app_a", ("sms", 10), "").await;
        used(&server, "app_a", ("email", 5), "").await;
        moved(&server, "2026-02-28T12:00:01Z").await;
        // In force at the start of the third period only.
        let path = format!("{SUBSCRIPTION}/apps/app_a/pricing");
        server.delete(Who::ADMIN, &path).await.expect(200);
        moved(&server, "2026-03-31T12:00:00Z").await;
        used(&server, "app_a", ("sms", 10), "").await;
        moved(&server, "2026-03-31T12:00:01Z").await;
        set_prices(&server, "app_a", json!([price("sms", 0, "9")])).await;
        moved(&server, "2026-04-30T12:00:00Z").await;
        used(&server, "app_a", ("sms", 10), "").await;
        moved(&server, "2026-05-31T12:00:00Z").await;

        let (first, second, fourth) =
            ("2026-01-31 to 2026-02-28", "2026-02-28 to 2026-03-31", "2026-04-30 to 2026-05-31");
        let at = |date: &str, line: String| format!("26-{date}T12:00 subscription: {line}");
        assert_eq!(
            overage(&server).await,
            [
                at("02-28", format!("email of app_a beyond 0 included, {first} | 5 x 0.1 = 0.5")),
                at("02-28", format!("sms of app_a beyond 1 included, {first} | 9 x 1 = 9")),
                at("03-31", format!("email of app_a beyond 0 included, {second} | 5 x 0.1 = 0.5")),
                at("03-31", format!("sms of app_a beyond 2 included, {second} | 8 x 2 = 16")),
                at("05-31", format!("sms of app_a beyond 0 included, {fourth} | 10 x 9 = 90")),
            ]
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_price_that_is_set_when_a_period_begins_is_in_force_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("sms", 0, "1")])).await;
        moved(&server, "2026-02-28T12:00:00Z").await;
        set_prices(&server, "app_a", json!([price("sms", 0, "2")])).await;
        set_prices(&server, "app_a", json!([price("sms", 0, "3")])).await;
        used(&server, "app_a", ("sms", 1), "").await;
        moved(&server, "2026-03-31T12:00:00Z").await;

        let words = "sms of app_a beyond 0 included, 2026-02-28 to 2026-03-31 | 1 x 3 = 3";
        assert_eq!(overage(&server).await, [format!("26-03-31T12:00 subscription: {words}")]);
    }
}

#[tokio::test]
async fn without_a_price_nothing_is_billed_and_nothing_waits() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        used(&server, "app_a", ("api_calls", 10_000_000), "").await;
        let event = json!({ "resource_type": "api_calls", "amount": 10_000_000 });
        server.post(super::METER, super::super::REPORT, event.clone()).await.expect(200);
        moved(&server, "2026-02-28T12:00:00Z").await;
        // A price that comes after the period says nothing of it.
        set_prices(&server, "app_a", json!([price("api_calls", 0, "1")])).await;
        used(&server, "app_a", ("api_calls", 5), "2026-02-01T00:00:00Z").await;
        moved(&server, "2026-03-31T12:00:00Z").await;

        assert_eq!(overage(&server).await, [""; 0]);
        assert_eq!(
            metered(&server).await,
            [
                "26-01-31  api_calls: 10000000 invoiced, 0 beyond -1 for 0, 0 late",
                "26-01-31 app_a api_calls: 10000005 invoiced, 0 beyond -1 for 0, 0 late",
            ]
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_deleted_app_is_billed_up_to_that_and_a_suspended_one_goes_on() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        let tell = async |app: &str, action: &str| {
            let path = format!("/internal/billing/apps/acme/{app}/billing-event");
            server.post(Who::SERVICE, &path, json!({ "action": action })).await.expect(200);
        };
        for app in ["app_gone", "app_off"] {
            set_prices(&server, app, json!([price("sms", 0, "1"), price("users", 0, "2")])).await;
            used(&server, app, ("sms", 3), "").await;
            used(&server, app, ("users", 5), "").await;
        }
        moved(&server, "2026-02-10T00:00:00Z").await;
        tell("app_gone", "delete").await;
        tell("app_off", "suspend").await;
        used(&server, "app_gone", ("sms", 4), "2026-02-09T23:59:59Z").await;
        let event = json!({ "resource_type": "sms", "amount": 9, "app_id": "app_gone" });
        server.post(super::METER, super::super::REPORT, event).await.expect(409);
        used(&server, "app_off", ("sms", 4), "").await;

        moved(&server, "2026-03-31T12:00:00Z").await;

        let (first, second) = ("2026-01-31 to 2026-02-28", "2026-02-28 to 2026-03-31");
        let line = |date: &str, what: &str, days: &str, sum: &str| {
            let words = format!("{what} beyond 0 included, {days} | {sum}");
            format!("26-{date}T12:00 subscription: {words}")
        };
        assert_eq!(
            overage(&server).await,
            [
                line("02-28", "sms of app_gone", first, "7 x 1 = 7"),
                line("02-28", "users of app_gone", first, "5 x 2 = 10"),
                line("02-28", "sms of app_off", first, "7 x 1 = 7"),
                line("02-28", "users of app_off", first, "5 x 2 = 10"),
                line("03-31", "users of app_off", second, "5 x 2 = 10"),
            ]
        );
        server.assert_sound().await;
    }
}
