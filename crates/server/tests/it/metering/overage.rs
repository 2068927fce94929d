//! Overage: what is billed of usage, when, and on which invoice; by the test clock.

mod ends;
mod late;
mod levels;
mod prices;
mod yearly;

use countinghouse::db::{Stmt, Time};
use serde_json::{Value, json};

use super::METER;
use crate::harness::{Answer, Server, Who, engines};

const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";
const NEXT: &str = "/admin/billing/subscription/acme/next-invoice";
const PROFILE: &str = "/admin/billing/tenants/acme/profile";

/// What is metered of a resource of an app: how much of it, its status, what was included, how many
/// units were billed beyond that, what they cost in 1/10,000, and what waits.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Row {
    period_start: Time,
    app_id: String,
    resource_type: String,
    total_usage: i64,
    status: String,
    included_units: i64,
    overage_units: i64,
    overage_amount: i64,
    late_units: i64,
}

/// Moves the clock of `acme`, and gives what ran but for notices and the end of months.
async fn moved(server: &Server, to: &str) -> Vec<String> {
    let clock = "/internal/billing/test-clock/acme";
    let nobody = Who::Service { tenant: None };
    let moved = server.put(nobody, clock, json!({ "now": to })).await.expect(200);
    let ran = moved.at("/data/ran");
    let all = ran.as_array().unwrap().iter();
    let say = |it: &Value| {
        let kind = it["kind"].as_str().unwrap().to_owned();
        let is_told = !["notice", "revenue.recognised"].contains(&kind.as_str());
        is_told.then(|| format!("{} {kind}", &it["at"].as_str().unwrap()[2..16]))
    };
    all.filter_map(say).collect()
}

/// Subscribes `acme` at noon on 31 January 2026 by a clock of its own, with credit for years.
async fn subscribed(server: &Server, ask: Value) {
    moved(server, "2026-01-31T12:00:00Z").await;
    let adjust = "/admin/billing/credit-balance/acme/adjust";
    let grant = json!({ "amount": 1_000_000, "source": "promo" });
    server.post(Who::ADMIN, adjust, grant).await.expect(201);
    server.post(Who::ADMIN, "/billing/subscribe", ask).await.expect(201);
}

/// A price of a resource.
fn price(resource: &str, included: i64, unit_price: &str) -> Value {
    json!({
        "resource_type": resource, "included_units": included, "overage_unit_price": unit_price,
    })
}

/// Sets all prices of an app.
async fn set_prices(server: &Server, app: &str, prices: Value) -> Answer {
    let path = format!("{SUBSCRIPTION}/apps/{app}/pricing");
    server.post(Who::ADMIN, &path, json!({ "pricings": prices })).await.expect(200)
}

/// Reports what an app used now, or at an instant.
async fn used(server: &Server, app: &str, (resource, amount): (&str, i64), at: &str) -> Answer {
    let mut event = json!({ "resource_type": resource, "amount": amount, "app_id": app });
    if !at.is_empty() {
        event["occurred_at"] = json!(at);
    }
    server.post(METER, super::REPORT, event).await.expect(200)
}

/// The records, the oldest first.
async fn records(server: &Server) -> Vec<Value> {
    let page = server.get(Who::ADMIN, "/billing/records/acme?page_size=100").await.expect(200);
    let mut all = page.at("/items").as_array().unwrap().clone();
    all.reverse();
    all
}

/// The lines of records that are of usage, each after the type of its record and when that was made:
/// description, quantity, unit price and amount.
async fn overage(server: &Server) -> Vec<String> {
    let mut told = Vec::new();
    for record in records(server).await {
        let at = &record["created_at"].as_str().unwrap()[2..16];
        let kind = record["type"].as_str().unwrap();
        told.extend(lines(&record["line_items"]).iter().map(|line| format!("{at} {kind}: {line}")));
    }
    told
}

/// The lines that are of usage.
fn lines(all: &Value) -> Vec<String> {
    let of_usage =
        all.as_array().unwrap().iter().filter(|it| it["resource_type"] != "subscription");
    let say = |it: &Value| {
        let words = it["description"].as_str().unwrap();
        format!("{words} | {} x {} = {}", it["quantity"], it["unit_price"], it["amount"])
    };
    of_usage.map(say).collect()
}

async fn rows(server: &Server) -> Vec<Row> {
    let stmt = Stmt::new(
        "SELECT period_start, app_id, resource_type, total_usage, status, included_units,
            overage_units, overage_amount, late_units
         FROM metered_usage WHERE tenant_id = 'acme'
         ORDER BY period_start, app_id, resource_type",
    );
    server.env.db.fetch_all(stmt).await.unwrap()
}

/// What is metered, in a few words.
async fn metered(server: &Server) -> Vec<String> {
    let say = |it: Row| {
        let start = it.period_start.instant().unwrap().to_string();
        format!(
            "{} {} {}: {} {}, {} beyond {} for {}, {} late",
            &start[2..10],
            it.app_id,
            it.resource_type,
            it.total_usage,
            it.status,
            it.overage_units,
            it.included_units,
            it.overage_amount,
            it.late_units,
        )
    };
    rows(server).await.into_iter().map(say).collect()
}

#[tokio::test]
async fn a_renewal_bills_a_line_for_each_app_and_resource_rounded_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        let mut call = price("api_calls", 100, "0.0015");
        call["unit_label"] = json!("times");
        set_prices(&server, "app_a", json!([call, price("gpu.seconds", 0, "0.333333333333")]))
            .await;
        set_prices(&server, "app_b", json!([{ "resource_type": "sms", "unit_price": 2 }])).await;
        for (app, what) in [
            ("app_a", ("api_calls", 60)),
            ("app_a", ("api_calls", 43)),
            ("app_a", ("gpu.seconds", 5)),
            ("app_a", ("email", 1_000_000)),
            ("app_b", ("sms", 3)),
            ("app_b", ("api_calls", 1_000)),
        ] {
            used(&server, app, what, "").await;
        }
        let shown = server.get(Who::ADMIN, NEXT).await.expect(200);

        let ran = moved(&server, "2026-02-28T12:00:00Z").await;

        assert_eq!(ran, ["26-02-28T12:00 renewal"]);
        let days = "included, 2026-01-31 to 2026-02-28";
        // 3 × 0.0015 is 0.0045, which is nothing; rounded a unit at a time it would be 0.00 too, and
        // 5 × 0.333333333333 is 1.67, not 1.65.
        let expected = [
            format!("api_calls (times) of app_a beyond 100 {days} | 3 x 0.0015 = 0"),
            format!("gpu.seconds of app_a beyond 0 {days} | 5 x 0.333333333333 = 1.67"),
            format!("sms of app_b beyond 0 {days} | 3 x 2 = 6"),
        ];
        let all = records(&server).await;
        assert_eq!((all.len(), &all[1]["type"]), (2, &json!("subscription")));
        assert_eq!(lines(&all[1]["line_items"]), expected);
        assert_eq!(all[1]["line_items"].as_array().unwrap().len(), 4);
        assert_eq!(all[1]["amount"], 106.67);
        assert_eq!(shown.at("/data/line_items"), all[1]["line_items"]);
        assert_eq!(
            metered(&server).await,
            [
                "26-01-31 app_a api_calls: 103 invoiced, 3 beyond 100 for 0, 0 late",
                "26-01-31 app_a email: 1000000 invoiced, 0 beyond -1 for 0, 0 late",
                "26-01-31 app_a gpu.seconds: 5 invoiced, 5 beyond 0 for 16700, 0 late",
                "26-01-31 app_b api_calls: 1000 invoiced, 0 beyond -1 for 0, 0 late",
                "26-01-31 app_b sms: 3 invoiced, 3 beyond 0 for 60000, 0 late",
            ]
        );
        moved(&server, "2026-04-30T12:00:00Z").await;
        assert_eq!(overage(&server).await.len(), 3);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_invoice_to_come_shows_what_was_used_so_far_and_stores_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server, json!({ "plan": "basic" })).await;
        set_prices(&server, "app_a", json!([price("sms", 2, "0.5")])).await;
        let mut shown = Vec::new();
        for _ in 0..3 {
            used(&server, "app_a", ("sms", 2), "").await;
            let next = server.get(Who::ADMIN, NEXT).await.expect(200);
            shown.push((next.at("/data/amount").to_string(), lines(&next.at("/data/line_items"))));
        }

        let line = |units: i64, amount: &str| {
            let words = "sms of app_a beyond 2 included, 2026-01-31 to 2026-02-28";
            vec![format!("{words} | {units} x 0.5 = {amount}")]
        };
        let expected = [("99", vec![]), ("100", line(2, "1")), ("101", line(4, "2"))];
        assert_eq!(shown, expected.map(|(amount, lines)| (amount.to_owned(), lines)));
        let row = "26-01-31 app_a sms: 6 open, 0 beyond -1 for 0, 0 late";
        assert_eq!(metered(&server).await, [row]);
        assert_eq!(records(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn overage_is_taxed_as_prices_are_given() {
    for engine in engines() {
        let mut told = Vec::new();
        let url = engine.url();
        let server = Server::start(engine).await;
        for inclusive in [false, true] {
            let tenant = if inclusive { "within" } else { "beside" };
            let terms = json!({ "tax_rate": 0.06, "tax_inclusive": inclusive });
            told.push(taxed(&server, tenant, terms).await);
        }

        let [beside, within] = &told[..] else { panic!("{url}") };
        // 99 + 7 × 0.75 = 104.25; 6.255 of tax is 6.26, of which 0.32 on the overage.
        assert_eq!(beside, "5.25 + 0.32 of 110.51");
        // 5.25 with 5.25 × 0.06 ÷ 1.06 = 0.297 of tax in it.
        assert_eq!(within, "4.95 + 0.3 of 104.25");
        server.assert_sound().await;
    }
}

/// The line of overage and the total of a renewal on such terms.
async fn taxed(server: &Server, tenant: &str, terms: Value) -> String {
    let (nobody, admin) =
        (Who::Service { tenant: None }, Who::Person { tenant, user: "usr_a", role: "admin" });
    let clock = format!("/internal/billing/test-clock/{tenant}");
    server.put(nobody, &clock, json!({ "now": "2026-01-31T12:00:00Z" })).await.expect(200);
    let profile = format!("/admin/billing/tenants/{tenant}/profile");
    server.put(admin, &profile, terms).await.expect(200);
    let adjust = format!("/admin/billing/credit-balance/{tenant}/adjust");
    let grant = json!({ "amount": 1_000, "source": "promo" });
    server.post(admin, &adjust, grant).await.expect(201);
    server.post(admin, "/billing/subscribe", json!({ "plan": "basic" })).await.expect(201);
    let pricing = format!("/admin/billing/subscription/{tenant}/apps/app_a/pricing");
    let prices = json!({ "pricings": [price("sms", 3, "0.75")] });
    server.post(admin, &pricing, prices).await.expect(200);
    let event = json!({ "resource_type": "sms", "amount": 10, "app_id": "app_a" });
    let meter = Who::Service { tenant: Some(tenant) };
    server.post(meter, super::REPORT, event).await.expect(200);
    server.put(nobody, &clock, json!({ "now": "2026-02-28T12:00:00Z" })).await.expect(200);
    let page = server.get(admin, &format!("/billing/records/{tenant}")).await.expect(200);
    let (line, total) = (page.at("/items/0/line_items/1"), page.at("/items/0/amount"));
    format!("{} + {} of {total}", line["amount"], line["tax_amount"])
}
