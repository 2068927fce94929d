//! Bodies that are refused: their form, and their members.

use axum::{body::Body, http::Method};
use bytes::Bytes;

use super::{ADJUST, BODY, INVALID, answer, invalid, post, refused};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    let deep = "[".repeat(100_000);
    let deeper = format!("{{\"amount\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let bodies = [
        "",
        " ",
        "null",
        "1",
        "\"text\"",
        "[]",
        "[{}]",
        "true",
        "{",
        "}",
        "{]",
        "{} {}",
        "{},",
        "{\"amount\"}",
        "{\"amount\": }",
        "{amount: 1}",
        "{'amount': 1}",
        "{\"amount\": 1,}",
        "{\"amount\": NaN}",
        "{\"amount\": Infinity}",
        "{\"amount\": 01}",
        "{\"amount\": .5}",
        "{\"amount\": 0x1}",
        "\u{feff}{}",
        "{\"a\": \"\u{0}\"}",
        "{\"a\": \"\\u0000\"}",
        "{\"\\u0000\": 1}",
        "{\"a\": \"\t\"}",
        "// {}",
        deep.as_str(),
        deeper.as_str(),
        objects.as_str(),
    ];

    for body in bodies {
        let found = post(&server, ADJUST, body.to_owned()).await;
        assert_eq!(found.fields(), ["body"], "{}: {}", &body[..body.len().min(40)], found.text);
        invalid(&server, &found, &["body"]);
    }
    let found = post(&server, ADJUST, Bytes::from_static(b"{\"a\": \"\xff\"}")).await;
    invalid(&server, &found, &["body"]);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_whether_it_says_so_or_not() {
    let server = Server::start(engines().remove(0)).await;
    let large = format!("{{\"remark\": \"{}\"}}", "x".repeat(3 * 1024 * 1024));
    let chunks =
        large.as_bytes().chunks(64 * 1024).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()));
    let streamed = Body::from_stream(futures_util::stream::iter(chunks.collect::<Vec<_>>()));
    let promised = server.request(Method::POST, Who::ADMIN, ADJUST);
    let promised =
        promised.header("content-type", "application/json").header("content-length", "3145728");

    let told = post(&server, ADJUST, large.clone()).await;
    let untold = post(&server, ADJUST, streamed).await;
    let promised = answer(&server, promised, "{}").await;

    for found in [told, untold, promised] {
        refused(&server, &found, 413, BODY);
    }
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let server = Server::start(engines().remove(0)).await;
    let body = r#"{"amount": 1, "source": "promo"}"#;
    let wrong = [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application",
        "json",
        "text/json",
    ];
    let right =
        ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"];

    for kind in wrong {
        let request = server.request(Method::POST, Who::ADMIN, ADJUST).header("content-type", kind);
        refused(&server, &answer(&server, request, body).await, 415, BODY);
    }
    let undeclared = server.request(Method::POST, Who::ADMIN, ADJUST);
    refused(&server, &answer(&server, undeclared, body).await, 415, BODY);
    for kind in right {
        let request = server.request(Method::POST, Who::ADMIN, ADJUST).header("content-type", kind);
        answer(&server, request, body).await.expect(201);
    }
}

#[tokio::test]
async fn an_amount_that_is_no_exact_amount_of_the_currency_is_refused() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let amounts = [
            "1e400",
            "1e-400",
            "-1e400",
            "\"NaN\"",
            "\"Infinity\"",
            "\"-inf\"",
            "0.001",
            "1e-3",
            "12345678901234567890123456789",
            "0.12345678901234567890123456789",
            "\"\"",
            "\" 1\"",
            "\"1 \"",
            "\"+1\"",
            "\"1,5\"",
            "\"1_000\"",
            "\"0x10\"",
            "\"１\"",
            "true",
            "{}",
            "[]",
            "[1]",
            "null",
            "1000000000000.01",
            "1000000000001",
            "-1000000000000.01",
            "0",
            "-0",
            "0.00",
            "\"0\"",
            "1e99999999999999999999",
        ];

        for amount in amounts {
            for currency in ["", r#", "currency": "CNY""#] {
                let body = format!("{{\"amount\": {amount}, \"source\": \"promo\"{currency}}}");
                let found = post(&server, ADJUST, body).await;
                assert_eq!(found.status, 400, "{amount}{currency}: {}", found.text);
                invalid(&server, &found, &["amount"]);
            }
        }
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 0);
    }
}

#[tokio::test]
async fn an_amount_may_have_the_digits_of_its_currency_and_no_more() {
    let server = Server::start(engines().remove(0)).await;
    let amounts = [
        ("yen", "JPY", "1", true),
        ("yen", "JPY", "1.0", true),
        ("yen", "JPY", "0.5", false),
        ("dinar", "BHD", "0.001", true),
        ("dinar", "BHD", "0.0001", false),
        ("yuan", "CNY", "0.01", true),
        ("yuan", "CNY", "1.10e1", true),
        ("yuan", "CNY", "0.001", false),
        ("most", "CNY", "1e12", true),
        ("more", "CNY", "1000000000000.01", false),
    ];

    for (tenant, currency, amount, is_good) in amounts {
        let path = format!("/admin/billing/credit-balance/{tenant}/adjust");
        let body = serde_json::json!({ "amount": amount, "currency": currency, "source": "promo" });
        let found = server.post(Who::SUPER, &path, body).await;
        let expected = if is_good { 201 } else { 400 };
        assert_eq!(found.status, expected, "{amount} {currency}: {}", found.text);
    }
}

#[tokio::test]
async fn every_broken_member_is_told_at_once() {
    let server = Server::start(engines().remove(0)).await;
    let payment = r#"{"subscription_id": 7, "amount": -1, "currency": "XYZ", "status": "maybe",
        "period_start": "2025-02-29T00:00:00Z", "period_end": "soon", "invoice_number": "INV",
        "app_id": "a/b", "description": [], "tenant_id": "other"}"#;
    let request = server.request(Method::POST, Who::SERVICE, "/internal/billing/records");

    let found = answer(&server, request.header("content-type", "application/json"), payment).await;

    let problem = refused(&server, &found, 400, INVALID);
    let mut fields = found.fields();
    fields.sort();
    let expected = [
        "amount",
        "app_id",
        "currency",
        "description",
        "invoice_number",
        "period_end",
        "period_start",
        "status",
        "subscription_id",
        "tenant_id",
    ];
    assert_eq!(fields, expected, "{problem}");
}

#[tokio::test]
async fn dates_that_do_not_exist_and_periods_that_run_backwards_are_refused() {
    let server = Server::start(engines().remove(0)).await;
    let wrong = [
        ("2026-02-29T00:00:00Z", "2026-06-01T00:00:00Z", "period_start"),
        ("2026-13-01T00:00:00Z", "2026-06-01T00:00:00Z", "period_start"),
        ("2026-00-10T00:00:00Z", "2026-06-01T00:00:00Z", "period_start"),
        ("2026-05-01T25:00:00Z", "2026-06-01T00:00:00Z", "period_start"),
        ("2026-05-01", "2026-06-01T00:00:00Z", "period_start"),
        ("2026-05-01T00:00:00", "2026-06-01T00:00:00Z", "period_start"),
        ("", "2026-06-01T00:00:00Z", "period_start"),
        ("-0001-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "period_start"),
        ("99999-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "period_start"),
        ("2026-05-01T00:00:00Z", "2026-06-31T00:00:00Z", "period_end"),
        ("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", "period_end"),
        ("2026-05-01T00:00:00Z", "2026-04-01T00:00:00Z", "period_end"),
    ];

    for (start, end, field) in wrong {
        let body = serde_json::json!({
            "subscription_id": "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A", "amount": 1, "status": "paid",
            "period_start": start, "period_end": end,
        });
        let found = server.post(Who::SERVICE, "/internal/billing/records", body).await;
        invalid(&server, &found, &[field]);
    }
}

#[tokio::test]
async fn texts_are_bounded_and_words_are_known() {
    let server = Server::start(engines().remove(0)).await;
    let long = |letters: usize| "é".repeat(letters);
    let bodies = [
        (serde_json::json!({ "amount": 1, "source": "promo", "remark": long(501) }), "remark"),
        (
            serde_json::json!({ "amount": 1, "source": "promo", "source_id": long(129) }),
            "source_id",
        ),
        (
            serde_json::json!({ "amount": 1, "source": "promo", "source_id": " \u{3000}" }),
            "source_id",
        ),
        (serde_json::json!({ "amount": 1, "source": "PROMO" }), "source"),
        (serde_json::json!({ "amount": 1, "source": "refund" }), "source"),
        (serde_json::json!({ "amount": 1, "source": null }), "source"),
        (serde_json::json!({ "amount": 1 }), "source"),
        (serde_json::json!({ "amount": 1, "source": "promo", "tenant_id": "other" }), "tenant_id"),
    ];

    for (body, field) in bodies {
        let found = server.post(Who::ADMIN, ADJUST, body).await;
        invalid(&server, &found, &[field]);
    }
    let half = r#"{"amount": 1, "source": "promo", "remark": "\ud800"}"#;
    invalid(&server, &post(&server, ADJUST, half).await, &["remark"]);
    let twice = r#"{"amount": 1, "amount": 2, "source": "promo"}"#;
    invalid(&server, &post(&server, ADJUST, twice).await, &["amount"]);
    let good =
        serde_json::json!({ "amount": 1, "source": "promo", "remark": long(500), "extra": [] });
    server.post(Who::ADMIN, ADJUST, good).await.expect(201);
}
