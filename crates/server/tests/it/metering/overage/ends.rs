//! The last overage of a subscription that ends, and of a metering period that is cut.

use axum::http::Method;
use countinghouse::upkeep::Upkeep;
use serde_json::json;

use super::{SUBSCRIPTION, metered, moved, overage, price, records, set_prices, subscribed, used};
use crate::harness::{Server, Who, engines};

fn line(date: &str, kind: &str, days: &str, rest: &str) -> String {
    format!("26-{date} {kind}: sms of app_a beyond 1 included, {days} | {rest}")
}

/// `acme` with a price, and three text messages used.
async fn with_usage(server: &Server, ask: serde_json::Value) {
    subscribed(server, ask).await;
    set_prices(server, "app_a", json!([price("sms", 1, "2")])).await;
    used(server, "app_a", ("sms", 3), "").await;
}

#[tokio::test]
async fn who_cancels_at_once_gets_a_last_invoice_of_what_was_used() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_usage(&server, json!({ "plan": "basic" })).await;
        moved(&server, "2026-02-10T09:00:00Z").await;
        used(&server, "app_a", ("sms", 1), "").await;

        server.delete(Who::ADMIN, &format!("{SUBSCRIPTION}?at=now")).await.expect(200);

        let days = "2026-01-31 to 2026-02-10";
        let last = line("02-10T09:00", "usage", days, "3 x 2 = 6");
        // At the instant of the end there is no subscription any more.
        let days_after = moved(&server, "2026-02-11T00:00:00Z").await;
        used(&server, "app_a", ("sms", 50), "").await;
        used(&server, "app_a", ("sms", 50), "2026-02-10T09:00:00Z").await;
        moved(&server, "2026-06-11T00:00:00Z").await;
        assert_eq!(days_after, [""; 0]);
        assert_eq!(overage(&server).await, [last]);
        let row = "26-01-31 app_a sms: 4 invoiced, 3 beyond 1 for 60000, 0 late";
        assert_eq!(metered(&server).await, [row]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn who_ends_with_the_period_gets_one_then() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_usage(&server, json!({ "plan": "basic" })).await;
        server.delete(Who::ADMIN, SUBSCRIPTION).await.expect(200);

        let ran = moved(&server, "2026-04-01T00:00:00Z").await;

        assert_eq!(ran, ["26-02-28T12:00 expiry"]);
        let last = line("02-28T12:00", "usage", "2026-01-31 to 2026-02-28", "2 x 2 = 4");
        assert_eq!(overage(&server).await, [last]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_used_after_the_end_is_not_billed_however_late_somebody_looks() {
    for engine in engines() {
        let server = Server::start(engine).await;
        rich(&server).await;
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);
        set_prices(&server, "app_a", json!([price("sms", 1, "2"), price("users", 0, "1")])).await;
        used(&server, "app_a", ("sms", 3), "").await;
        used(&server, "app_a", ("users", 3), "").await;
        server.delete(Who::ADMIN, SUBSCRIPTION).await.expect(200);

        // Nobody looked at the end of the period.
        super::super::move_to(&server, "2026-03-01T12:00:00Z");
        used(&server, "app_a", ("sms", 100), "").await;
        used(&server, "app_a", ("users", 100), "").await;
        run(&server).await;
        super::super::move_to(&server, "2026-07-01T12:00:00Z");
        run(&server).await;

        let all = overage(&server).await;
        let told: Vec<&str> = all.iter().map(|it| it.split_once("included, ").unwrap().1).collect();
        let days = "2026-01-31 to 2026-02-28";
        assert_eq!(told, [format!("{days} | 2 x 2 = 4"), format!("{days} | 3 x 1 = 3")]);
        server.assert_sound().await;
    }
}

/// Gives `acme` credit for years.
async fn rich(server: &Server) {
    let adjust = "/admin/billing/credit-balance/acme/adjust";
    let grant = json!({ "amount": 10_000, "source": "promo" });
    server.post(Who::ADMIN, adjust, grant).await.expect(201);
}

/// Runs what is due, as the scheduler does.
pub(super) async fn run(server: &Server) {
    let mut upkeep = Upkeep::start(server.app.env(), server.app.commands(), None).await.unwrap();
    while upkeep.next_group().await.unwrap().is_some() {}
}

#[tokio::test]
async fn a_level_goes_on_through_periods_that_were_missed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        rich(&server).await;
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);
        set_prices(&server, "app_a", json!([price("users", 0, "1")])).await;
        used(&server, "app_a", ("users", 3), "").await;

        super::super::move_to(&server, "2026-04-10T12:00:00Z");
        used(&server, "app_a", ("users", 8), "").await;
        run(&server).await;
        super::super::move_to(&server, "2026-05-01T12:00:00Z");
        run(&server).await;

        let all = overage(&server).await;
        let told: Vec<&str> = all.iter().map(|it| it.split_once("included, ").unwrap().1).collect();
        let expected = [
            "2026-01-31 to 2026-02-28 | 3 x 1 = 3",
            "2026-02-28 to 2026-03-31 | 3 x 1 = 3",
            "2026-03-31 to 2026-04-30 | 8 x 1 = 8",
        ];
        assert_eq!(told, expected);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn who_never_pays_gets_a_last_invoice_when_it_is_over() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "2026-01-31T12:00:00Z").await;
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);
        set_prices(&server, "app_a", json!([price("sms", 1, "2")])).await;
        used(&server, "app_a", ("sms", 3), "").await;
        moved(&server, "2026-03-01T00:00:00Z").await;
        used(&server, "app_a", ("sms", 5), "").await;

        let ran = moved(&server, "2026-06-01T00:00:00Z").await;

        let status = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data/status");
        assert_eq!(status, "cancelled");
        let cancelled = ran.iter().find(|it| it.ends_with("dunning.cancel")).expect("it is over");
        let (at, _) = cancelled.split_once(' ').unwrap();
        let days = format!("2026-02-28 to 20{}", &at[..8]);
        assert_eq!(
            overage(&server).await,
            [
                line("02-28T12:00", "usage", "2026-01-31 to 2026-02-28", "2 x 2 = 4"),
                line(&at[3..], "usage", &days, "4 x 2 = 8"),
            ]
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn another_cycle_cuts_the_month_and_undoing_it_cuts_the_next() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_usage(&server, json!({ "plan": "basic" })).await;
        moved(&server, "2026-02-10T09:00:00Z").await;
        let body = json!({ "new_plan": "basic", "billing_cycle": "yearly" });
        let path = format!("{SUBSCRIPTION}/change-plan");
        server.post(Who::ADMIN, &path, body).await.expect(200);
        used(&server, "app_a", ("sms", 4), "").await;
        used(&server, "app_a", ("sms", 1), "2026-02-10T08:59:59Z").await;
        moved(&server, "2026-02-12T10:00:00Z").await;

        let undo = format!("{SUBSCRIPTION}/rollback-plan");
        server.call(Method::POST, Who::ADMIN, &undo, json!({})).await.expect(200);
        used(&server, "app_a", ("sms", 6), "").await;
        let ran = moved(&server, "2026-03-31T12:00:00Z").await;

        assert_eq!(ran, ["26-02-28T12:00 renewal", "26-03-31T12:00 renewal"]);
        let late = "2026-01-31 to 2026-02-10, reported late";
        assert_eq!(
            overage(&server).await,
            [
                line("02-10T09:00", "usage", "2026-01-31 to 2026-02-10", "2 x 2 = 4"),
                line("02-12T10:00", "usage", late, "1 x 2 = 2"),
                line("02-12T10:00", "usage", "2026-02-10 to 2026-02-12", "3 x 2 = 6"),
                line("02-28T12:00", "subscription", "2026-02-12 to 2026-02-28", "5 x 2 = 10"),
            ]
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn another_plan_of_the_same_cycle_cuts_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_usage(&server, json!({ "plan": "basic" })).await;
        moved(&server, "2026-02-10T09:00:00Z").await;
        let path = format!("{SUBSCRIPTION}/change-plan");
        server.post(Who::ADMIN, &path, json!({ "new_plan": "pro" })).await.expect(200);
        used(&server, "app_a", ("sms", 4), "").await;
        moved(&server, "2026-02-28T12:00:00Z").await;

        let days = "2026-01-31 to 2026-02-28";
        let only = line("02-28T12:00", "subscription", days, "6 x 2 = 12");
        assert_eq!(overage(&server).await, [only]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_trial_is_billed_nothing_however_it_ends() {
    for (how, expected) in [("cut", "paid"), ("ended", "free"), ("expired", "free")] {
        for engine in engines() {
            let server = Server::start(engine).await;
            let renews = how != "expired";
            let ask = json!({ "plan": "basic", "trial_days": 14, "auto_renew": renews });
            with_usage(&server, ask).await;
            moved(&server, "2026-02-05T00:00:00Z").await;
            match how {
                "cut" => {
                    let path = format!("{SUBSCRIPTION}/cancel-trial");
                    server.post(Who::ADMIN, &path, json!({})).await.expect(200);
                }
                "ended" => {
                    let path = format!("{SUBSCRIPTION}?at=now");
                    server.delete(Who::ADMIN, &path).await.expect(200);
                }
                _ => (),
            }
            used(&server, "app_a", ("sms", 2), "").await;
            moved(&server, "2026-03-05T00:00:00Z").await;

            let all = overage(&server).await;
            if expected == "free" {
                assert_eq!(all, [""; 0], "{how}");
                assert_eq!(records(&server).await.len(), 0);
            } else {
                let days = "2026-02-05 to 2026-03-04";
                assert_eq!(all, [line("03-05T00:00", "subscription", days, "1 x 2 = 2")]);
            }
            server.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn what_is_used_after_a_trial_is_billed_however_late_somebody_looks() {
    for (how, expected) in [("kept", 1), ("ended", 0)] {
        for engine in engines() {
            let server = Server::start(engine).await;
            rich(&server).await;
            let ask = json!({ "plan": "basic", "trial_days": 14, "auto_renew": how == "kept" });
            server.post(Who::ADMIN, "/billing/subscribe", ask).await.expect(201);
            set_prices(&server, "app_a", json!([price("sms", 1, "2")])).await;
            used(&server, "app_a", ("sms", 3), "").await;

            // Nobody looked at the end of the trial.
            super::super::move_to(&server, "2026-02-14T18:00:00Z");
            used(&server, "app_a", ("sms", 20), "2026-02-14T11:59:59Z").await;
            used(&server, "app_a", ("sms", 5), "2026-02-14T12:00:00Z").await;
            let now = used(&server, "app_a", ("sms", 1), "").await;
            run(&server).await;
            super::super::move_to(&server, "2026-03-14T12:00:00Z");
            run(&server).await;

            assert_eq!(now.at("/data/period_total"), 6);
            let all = overage(&server).await;
            assert_eq!(all.len(), expected, "{how}: {all:?}");
            let days = "2026-02-14 to 2026-03-14 | 5 x 2 = 10";
            assert!(all.iter().all(|line| line.ends_with(days)), "{all:?}");
            server.assert_sound().await;
        }
    }
}
