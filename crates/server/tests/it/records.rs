//! Billing records, over HTTP.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const RECORDS: &str = "/internal/billing/records";

/// Subscribes to `pro`, and gives the subscription's id.
async fn subscribed(server: &Server) -> String {
    let made = server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await;
    made.expect(201).at("/data/subscription_id").as_str().unwrap().to_owned()
}

fn payment(subscription: &str, amount: impl Into<Value>, status: &str) -> Value {
    json!({
        "subscription_id": subscription,
        "amount": amount.into(),
        "status": status,
        "period_start": "2026-05-01T00:00:00Z",
        "period_end": "2026-06-01T00:00:00Z",
    })
}

async fn record(server: &Server, body: Value) -> Answer {
    server.post(Who::SERVICE, RECORDS, body).await
}

#[tokio::test]
async fn a_payment_settles_the_invoice_that_it_names_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        let mut body = payment(&subscription, json!(499), "failed");
        body["invoice_number"] = json!("INV-2026-000001");

        let failed = record(&server, body.clone()).await.expect(201);
        body["status"] = json!("paid");
        let paid = record(&server, body.clone()).await.expect(201);
        let again = record(&server, body.clone()).await.expect(201);
        body["amount"] = json!(498);
        record(&server, body.clone()).await.expect(409);
        body["amount"] = json!(499);
        body["status"] = json!("failed");
        record(&server, body).await.expect(409);

        assert_eq!(failed.at("/data/status"), "failed");
        assert_eq!(paid.at("/data/status"), "paid");
        assert_eq!(again.at("/data/record_id"), paid.at("/data/record_id"));
        let list = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!((list.at("/total"), list.at("/items/0/status")), (json!(1), json!("paid")));
    }
}

#[tokio::test]
async fn invoices_that_are_made_at_once_have_numbers_of_their_own_without_a_gap() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        let subscription = subscribed(&server).await;

        let made = (1..=24).map(|n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            at.post(Who::SERVICE, RECORDS, payment(&subscription, n, "pending"))
        });
        let made = join_all(made).await;

        let number =
            |it: Answer| it.expect(201).at("/data/invoice_number").as_str().unwrap().to_owned();
        let mut numbers: Vec<String> = made.into_iter().map(number).collect();
        numbers.sort();
        let expected: Vec<String> = (2..=25).map(|n| format!("INV-2026-{n:06}")).collect();
        assert_eq!(numbers, expected);
    }
}

#[tokio::test]
async fn a_payment_without_a_number_settles_the_one_invoice_that_fits() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        let mut body = payment(&subscription, json!("499.00"), "paid");
        body["period_start"] = json!("2026-01-31T12:00:00Z");
        body["period_end"] = json!("2026-02-28T12:00:00Z");

        let paid = record(&server, body).await.expect(201);

        assert_eq!(paid.at("/data/invoice_number"), "INV-2026-000001");
        let list = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(list.at("/total"), 1);
    }
}

#[tokio::test]
async fn a_payment_for_nothing_of_ours_makes_an_invoice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        let mut body = payment(&subscription, json!(12.5), "paid");
        body["app_id"] = json!("app_1");

        let made = record(&server, body).await.expect(201);

        assert_eq!(made.at("/data/invoice_number"), "INV-2026-000002");
        assert_eq!(made.at("/data/status"), "paid");
        assert_eq!(made.at("/data/app_id"), "app_1");
        assert_eq!(made.at("/data/description"), "pro 2026-05-01 – 2026-05-31");
        let of_app = server.get(Who::MEMBER, "/billing/records/acme/apps/app_1").await.expect(200);
        assert_eq!(of_app.at("/total"), 1);
        assert_eq!(of_app.at("/items/0"), made.at("/data"));
    }
}

#[tokio::test]
async fn pages_and_cursors_show_every_record_once_newest_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        for n in 0..24 {
            let mut body = payment(&subscription, json!(n), "pending");
            body["app_id"] = json!(if n % 3 == 0 { "a" } else { "b" });
            record(&server, body).await.expect(201);
        }

        for path in [
            "/billing/records/acme",
            "/billing/records/acme?app_id=b",
            "/billing/records/acme/apps/b",
        ] {
            let mark = if path.contains('?') { '&' } else { '?' };
            let whole =
                server.get(Who::MEMBER, &format!("{path}{mark}page_size=100")).await.expect(200);
            let all = whole.at("/items").as_array().unwrap().clone();
            let (mut paged, mut walked, mut cursor) = (Vec::new(), Vec::new(), String::new());
            for page in 1..=9 {
                let at = format!("{path}{mark}page_size=3&page={page}");
                let answer = server.get(Who::MEMBER, &at).await.expect(200);
                assert_eq!(answer.at("/total"), all.len());
                paged.extend(answer.at("/items").as_array().unwrap().clone());
            }
            loop {
                let at = format!("{path}{mark}page_size=4&cursor={cursor}");
                let answer = server.get(Who::MEMBER, &at).await.expect(200);
                walked.extend(answer.at("/items").as_array().unwrap().clone());
                match answer.at("/pagination/next_cursor").as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!(paged, all, "{path}");
            assert_eq!(walked, all, "{path}");
        }
    }
}

#[tokio::test]
async fn lists_are_tables_too_of_a_row_for_each_line() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        for n in 1..=5 {
            let mut body = payment(&subscription, json!(n), "pending");
            body["app_id"] = json!("a");
            body["description"] = json!(format!("=SUM(A{n})"));
            record(&server, body).await.expect(201);
        }

        for (who, path) in [
            (Who::MEMBER, "/billing/records/acme"),
            (Who::MEMBER, "/billing/records/acme/apps/a"),
            (Who::MEMBER, "/billing/records/acme/search?search=sum"),
            (Who::MEMBER, "/billing/invoices?app_id=a"),
            (Who::ADMIN, "/admin/billing/records/acme"),
        ] {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page = format!("{path}{mark}page_size=2");
            let shown = server.get(who, &page).await.expect(200);
            let table = server.get(who, &format!("{page}&format=csv")).await.expect(200);
            let wrong = server.get(who, &format!("{page}&format=xls&page=0")).await.expect(400);

            assert_eq!(wrong.fields().len(), 2, "{path}");
            assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
            assert_eq!(table.headers["x-total-count"], shown.at("/total").to_string().as_str());
            let next = shown.at("/pagination/next_cursor");
            assert_eq!(table.headers["x-next-cursor"], next.as_str().unwrap());
            assert_rows(&table, shown.at("/items").as_array().unwrap());
        }
    }
}

/// That a table has these items, whose descriptions look like formulas.
fn assert_rows(table: &Answer, items: &[Value]) {
    let mut reader = csv::Reader::from_reader(&table.bytes[..]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), items.len()), (2, 2));
    for (row, item) in rows.iter().zip(items) {
        let text = |member: &str| item[member].as_str().unwrap();
        assert_eq!(&row[0], text("record_id"));
        assert_eq!(row[7], format!("'{}", text("description")));
        assert_eq!(row[8], item["amount"].to_string());
        assert_eq!(row[14], item["line_items"][0]["amount"].to_string());
    }
}

#[tokio::test]
async fn past_the_last_page_there_is_nothing_but_the_total() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;

        let path = "/billing/records/acme?page=9223372036854775807";
        let beyond = server.get(Who::MEMBER, path).await.expect(200);

        assert_eq!((beyond.at("/items"), beyond.at("/total")), (json!([]), json!(1)));
        assert_eq!(beyond.at("/pagination/has_next"), false);
        assert_eq!(beyond.at("/pagination/next_cursor"), Value::Null);
    }
}

#[tokio::test]
async fn an_unknown_subscription_or_number_is_not_found() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        let unknown = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A";
        let mut numbered = payment(&subscription, json!(499), "paid");
        numbered["invoice_number"] = json!("INV-2026-000009");

        record(&server, payment(unknown, json!(1), "paid")).await.expect(404);
        record(&server, numbered).await.expect(404);
    }
}
