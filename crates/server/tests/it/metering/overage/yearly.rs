//! Metering months that end while the subscription's period goes on.

use serde_json::{Value, json};

use super::{
    NEXT, PROFILE, SUBSCRIPTION, lines, metered, moved, overage, price, records, set_prices,
    subscribed, used,
};
use crate::harness::{Server, Who, engines};

fn line(date: &str, kind: &str, days: &str, rest: &str) -> String {
    format!("26-{date}T12:00 {kind}: sms of app_a beyond 1 included, {days}{rest}")
}

#[tokio::test]
async fn months_of_a_yearly_plan_are_billed_by_themselves_at_their_ends() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic", "billing_cycle": "yearly" })).await;
        set_prices(&server, "app_a", json!([price("sms", 1, "2")])).await;
        used(&server, "app_a", ("sms", 3), "").await;
        let first = moved(&server, "2026-03-01T00:00:00Z").await;
        used(&server, "app_a", ("sms", 4), "2026-02-28T11:59:59Z").await;
        used(&server, "app_a", ("sms", 5), "2026-02-28T12:00:00Z").await;
        let second = moved(&server, "2026-12-31T12:00:00Z").await;
        used(&server, "app_a", ("sms", 6), "").await;
        let shown = server.get(Who::ADMIN, NEXT).await.expect(200);
        let last = moved(&server, "2027-01-31T12:00:00Z").await;

        assert_eq!(first, ["26-02-28T12:00 usage.closed"]);
        assert_eq!(second, ["26-03-31T12:00 usage.closed"]);
        assert_eq!(last, ["27-01-31T12:00 renewal"]);
        let (one, two) = ("2026-01-31 to 2026-02-28", "2026-02-28 to 2026-03-31");
        let year = line("01-31", "subscription", "2026-12-31 to 2027-01-31", " | 5 x 2 = 10");
        assert_eq!(
            overage(&server).await,
            [
                line("02-28", "usage", one, " | 2 x 2 = 4"),
                line("03-31", "usage", one, ", reported late | 4 x 2 = 8"),
                line("03-31", "usage", two, " | 4 x 2 = 8"),
                year.replacen("26-", "27-", 1),
            ]
        );
        let all = records(&server).await;
        assert_eq!(shown.at("/data/line_items"), all[3]["line_items"]);
        assert_eq!((all.len(), &all[1]["amount"]), (4, &json!(4)));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_month_that_costs_nothing_makes_no_invoice_and_is_closed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic", "billing_cycle": "yearly" })).await;
        set_prices(&server, "app_a", json!([price("sms", 1, "0.001")])).await;
        used(&server, "app_a", ("sms", 1), "").await;
        used(&server, "app_a", ("email", 1), "").await;
        let ran = moved(&server, "2026-12-31T12:00:00Z").await;

        assert_eq!(ran, ["26-02-28T12:00 usage.closed"]);
        assert_eq!(records(&server).await.len(), 1);
        assert_eq!(
            metered(&server).await,
            [
                "26-01-31 app_a email: 1 invoiced, 0 beyond -1 for 0, 0 late",
                "26-01-31 app_a sms: 1 invoiced, 0 beyond 1 for 0, 0 late",
            ]
        );
    }
}

#[tokio::test]
async fn months_of_a_suspended_subscription_go_on_being_billed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "2026-01-31T12:00:00Z").await;
        let made = server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "basic" })).await;
        let made = made.expect(201);
        set_prices(&server, "app_a", json!([price("sms", 1, "2")])).await;
        used(&server, "app_a", ("sms", 3), "").await;
        moved(&server, "2026-02-27T00:00:00Z").await;
        let status = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data/status");
        used(&server, "app_a", ("sms", 1), "").await;

        let first = moved(&server, "2026-03-01T00:00:00Z").await;
        used(&server, "app_a", ("sms", 7), "").await;
        moved(&server, "2026-03-10T08:00:00Z").await;
        let paid = pay(&server, &made.at("/data/subscription_id"), 1, 99).await;
        used(&server, "app_a", ("sms", 5), "").await;
        let again = pay(&server, &made.at("/data/subscription_id"), 2, 6).await;
        moved(&server, "2026-03-11T08:00:00Z").await;

        assert_eq!(status, "suspended");
        assert_eq!(first[0], "26-02-28T12:00 usage.closed");
        assert_eq!((paid, again), (json!("paid"), json!("paid")));
        let all = overage(&server).await;
        assert_eq!(
            all[0],
            line("02-28", "usage", "2026-01-31 to 2026-02-28", " | 3 x 2 = 6"),
            "{all:?}"
        );
        // Paid, a period begins that day, which cuts the month.
        let cut = line("03-10", "usage", "2026-02-28 to 2026-03-10", " | 6 x 2 = 12");
        assert_eq!(all[1..], [cut.replace("T12:00", "T08:00")]);
        let last = metered(&server).await.pop().unwrap();
        assert_eq!(last, "26-03-10 app_a sms: 5 open, 0 beyond -1 for 0, 0 late");
        server.assert_sound().await;
    }
}

/// Reports that an invoice was paid, and gives the status of its record.
async fn pay(server: &Server, subscription: &Value, number: u8, amount: i64) -> Value {
    let body = json!({
        "subscription_id": subscription, "status": "paid", "amount": amount,
        "invoice_number": format!("INV-2026-00000{number}"),
        "period_start": "2026-01-31T12:00:00Z", "period_end": "2026-02-28T12:00:00Z",
    });
    let path = "/internal/billing/records";
    server.post(Who::SERVICE, path, body).await.expect(201).at("/data/status")
}

#[tokio::test]
async fn another_zone_neither_splits_nor_joins_months() {
    for (zone, to) in [
        ("Europe/Berlin", "Asia/Tokyo"),
        ("UTC", "Australia/Lord_Howe"),
        ("Asia/Tokyo", "Europe/Berlin"),
    ] {
        for engine in engines() {
            let server = Server::start(engine).await;
            let zone = json!({ "timezone": zone });
            server.put(Who::ADMIN, PROFILE, zone).await.expect(200);
            // Half past two in the morning of the 31st in Tokyo, half past six in the evening of the
            // 30th in Berlin.
            moved(&server, "2026-01-30T17:30:00Z").await;
            subscribed(&server, json!({ "plan": "basic" })).await;
            set_prices(&server, "app_a", json!([price("sms", 1, "1")])).await;
            server.put(Who::ADMIN, PROFILE, json!({ "timezone": to })).await.expect(200);
            let mut spans = Vec::new();
            for _ in 0..4 {
                let own = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
                let end = own.at("/data/current_period_end").as_str().unwrap().to_owned();
                spans.push((own.at("/data/current_period_start"), json!(end)));
                let next = end.clone();
                used(&server, "app_a", ("sms", 2), "").await;
                let last = countinghouse_core::calendar::Instant::parse(&next).unwrap();
                let last = last.plus_seconds(-1).unwrap().to_string();
                moved(&server, &last).await;
                used(&server, "app_a", ("sms", 2), "").await;
                let ran = moved(&server, &next).await;
                assert!(ran.len() == 1 && ran[0].ends_with(" renewal"), "{ran:?}");
            }

            let lines: Vec<Vec<String>> =
                records(&server).await[1..].iter().map(|it| lines(&it["line_items"])).collect();
            assert_eq!(lines.len(), 4);
            for lines in lines {
                assert_eq!(lines.len(), 1, "{lines:?}");
                assert!(lines[0].ends_with(" | 3 x 1 = 3"), "{lines:?}");
            }
            let starts: Vec<Value> = super::rows(&server)
                .await
                .iter()
                .map(|it| json!(it.period_start.instant().unwrap().to_string()))
                .collect();
            assert_eq!(starts, spans.into_iter().map(|(start, _)| start).collect::<Vec<_>>());
            server.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn one_run_bills_all_months_of_a_level_that_nobody_looked_at() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let yearly = json!({ "plan": "free", "billing_cycle": "yearly" });
        server.post(Who::ADMIN, "/billing/subscribe", yearly.clone()).await.expect(201);
        set_prices(&server, "app_a", json!([price("users", 0, "1")])).await;
        used(&server, "app_a", ("users", 3), "").await;
        super::super::move_to(&server, "2026-03-05T12:00:00Z");
        let other = Who::Person { tenant: "other", user: "usr_b", role: "admin" };
        server.post(other, "/billing/subscribe", yearly).await.expect(201);
        let event = json!({ "resource_type": "sms", "amount": 1 });
        let service = Who::Service { tenant: Some("other") };
        server.post(service, super::super::REPORT, event).await.expect(200);

        // What goes on into March is found after the month of the other one, which ends later.
        super::super::move_to(&server, "2026-04-10T12:00:00Z");
        super::ends::run(&server).await;

        let all = overage(&server).await;
        let told: Vec<&str> = all.iter().map(|it| it.split_once("included, ").unwrap().1).collect();
        let months = ["2026-01-31 to 2026-02-28", "2026-02-28 to 2026-03-31"];
        assert_eq!(told, months.map(|days| format!("{days} | 3 x 1 = 3")));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn months_that_were_missed_are_billed_before_the_year_that_ends() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let yearly = json!({ "plan": "free", "billing_cycle": "yearly" });
        server.post(Who::ADMIN, "/billing/subscribe", yearly).await.expect(201);
        set_prices(&server, "app_a", json!([price("users", 0, "1")])).await;
        super::super::move_to(&server, "2026-11-10T12:00:00Z");
        used(&server, "app_a", ("users", 3), "").await;

        super::super::move_to(&server, "2027-02-05T12:00:00Z");
        super::ends::run(&server).await;

        let all = overage(&server).await;
        let told: Vec<(&str, &str)> = all
            .iter()
            .map(|it| (it.split(' ').nth(1).unwrap(), it.split_once("included, ").unwrap().1))
            .collect();
        let line = "3 x 1 = 3";
        let expected = [
            ("usage:", format!("2026-10-31 to 2026-11-30 | {line}")),
            ("usage:", format!("2026-11-30 to 2026-12-31 | {line}")),
            ("subscription:", format!("2026-12-31 to 2027-01-31 | {line}")),
        ];
        assert_eq!(told, expected.each_ref().map(|(kind, rest)| (*kind, rest.as_str())));
        server.assert_sound().await;
    }
}
