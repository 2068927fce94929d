//! Years that pass on a tenant's own clock.

use serde_json::{Value, json};

use super::{DAY, KEY_ALONE, admin, make_rich, records, results, run, subscribe, subscription};
use crate::harness::{Server, Who, engines};

async fn set(server: &Server, now: &str) -> Value {
    let path = "/internal/billing/test-clock/acme";
    server.put(KEY_ALONE, path, json!({ "now": now })).await.expect(200).at("/data/ran")
}

/// When something of a kind was done.
fn of_kind(ran: &Value, kind: &str) -> Vec<String> {
    let ran = ran.as_array().unwrap().iter().filter(|it| it["kind"] == kind);
    ran.map(|it| it["at"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_end_of_the_month_is_kept_through_years() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "2023-01-31T12:00:00Z").await;
        make_rich(&server, "acme").await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;

        let ran = set(&server, "2027-01-31T11:59:59Z").await;

        let last_days = |year: i32| {
            let leap = if year % 4 == 0 { 29 } else { 28 };
            [31, leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map(|day| day.to_string())
        };
        let months = (2023..2027).flat_map(|year| {
            let days = last_days(year).into_iter().zip(1..);
            days.map(move |(day, month)| format!("{year}-{month:02}-{day}T12:00:00Z"))
        });
        let expected: Vec<String> = months.skip(1).collect();
        assert_eq!(of_kind(&ran, "renewal"), expected);
        let all = records(&server, "acme").await;
        assert_eq!(all.len(), 48);
        let issued: Vec<&str> =
            all.iter().rev().skip(1).map(|it| it["created_at"].as_str().unwrap()).collect();
        assert_eq!(issued, expected);
        assert_eq!(all[0]["invoice_number"], "INV-2026-000012");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_leap_day_comes_back_every_four_years() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "2024-02-29T00:00:00Z").await;
        let yearly = json!({ "plan": "basic", "billing_cycle": "yearly" });
        make_rich(&server, "acme").await;
        subscribe(&server, "acme", yearly).await;

        let ran = set(&server, "2032-03-01T00:00:00Z").await;

        let days = [28, 28, 28, 29, 28, 28, 28, 29];
        let expected: Vec<String> =
            (2025..).zip(days).map(|(year, day)| format!("{year}-02-{day}T00:00:00Z")).collect();
        assert_eq!(of_kind(&ran, "renewal"), expected);
    }
}

#[tokio::test]
async fn a_local_time_that_clocks_skip_or_show_twice_is_one_boundary() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let berlin = json!({ "timezone": "Europe/Berlin" });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", berlin).await.expect(200);
        // Half past two in Berlin.
        set(&server, "2024-01-31T01:30:00Z").await;
        make_rich(&server, "acme").await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;

        let spring = set(&server, "2024-05-01T00:00:00Z").await;
        let tokyo = json!({ "timezone": "Asia/Tokyo" });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", tokyo).await.expect(200);
        let summer = set(&server, "2024-07-01T00:00:00Z").await;

        assert_eq!(
            of_kind(&spring, "renewal"),
            ["2024-02-29T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-30T00:30:00Z"]
        );
        // The running period ends as it would have; the next one as clocks in Tokyo show.
        assert_eq!(of_kind(&summer, "renewal"), ["2024-05-31T00:30:00Z", "2024-06-29T17:30:00Z"]);
    }
}

#[tokio::test]
async fn every_kind_of_end_has_its_name() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set(&server, "2026-01-01T00:00:00Z").await;
        let trial = json!({ "plan": "basic", "trial_days": 10 });
        make_rich(&server, "acme").await;
        subscribe(&server, "acme", trial).await;

        let paid = set(&server, "2026-01-11T00:00:00Z").await;
        super::execute(&server, "UPDATE subscription SET auto_renew = FALSE").await;
        let over = set(&server, "2027-01-01T00:00:00Z").await;

        assert_eq!(of_kind(&paid, "trial_end"), ["2026-01-11T00:00:00Z"]);
        assert_eq!(of_kind(&over, "expiry"), ["2026-02-11T00:00:00Z"]);
        assert_eq!(subscription(&server, "acme").await["status"], "expired");
    }
}

#[tokio::test]
async fn whoever_lives_by_a_clock_of_its_own_is_left_to_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["acme", "other"] {
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
        }
        set(&server, "2026-02-01T00:00:00Z").await;
        server.advance(60 * DAY);

        let others = run(&server).await;
        let asked = server.post(Who::SERVICE, super::RUN, json!({})).await.expect(200);

        assert_eq!(results(&others), [("other", "renewed"), ("other", "renewed")]);
        assert_eq!(asked.at("/data/processed"), 0);
        assert_eq!(records(&server, "acme").await.len(), 1);
        let path = "/billing/subscription/acme";
        let own = server.get(admin("acme"), path).await.expect(200);
        assert_eq!(own.at("/data/current_period_end"), "2026-02-28T12:00:00Z");
    }
}
