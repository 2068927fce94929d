//! Invoices that administrators write.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    drawn::{drawn, has_in_order, read, said},
    introduced, invoice, subscribed, told,
};
use crate::harness::{Answer, Server, Who, engines};

const WRITE: &str = "/admin/billing/invoices";

fn line(description: &str, quantity: i64, price: impl Into<Value>) -> Value {
    json!({ "description": description, "quantity": quantity, "unit_price": price.into() })
}

async fn write(server: &Server, lines: Value) -> Answer {
    server.post(Who::ADMIN, WRITE, json!({ "lines": lines })).await
}

#[tokio::test]
async fn it_bills_its_lines_at_the_tenant_s_tax_and_takes_credit_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        let gift = json!({ "amount": 50, "source": "promo" });
        server.post(Who::ADMIN, adjust, gift).await.expect(201);
        let mut training = line("Training", 3, "33.335");
        training["service_start"] = json!("2026-03-01T00:00:00Z");
        training["service_end"] = json!("2026-05-01T00:00:00Z");
        let body = json!({ "lines": [line("Migration", 1, 1000), training], "due_days": 30 });

        let made = server.post(Who::ADMIN, WRITE, body).await.expect(201);

        let of = |name: &str| made.at(&format!("/data/{name}"));
        assert_eq!(of("invoice_number"), "INV-2026-000001");
        assert_eq!((of("type"), of("status")), (json!("adjustment"), json!("issued")));
        assert_eq!(of("description"), "Migration (+1)");
        assert_eq!((of("subtotal"), of("tax_amount")), (json!(1100.01), json!(66)));
        assert_eq!((of("credit_applied"), of("amount_due")), (json!(50), json!(1116.01)));
        assert_eq!(of("due_date"), "2026-03-02T12:00:00Z");
        assert_eq!(of("period_end"), "2026-05-01T00:00:00Z");
        assert_eq!((of("subscription_id"), of("plan")), (Value::Null, Value::Null));
        assert_eq!(of("line_items/1/amount"), 100.01);
        let record = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(record.at("/items/0/amount"), 1166.01);
        assert_eq!(invoice(&server, super::FIRST).await, made.at("/data"));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn its_payment_is_told_by_its_number_with_or_without_a_subscription() {
    for engine in engines() {
        let server = Server::start(engine).await;
        write(&server, json!([line("a", 1, 10)])).await.expect(201);
        subscribed(&server).await;
        write(&server, json!([line("b", 1, 20)])).await.expect(201);

        told(&server, "INV-2026-000001", "9", "paid").await.expect(409);
        told(&server, "INV-2026-000001", "10", "failed").await.expect(201);
        let paid = told(&server, "INV-2026-000001", "10", "paid").await.expect(201);
        told(&server, "INV-2026-000001", "10", "paid").await.expect(201);
        told(&server, "INV-2026-000003", "20", "failed").await.expect(201);

        assert_eq!(paid.at("/data/status"), "paid");
        let subscription = server.get(Who::MEMBER, "/billing/subscription").await.expect(200);
        assert_eq!(subscription.at("/data/status"), "active");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn nobody_pays_it_and_no_subscription_minds() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        told(&server, "INV-2026-000001", "499", "paid").await.expect(201);
        write(&server, json!([line("a", 1, 10)])).await.expect(201);

        let mut states = Vec::new();
        for days in [13, 2, 8, 12, 10, 10, 10] {
            server.advance(days * 86_400);
            let run = "/internal/billing/renewals/process";
            server.post(Who::Service { tenant: None }, run, json!({})).await.expect(200);
            states
                .push(invoice(&server, "/billing/invoice/INV-2026-000002").await["status"].clone());
            // What the subscription asks for is paid.
            let open = "/admin/billing/invoices?status=issued";
            for it in
                server.get(Who::ADMIN, open).await.expect(200).at("/items").as_array().unwrap()
            {
                if it.get("subscription_id").is_some() {
                    let number = it["invoice_number"].as_str().unwrap();
                    told(&server, number, "499", "paid").await.expect(201);
                }
            }
        }

        assert_eq!(
            (&states[0], states[1..].iter().all(|it| it == "overdue")),
            (&json!("issued"), true)
        );
        let subscription = server.get(Who::MEMBER, "/billing/subscription").await.expect(200);
        assert_eq!(subscription.at("/data/status"), "active");
        told(&server, "INV-2026-000002", "10", "paid").await.expect(201);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_total_of_nothing_is_paid_at_once_and_two_hundred_lines_are_drawn() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        let many: Vec<Value> =
            (1..=200).map(|n| line(&format!("Workspace {n}"), n, "0.125")).collect();

        let free = write(&server, json!([line("Gift", 2, 0)])).await.expect(201);
        let long = write(&server, json!(many)).await.expect(201);

        assert_eq!((free.at("/data/status"), free.at("/data/amount")), (json!("paid"), json!(0)));
        for made in [free, long] {
            let number = made.at("/data/invoice_number").as_str().unwrap().to_owned();
            let document = drawn(&server, &number).await;
            has_in_order(&read(&document), &said(&made.at("/data")));
        }
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn one_key_is_one_invoice_and_many_at_once_leave_no_gap() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        let body = json!({ "lines": [line("a", 1, 10)] });

        let first = server.post_once(Who::ADMIN, "k", WRITE, body.clone()).await.expect(201);
        let again = server.post_once(Who::ADMIN, "k", WRITE, body.clone()).await.expect(201);
        let made = join_all((0..16).map(|n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            at.post(Who::ADMIN, WRITE, body.clone())
        }));
        let numbers = made.await.into_iter().map(|it| it.expect(201).at("/data/invoice_number"));
        let mut numbers: Vec<String> =
            numbers.map(|number| number.as_str().unwrap().to_owned()).collect();

        numbers.sort();
        assert_eq!(again.text, first.text);
        assert_eq!(numbers, (2..=17).map(|n| format!("INV-2026-{n:06}")).collect::<Vec<_>>());
        let other = json!({ "lines": [line("b", 1, 10)] });
        server.post_once(Who::ADMIN, "k", WRITE, other).await.expect(422);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let with = |mut line: Value, start: &str, end: &str| {
        line["service_start"] = json!(start);
        line["service_end"] = json!(end);
        line
    };
    let may = "2026-05-01T00:00:00Z";
    let lines = json!([
        { "description": " ", "quantity": 0, "unit_price": "-1" },
        { "description": "a".repeat(501), "quantity": 1.5, "unit_price": "1e-13" },
        with(line("a", 1, 1), may, may),
        with(line("a", 1, 1), "soon", may),
        with(line("a", 1, 1), may, "2056-05-01T00:00:00Z"),
        { "description": "a", "quantity": 1, "unit_price": 1, "service_start": may },
    ]);
    let body = json!({ "lines": lines, "due_days": 91, "currency": "XYZ" });

    let wrong = server.post(Who::ADMIN, WRITE, body).await.expect(400);
    let none = write(&server, json!([])).await.expect(400);
    let huge = write(&server, json!([line("a", 1_000_000_000, "1000000000")])).await.expect(400);
    let other = json!({ "lines": [line("a", 1, 1)], "tenant_id": "other" });
    server.post(Who::ADMIN, WRITE, other.clone()).await.expect(403);
    let nameless = json!({ "lines": [line("a", 1, 1)] });
    let nameless = server.post(Who::SUPER, WRITE, nameless).await.expect(400);
    server.post(Who::SUPER, WRITE, other).await.expect(201);
    server.post(Who::MEMBER, WRITE, json!({})).await.expect(403);

    let expected = [
        "currency",
        "due_days",
        "lines[0].description",
        "lines[0].quantity",
        "lines[0].unit_price",
        "lines[1].description",
        "lines[1].quantity",
        "lines[1].unit_price",
        "lines[2].service_end",
        "lines[3].service_start",
        "lines[4].service_end",
        "lines[5].service_end",
    ];
    assert_eq!(wrong.fields(), expected);
    assert_eq!(
        (none.fields(), huge.fields()),
        (vec!["lines".to_owned()], vec!["lines".to_owned()])
    );
    assert_eq!(nameless.fields(), ["tenant_id"]);
}

#[tokio::test]
async fn its_descriptions_are_limited_together_and_a_contradicted_tenant_is_told_with_the_rest() {
    let server = Server::start(engines().remove(0)).await;
    let lines = |last: usize| {
        let lengths = [500; 100].into_iter().chain([last]).filter(|length| *length > 0);
        lengths.map(|length| line(&"字".repeat(length), 1, 1)).collect::<Vec<_>>()
    };

    let longest = write(&server, json!(lines(0))).await;
    let longer = write(&server, json!(lines(1))).await;
    let body = json!({ "lines": lines(1), "tenant_id": "other", "due_days": 91 });
    let other = server.request(Method::POST, Who::SUPER, WRITE).header("x-tenant-id", "acme");
    let contradicted = server.send(other, Some(body.to_string())).await.expect(400);

    longest.expect(201);
    let longer = longer.expect(400);
    assert_eq!(
        (longer.fields(), longer.text.contains("too_long")),
        (vec!["lines".to_owned()], true)
    );
    assert_eq!(contradicted.fields(), ["tenant_id", "due_days", "lines"]);
}

#[tokio::test]
async fn its_currency_is_the_tenant_s_before_anything_is_posted_too() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let in_currency =
            |code: &str| json!({ "lines": [line("a", 1, "0.125")], "currency": code });
        let trial = json!({ "plan": "pro", "trial_days": 14 });
        server.post(Who::ADMIN, "/billing/subscribe", trial).await.expect(201);

        let other = server.post(Who::ADMIN, WRITE, in_currency("USD")).await.expect(400);
        let own = server.post(Who::ADMIN, WRITE, in_currency("CNY")).await.expect(201);
        let free = json!({ "tenant_id": "yen", "lines": [line("a", 3, "0.5")], "currency": "JPY" });
        let free = server.post(Who::SUPER, WRITE, free).await.expect(201);

        assert_eq!(other.fields(), ["currency"]);
        assert_eq!(own.at("/data/amount"), 0.13);
        assert_eq!((free.at("/data/amount"), free.at("/data/currency")), (json!(2), json!("JPY")));
    }
}
