//! Searching billing records, over HTTP.

use serde_json::{Value, json};

use crate::harness::{Server, Who, engines};

const SEARCH: &str = "/billing/records/acme/search";

/// Subscribes, and records payments: number, amount, status, description, app.
async fn with_records(server: &Server) {
    let made = server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await;
    let subscription = made.expect(201).at("/data/subscription_id");
    let records = [
        (12.5, "paid", "Extra storage 专业存储", "crm"),
        (20.0, "failed", "Extra bandwidth 100%", "crm"),
        (99.0, "pending", "Onboarding a_b", "shop"),
    ];
    for (amount, status, description, app) in records {
        server.advance(86_400);
        let body = json!({
            "subscription_id": subscription,
            "amount": amount,
            "status": status,
            "description": description,
            "app_id": app,
            "period_start": "2026-05-01T00:00:00Z",
            "period_end": "2026-06-01T00:00:00Z",
        });
        server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
    }
}

async fn numbers(server: &Server, query: &str) -> Vec<String> {
    let answer = server.get(Who::MEMBER, &format!("{SEARCH}?{query}")).await.expect(200);
    let items = answer.at("/items").as_array().cloned().unwrap();
    assert_eq!(answer.at("/total"), items.len());
    items.iter().map(|item| item["invoice_number"].as_str().unwrap()[9..].to_owned()).collect()
}

#[tokio::test]
async fn filters_narrow_the_list_together() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_records(&server).await;

        assert_eq!(numbers(&server, "").await, ["000004", "000003", "000002", "000001"]);
        assert_eq!(numbers(&server, "search=EXTRA").await, ["000003", "000002"]);
        assert_eq!(numbers(&server, "search=extra+%E4%B8%93%E4%B8%9A").await, ["000002"]);
        assert_eq!(numbers(&server, "search=100%25").await, ["000003"]);
        assert_eq!(numbers(&server, "search=a_b").await, ["000004"]);
        assert_eq!(numbers(&server, "search=inv-2026-&status=failed").await, ["000003"]);
        assert_eq!(numbers(&server, "search=0004").await, ["000004"]);
        assert_eq!(numbers(&server, "app_id=crm").await, ["000003", "000002"]);
        assert_eq!(numbers(&server, "app_id=crm&date_to=2026-02-01").await, ["000002"]);
        assert_eq!(
            numbers(&server, "date_from=2026-02-02&date_to=2026-02-03").await,
            ["000004", "000003"]
        );
        assert_eq!(numbers(&server, "min_amount=12.5&max_amount=20").await, ["000003", "000002"]);
        assert_eq!(numbers(&server, "search=nobody").await, [""; 0]);
    }
}

#[tokio::test]
async fn a_search_is_shown_like_the_list_and_goes_on_by_cursor() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_records(&server).await;

        let list = server.get(Who::MEMBER, "/billing/records/acme?page_size=2").await.expect(200);
        let found = server.get(Who::MEMBER, &format!("{SEARCH}?search=inv&page_size=2")).await;
        let found = found.expect(200);
        let cursor = found.at("/pagination/next_cursor");
        let rest = format!("{SEARCH}?search=inv&page_size=2&cursor={}", cursor.as_str().unwrap());
        let rest = server.get(Who::MEMBER, &rest).await.expect(200);

        assert_eq!(found.at("/items"), list.at("/items"));
        assert_eq!((found.at("/total"), found.at("/pagination/total_pages")), (json!(4), json!(2)));
        assert_eq!(found.at("/pagination/total_is_exact"), true);
        assert_eq!(rest.at("/items/1/invoice_number"), "INV-2026-000001");
        assert_eq!(rest.at("/pagination/has_next"), false);
        assert_eq!(rest.at("/pagination/next_cursor"), Value::Null);
    }
}

#[tokio::test]
async fn a_payment_is_found_by_its_new_status() {
    for engine in engines() {
        let server = Server::start(engine).await;
        with_records(&server).await;
        let subscription = server.get(Who::MEMBER, "/billing/subscription/acme").await;
        let body = json!({
            "subscription_id": subscription.at("/data/subscription_id"),
            "invoice_number": "INV-2026-000004",
            "amount": 99,
            "status": "paid",
            "period_start": "2026-05-01T00:00:00Z",
            "period_end": "2026-06-01T00:00:00Z",
        });

        server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);

        assert_eq!(numbers(&server, "status=paid&app_id=shop").await, ["000004"]);
        assert_eq!(numbers(&server, "status=pending&app_id=shop").await, [""; 0]);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_search_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let get = async |who: Who<'_>, query: &str| server.get(who, &format!("{SEARCH}?{query}")).await;

    let broken = get(Who::MEMBER, "status=open&date_from=1&min_amount=2&max_amount=1&page=0").await;
    let deep = get(Who::MEMBER, "search=a&page=101&page_size=100").await;
    let foreign = server.get(Who::MEMBER, "/billing/records/other/search").await;

    assert_eq!(broken.expect(400).fields(), ["date_from", "status", "max_amount", "page"],);
    assert_eq!(deep.expect(400).fields(), ["page"]);
    foreign.expect(403);
    get(Who::Nobody, "").await.expect(401);
}
