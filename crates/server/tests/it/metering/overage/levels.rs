//! Levels are billed by their last value, and go on.

use serde_json::json;

use super::{metered, moved, overage, price, set_prices, subscribed, used};
use crate::harness::{Server, Who, engines};

fn line(date: &str, days: &str, rest: &str) -> String {
    format!("26-{date}T12:00 subscription: users of app_a beyond 2 included, {days}{rest}")
}

const FIRST: &str = "2026-01-31 to 2026-02-28";
const SECOND: &str = "2026-02-28 to 2026-03-31";
const THIRD: &str = "2026-03-31 to 2026-04-30";

#[tokio::test]
async fn a_level_is_billed_by_its_last_value_and_goes_on_without_reports() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("users", 2, "1.5")])).await;
        moved(&server, "2026-02-20T00:00:00Z").await;
        used(&server, "app_a", ("users", 5), "2026-02-10T00:00:00Z").await;
        used(&server, "app_a", ("users", 90), "2026-02-09T00:00:00Z").await;
        moved(&server, "2026-03-31T12:00:00Z").await;
        used(&server, "app_a", ("users", 2), "").await;
        moved(&server, "2026-05-31T12:00:00Z").await;

        let bill = " | 3 x 1.5 = 4.5";
        assert_eq!(
            overage(&server).await,
            [line("02-28", FIRST, bill), line("03-31", SECOND, bill)]
        );
        let last = metered(&server).await.pop().unwrap();
        assert_eq!(last, "26-05-31 app_a users: 2 open, 0 beyond -1 for 0, 0 late");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_level_of_before_the_subscription_is_there_in_its_first_period() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "2026-01-10T00:00:00Z").await;
        used(&server, "app_a", ("users", 7), "").await;
        used(&server, "app_a", ("sms", 7), "").await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("users", 2, "1"), price("sms", 0, "1")])).await;
        moved(&server, "2026-02-28T12:00:00Z").await;

        assert_eq!(overage(&server).await, [line("02-28", FIRST, " | 5 x 1 = 5")]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_level_that_comes_late_is_billed_where_it_is_higher_and_goes_on_where_nothing_was_known()
{
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("users", 2, "1")])).await;
        moved(&server, "2026-04-10T00:00:00Z").await;
        used(&server, "app_a", ("users", 9), "").await;
        // Of the first period, in which nothing was known, as in the second.
        used(&server, "app_a", ("users", 4), "2026-02-10T00:00:00Z").await;
        moved(&server, "2026-04-11T00:00:00Z").await;
        let early = overage(&server).await;
        // Both periods are invoiced; a lower level takes nothing back.
        used(&server, "app_a", ("users", 6), "2026-02-11T00:00:00Z").await;
        used(&server, "app_a", ("users", 3), "2026-03-11T00:00:00Z").await;
        moved(&server, "2026-04-30T12:00:00Z").await;

        let billed: Vec<&str> =
            early.iter().map(|it| it.split_once("included, ").unwrap().1).collect();
        assert_eq!(billed, [format!("{FIRST} | 2 x 1 = 2"), format!("{SECOND} | 2 x 1 = 2")]);
        assert_eq!(
            overage(&server).await[2..],
            [
                line("04-30", FIRST, ", reported late | 2 x 1 = 2"),
                line("04-30", SECOND, ", reported late | 2 x 1 = 2"),
                line("04-30", THIRD, " | 7 x 1 = 7"),
            ]
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_level_of_before_the_subscription_that_is_told_after_it_began_is_there_too() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "2026-01-10T00:00:00Z").await;
        used(&server, "app_a", ("users", 3), "").await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("users", 2, "1")])).await;
        set_prices(&server, "app_b", json!([price("users", 2, "1")])).await;

        moved(&server, "2026-02-01T00:00:00Z").await;
        used(&server, "app_a", ("users", 7), "2026-01-31T11:59:59Z").await;
        used(&server, "app_b", ("users", 6), "2026-01-20T00:00:00Z").await;
        moved(&server, "2026-03-31T12:00:00Z").await;

        let of_b = |line: String| line.replace("app_a", "app_b");
        assert_eq!(
            overage(&server).await,
            [
                line("02-28", FIRST, " | 5 x 1 = 5"),
                of_b(line("02-28", FIRST, " | 4 x 1 = 4")),
                line("03-31", SECOND, " | 5 x 1 = 5"),
                of_b(line("03-31", SECOND, " | 4 x 1 = 4")),
            ]
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_level_of_an_earlier_subscription_that_is_told_in_a_later_one_goes_on_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("users", 2, "1")])).await;
        moved(&server, "2026-02-10T12:00:00Z").await;
        server.delete(Who::ADMIN, "/admin/billing/subscription/acme?at=now").await.expect(200);
        moved(&server, "2026-02-28T12:00:00Z").await;
        let again = json!({ "plan": "basic" });
        server.post(Who::ADMIN, "/billing/subscribe", again).await.expect(201);

        moved(&server, "2026-03-05T00:00:00Z").await;
        used(&server, "app_a", ("users", 7), "2026-02-05T00:00:00Z").await;
        moved(&server, "2026-03-28T12:00:00Z").await;

        let all = overage(&server).await;
        let told: Vec<&str> = all.iter().map(|it| it.split_once("included, ").unwrap().1).collect();
        let days = ["2026-01-31 to 2026-02-10", "2026-02-28 to 2026-03-28"];
        assert_eq!(told, days.map(|days| format!("{days} | 5 x 1 = 5")));
        server.assert_sound().await;
    }
}
