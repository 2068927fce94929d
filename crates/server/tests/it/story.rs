//! The customer's story of `docs/subscriptions.md`, lived once more: what the page says of each line
//! is what the service answers.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const PAGE: &str = include_str!("../../../../docs/subscriptions.md");
const SUBSCRIPTION: &str = "/admin/billing/subscription/acme";
const ALONE: Who<'static> = Who::Service { tenant: None };

/// A row of a table of the page: what for, net, and tax where there is a column for it.
type Row = (String, String, Option<String>);

/// The rows of the table that has this in the first cell of its head.
fn table(head: &str) -> Vec<Row> {
    let start = PAGE.find(&format!("| {head} |")).unwrap_or_else(|| panic!("no table {head}"));
    let mut lines = PAGE[start..].lines().take_while(|line| line.starts_with('|'));
    let has_tax = cells(lines.next().unwrap()).last().is_some_and(|it| it == "tax");
    let read = |line: &str| {
        let cells = cells(line);
        let (what, mut figures) = (cells[0].clone(), cells.into_iter().rev());
        let tax = has_tax.then(|| figures.next().unwrap());
        (what, figures.next().unwrap(), tax)
    };
    lines.skip(1).map(read).collect()
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('−', "-")).collect()
}

/// The lines of an answer, as the page has them.
fn told(lines: &Value, with_tax: bool) -> Vec<Row> {
    let money = |value: &Value| format!("{:.2}", value.as_f64().unwrap());
    let row = |line: &Value| {
        let what = line["description"].as_str().unwrap().to_owned();
        (what, money(&line["amount"]), with_tax.then(|| money(&line["tax_amount"])))
    };
    lines.as_array().unwrap().iter().map(row).collect()
}

async fn until(server: &Server, now: &str) -> Vec<String> {
    let clock = "/internal/billing/test-clock/acme";
    let moved = server.put(ALONE, clock, json!({ "now": now })).await.expect(200);
    let ran = moved.at("/data/ran");
    let all = ran.as_array().unwrap().iter().filter(|it| it["kind"] != "revenue.recognised");
    let say = |it: &Value| {
        format!("{} {}", &it["at"].as_str().unwrap()[5..16], it["kind"].as_str().unwrap())
    };
    all.map(say).collect()
}

async fn newest(server: &Server) -> Answer {
    server.get(Who::MEMBER, "/billing/records/acme").await.expect(200)
}

async fn change(server: &Server, verb: &str, body: Value) -> Answer {
    server.post(Who::ADMIN, &format!("{SUBSCRIPTION}/{verb}"), body).await.expect(200)
}

async fn answer_payment(server: &Server, number: &str, amount: &str, status: &str) {
    let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
    let body = json!({
        "subscription_id": found.at("/data/subscription_id"), "status": status,
        "invoice_number": number, "amount": amount,
        "period_start": "2026-01-31T12:00:00Z", "period_end": "2026-02-28T12:00:00Z",
    });
    server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
}

async fn status(server: &Server) -> Value {
    server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data/status")
}

async fn balance(server: &Server) -> String {
    let found = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
    found.at("/data/balance").to_string()
}

#[tokio::test]
async fn the_page_tells_what_the_service_answers() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let tax = json!({ "tax_rate": 0.06 });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", tax).await.expect(200);
        trial_and_first_period(&server).await;
        up_down_and_undone(&server).await;
        late_and_cancelled(&server).await;
        server.assert_sound().await;
    }
}

async fn trial_and_first_period(server: &Server) {
    until(server, "2026-01-31T12:00:00Z").await;
    let body = json!({ "plan": "basic", "trial_days": 14 });
    server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
    change(server, "extend-trial", json!({ "extend_days": 14 })).await;

    let ran = until(server, "2026-03-10T09:00:00Z").await;

    assert_eq!(ran[..2], ["02-25T12:00 notice", "02-28T12:00 trial_end"]);
    assert_eq!(
        told(&newest(server).await.at("/items/0/line_items"), true),
        table("INV-2026-000001")
    );
    answer_payment(server, "INV-2026-000001", "104.94", "paid").await;
}

async fn up_down_and_undone(server: &Server) {
    let calculate = "/billing/prorations/calculate/acme";
    let asked = server.post(Who::MEMBER, calculate, json!({ "new_plan": "pro" })).await.expect(200);
    until(server, "2026-03-10T09:10:00Z").await;
    let body = json!({ "new_plan": "pro", "quote": asked.at("/data/quote") });
    let up = change(server, "change-plan", body).await;
    assert_eq!(told(&up.at("/data/proration/lines"), true), table("INV-2026-000002"));
    assert_eq!(newest(server).await.at("/items/0/line_items"), asked.at("/data/lines"));
    answer_payment(server, "INV-2026-000002", "272.58", "paid").await;

    until(server, "2026-03-20T09:00:00Z").await;
    let down = change(server, "change-plan", json!({ "new_plan": "basic" })).await;
    assert_eq!(told(&down.at("/data/proration/lines"), false), table("the change"));
    assert_eq!(down.at("/data/proration/proration_amount").to_string(), "-121.14");
    assert_eq!(balance(server).await, "121.14");
    change(server, "rollback-plan", json!({})).await;
    assert_eq!(balance(server).await, "0");

    let ran = until(server, "2026-03-29T12:00:00Z").await;
    assert_eq!(ran, ["03-25T12:00 notice", "03-28T12:00 renewal"]);
    assert_eq!(
        told(&newest(server).await.at("/items/0/line_items"), true),
        table("INV-2026-000003")
    );
}

async fn late_and_cancelled(server: &Server) {
    answer_payment(server, "INV-2026-000003", "528.94", "failed").await;
    assert_eq!(status(server).await, "past_due");

    let ran = until(server, "2026-04-02T12:00:00Z").await;

    assert_eq!(ran, ["03-30T12:00 dunning.retry", "04-01T12:00 dunning.retry"]);
    answer_payment(server, "INV-2026-000003", "528.94", "paid").await;
    assert_eq!(status(server).await, "active");
    server.delete(Who::ADMIN, SUBSCRIPTION).await.expect(200);
    assert_eq!(until(server, "2026-05-01T00:00:00Z").await, ["04-28T12:00 expiry"]);
    assert_eq!(status(server).await, "cancelled");
}
