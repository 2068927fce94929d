//! What months earn, as it is told.

use serde_json::{Value, json};

use super::{AMORTIZATION, admin, pay, set_clock, subscribe};
use crate::harness::{Answer, Server, Who, engines};

const PUBLISHED: [(&str, &str); 13] = [
    ("2026-01", "55.89"),
    ("2026-02", "92.06"),
    ("2026-03", "101.91"),
    ("2026-04", "98.63"),
    ("2026-05", "101.92"),
    ("2026-06", "98.63"),
    ("2026-07", "101.92"),
    ("2026-08", "101.92"),
    ("2026-09", "98.63"),
    ("2026-10", "101.91"),
    ("2026-11", "98.63"),
    ("2026-12", "101.92"),
    ("2027-01", "46.03"),
];

/// The months of an answer: which, how much, and whether recognized.
fn told(answer: &Answer) -> Vec<String> {
    let items = answer.at("/data/items");
    let item = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap().to_owned();
        format!("{} {} {}", text("period"), it["amount"], text("status"))
    };
    items.as_array().unwrap().iter().map(item).collect()
}

fn sums(answer: &Answer) -> [String; 3] {
    ["amortized_amount", "pending_amount", "total_amount"]
        .map(|name| answer.at(&format!("/data/{name}")).to_string())
}

/// Subscribes a tenant on 15 January 2026 to a year for 1,200.
async fn subscribe_for_a_year(server: &Server, tenant: &str) -> String {
    let plan =
        json!({ "plan": "gold", "name": "Gold", "monthly_price": 120, "yearly_price": 1200 });
    server.post(Who::SUPER, "/admin/billing/plans", plan).await.expect(201);
    set_clock(server, tenant, "2026-01-15T09:30:00Z").await;
    let ask = json!({ "plan": "gold", "billing_cycle": "yearly", "auto_renew": false });
    subscribe(server, tenant, ask).await
}

#[tokio::test]
async fn a_year_is_told_as_published_while_it_passes_and_after() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribe_for_a_year(&server, "acme").await;

        let mut answers = Vec::new();
        for now in ["2026-01-15T09:30:00Z", "2026-04-20T00:00:00Z", "2027-02-01T00:00:00Z"] {
            set_clock(&server, "acme", now).await;
            answers.push(server.get(admin("acme"), AMORTIZATION).await.expect(200));
        }

        for (answer, recognized) in answers.iter().zip([0, 3, 13]) {
            let expected = PUBLISHED.iter().enumerate().map(|(place, (month, amount))| {
                let status = if place < recognized { "recognized" } else { "pending" };
                format!("{month} {amount} {status}")
            });
            assert_eq!(told(answer), expected.collect::<Vec<_>>());
            assert_eq!(answer.at("/data/subscription_id"), subscription.as_str());
            assert_eq!(answer.at("/data/start_date"), "2026-01-01T00:00:00Z");
            assert_eq!(answer.at("/data/end_date"), "2027-01-31T00:00:00Z");
        }
        assert_eq!(sums(&answers[0]), ["0", "1200", "1200"]);
        assert_eq!(sums(&answers[1]), ["249.86", "950.14", "1200"]);
        assert_eq!(sums(&answers[2]), ["1200", "0", "1200"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn days_name_the_months_that_they_are_in() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe_for_a_year(&server, "acme").await;
        let about = json!({ "timezone": "Asia/Shanghai" });
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(admin("acme"), profile, about).await.expect(200);

        for (query, months) in [
            ("start_date=2026-11-30", 3),
            ("end_date=2026-02-01", 2),
            ("start_date=2026-03-31&end_date=2026-04-01", 2),
            ("start_date=2026-04-30&end_date=2026-04-30", 1),
            ("start_date=2026-04-30T10:00:00Z&end_date=2026-04-30", 1),
            // It is April there already.
            ("start_date=2026-03-31T16:00:00Z&end_date=2026-03-31T16:00:00Z", 1),
            ("start_date=2030-01-01", 0),
            ("start_date=", 13),
        ] {
            let answer = server.get(admin("acme"), &format!("{AMORTIZATION}?{query}")).await;
            let answer = answer.expect(200);
            assert_eq!(told(&answer).len(), months, "{query}: {}", answer.text);
        }
        let later = format!("{AMORTIZATION}?start_date=2030-01-01");
        let none = server.get(admin("acme"), &later).await.expect(200);
        assert_eq!(sums(&none), ["0", "0", "0"]);
        assert_eq!(none.at("/data").get("start_date"), None);

        for (query, fields) in [
            ("start_date=2026-04-31&end_date=April", vec!["start_date", "end_date"]),
            ("start_date=2026-04-02&end_date=2026-04-01", vec!["end_date"]),
            // It is the first of May there already.
            ("start_date=2026-04-30T16:00:00Z&end_date=2026-04-30", vec!["end_date"]),
            ("start_date=2026-04-30&end_date=2026-04-29T15:59:59Z", vec!["end_date"]),
            ("start_date=2026-04", vec!["start_date"]),
        ] {
            let refused = server.get(admin("acme"), &format!("{AMORTIZATION}?{query}")).await;
            assert_eq!(refused.expect(400).fields(), fields, "{query}");
        }
    }
}

#[tokio::test]
async fn an_administrator_sees_their_own_tenant_and_the_platforms_must_name_one() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe_for_a_year(&server, "acme").await;

        let other = server.get(admin("other"), AMORTIZATION).await.expect(200);
        let nobody = server.get(Who::SUPER, AMORTIZATION).await.expect(400);
        let named = server.request(axum::http::Method::GET, Who::SUPER, AMORTIZATION);
        let named = server.send(named.header("x-tenant-id", "acme"), None).await.expect(200);

        assert_eq!(told(&other), Vec::<String>::new());
        assert_eq!(other.at("/data").get("subscription_id"), None);
        assert_eq!(nobody.fields(), ["X-Tenant-ID"]);
        assert_eq!(told(&named).len(), 13);
    }
}

#[tokio::test]
async fn what_is_changed_or_reported_late_is_told_of_the_open_month() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribe_for_a_year(&server, "acme").await;
        let body = json!({
            "subscription_id": subscription, "invoice_number": "INV-2026-000001",
            "amount": 1200, "status": "paid",
            "period_start": "2026-01-15T09:30:00Z", "period_end": "2027-01-15T09:30:00Z",
        });
        pay(&server, "acme", body).await.expect(201);
        set_clock(&server, "acme", "2026-03-10T00:00:00Z").await;
        let closed = told(&server.get(admin("acme"), AMORTIZATION).await.expect(200));

        let body = json!({
            "subscription_id": subscription, "amount": 31, "status": "paid",
            "period_start": "2025-12-01T00:00:00Z", "period_end": "2026-01-01T00:00:00Z",
        });
        pay(&server, "acme", body).await.expect(201);
        let path = "/admin/billing/subscription/acme/change-plan";
        server.post(admin("acme"), path, json!({ "new_plan": "basic" })).await.expect(200);

        let after = server.get(admin("acme"), AMORTIZATION).await.expect(200);
        let months = told(&after);
        assert_eq!(months[..2], closed[..2]);
        assert_eq!(months.len(), 13);
        assert!(months[2].starts_with("2026-03 ") && months[2] != closed[2], "{months:?}");
        server.assert_sound().await;
    }
}
