//! Taxes by rate and document: asked for, listed, downloaded.

use axum::{
    body::{Body, to_bytes},
    http::{Method, header},
};
use countinghouse::db::Stmt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{admin, export, fetch, pay, rows, set_clock, subscribe};
use crate::harness::{BASE, Server, Who, engines};

const HEAD: &str = "document_type,document_number,invoice_number,date,buyer_name,buyer_tax_id,\
    exemption_reason,tax_rate,currency,net_amount,tax_amount,gross_amount";

/// A tenant in Shanghai at 6 %, with an invoice of the first of February that is paid.
async fn tenant(server: &Server) -> String {
    set_clock(server, "acme", "2026-01-31T16:30:00Z").await;
    let about = json!({
        "timezone": "Asia/Shanghai", "tax_rate": 0.06, "tax_id": "=1+1",
        "legal_name": "\"Acme\", 有限公司",
    });
    let profile = "/admin/billing/tenants/acme/profile";
    server.put(admin("acme"), profile, about).await.expect(200);
    let subscription = subscribe(server, "acme", json!({ "plan": "pro" })).await;
    let body = json!({
        "subscription_id": subscription, "invoice_number": "INV-2026-000001", "status": "paid",
        "amount": "528.94",
        "period_start": "2026-02-01T00:00:00Z", "period_end": "2026-03-01T00:00:00Z",
    });
    pay(server, "acme", body).await.expect(201);
    subscription
}

/// Writes a one-off invoice over 100.
async fn invoice(server: &Server, description: &str) {
    let line = json!({ "description": description, "quantity": 1, "unit_price": 100 });
    let path = "/admin/billing/invoices";
    server.post(admin("acme"), path, json!({ "lines": [line] })).await.expect(201);
}

/// The rows of a text, without the buyer.
fn told(text: &str) -> Vec<String> {
    let cells = |row: &csv::StringRecord| {
        let cells = row.iter().enumerate().filter(|(place, _)| ![4, 5, 6, 8].contains(place));
        cells.map(|(_, cell)| cell).collect::<Vec<_>>().join(" ")
    };
    rows(text).iter().map(cells).collect()
}

#[tokio::test]
async fn documents_count_on_their_days_and_what_is_taken_back_the_other_way_on_its_own() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        set_clock(&server, "acme", "2026-02-15T00:00:00Z").await;
        let path = "/admin/billing/subscription/acme";
        let change = json!({ "new_plan": "basic" });
        server.post(admin("acme"), &format!("{path}/change-plan"), change).await.expect(200);
        server.post(admin("acme"), &format!("{path}/rollback-plan"), json!({})).await.expect(200);
        let change = json!({ "new_plan": "enterprise" });
        server.post(admin("acme"), &format!("{path}/change-plan"), change).await.expect(200);
        server.post(admin("acme"), &format!("{path}/rollback-plan"), json!({})).await.expect(200);
        set_clock(&server, "acme", "2026-04-02T00:00:00Z").await;

        let january = fetch(&server, &export(&server, "acme", "tax_period=2026-01").await).await;
        let february = fetch(&server, &export(&server, "acme", "tax_period=2026-02").await).await;
        let quarter = fetch(&server, &export(&server, "acme", "tax_period=2026-Q1").await).await;

        assert_eq!(january.expect(200).text, format!("{HEAD}\r\n"));
        let february = told(&february.expect(200).text);
        assert_eq!(
            february,
            [
                "invoice INV-2026-000001 INV-2026-000001 2026-02-01 0.06 499 29.94 528.94",
                "invoice INV-2026-000002 INV-2026-000002 2026-02-15 0.06 390.5 23.43 413.93",
                "invoice_void INV-2026-000002 INV-2026-000002 2026-02-15 0.06 -390.5 -23.43 -413.93",
                "credit_note CN-2026-000001 INV-2026-000001 2026-02-15 0.06 -200 -12 -212",
                "credit_note_void CN-2026-000001 INV-2026-000001 2026-02-15 0.06 200 12 212",
            ]
        );
        let quarter = quarter.expect(200);
        let quarter = told(&quarter.text);
        assert_eq!(quarter.len(), 6);
        assert_eq!(
            quarter[2],
            "invoice INV-2026-000003 INV-2026-000003 2026-03-01 0.06 499 29.94 528.94"
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_buyer_is_as_the_invoice_says_and_never_a_formula() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        let about =
            json!({ "legal_name": "New Ltd.", "tax_rate": 0, "tax_exempt_reason": "@SUM(A1)" });
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(admin("acme"), profile, about).await.expect(200);
        set_clock(&server, "acme", "2026-03-02T00:00:00Z").await;

        let csv =
            fetch(&server, &export(&server, "acme", "tax_period=2026").await).await.expect(200);
        let json = export(&server, "acme", "tax_period=2026&format=json").await;
        let json = fetch(&server, &json).await.expect(200);

        assert!(csv.text.contains("\"\"\"Acme\"\", 有限公司\",'=1+1,,0.06,CNY,"), "{}", csv.text);
        let read = rows(&csv.text);
        assert_eq!((&read[0][4], &read[0][5]), ("\"Acme\", 有限公司", "'=1+1"));
        assert_eq!((&read[1][4], &read[1][6], &read[1][7]), ("New Ltd.", "'@SUM(A1)", "0"));
        assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let kept = "attachment; filename=\"tax-2026.csv\"";
        assert_eq!(csv.headers[header::CONTENT_DISPOSITION], kept);
        assert_eq!(json.headers[header::CONTENT_TYPE], "application/json");
        let data = json.at("/data");
        assert_eq!((&data["period"], &data["timezone"]), (&json!("2026"), &json!("Asia/Shanghai")));
        assert_eq!(data["rows"][0]["buyer_tax_id"], "=1+1");
        assert_eq!(data["rows"][0].get("exemption_reason"), None);
        assert_eq!(data["rows"][1]["exemption_reason"], "@SUM(A1)");
        assert_eq!(data["rows"][1]["gross_amount"], 499);
        let totals = json!([
            { "tax_rate": 0, "net_amount": 499, "tax_amount": 0, "gross_amount": 499 },
            { "tax_rate": 0.06, "net_amount": 499, "tax_amount": 29.94, "gross_amount": 528.94 },
        ]);
        assert_eq!(data["totals"], totals);
    }
}

#[tokio::test]
async fn a_download_says_the_same_whenever_it_is_fetched() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = tenant(&server).await;
        let address = export(&server, "acme", "tax_period=2026").await;
        let first = fetch(&server, &address).await.expect(200);

        set_clock(&server, "acme", "2026-02-10T00:00:00Z").await;
        let body = json!({
            "subscription_id": subscription, "amount": 31, "status": "paid",
            "period_start": "2026-02-01T00:00:00Z", "period_end": "2026-03-01T00:00:00Z",
        });
        pay(&server, "acme", body).await.expect(201);

        assert_eq!(fetch(&server, &address).await.expect(200).text, first.text);
        let next = fetch(&server, &export(&server, "acme", "tax_period=2026").await).await;
        assert_eq!((rows(&first.text).len(), rows(&next.text).len()), (1, 2));
    }
}

#[tokio::test]
async fn what_is_written_in_the_second_of_an_export_is_not_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        invoice(&server, "Migration").await;
        let note = json!({ "amount": 5, "reason": "late" });
        let notes = "/admin/billing/invoice/INV-2026-000002/credit-note";
        server.post(admin("acme"), notes, note.clone()).await.expect(200);
        let csv = export(&server, "acme", "tax_period=2026").await;
        let json = export(&server, "acme", "tax_period=2026&format=json").await;
        let first = [&csv, &json].map(|address| fetch(&server, address));
        let first = futures_util::future::join_all(first).await;

        invoice(&server, "Training").await;
        server.post(admin("acme"), notes, note).await.expect(200);

        for (address, before) in [&csv, &json].into_iter().zip(first) {
            let again = fetch(&server, address).await.expect(200);
            assert_eq!(again.text, before.expect(200).text);
        }
        let next = export(&server, "acme", "tax_period=2026").await;
        let next = fetch(&server, &next).await.expect(200);
        assert_eq!(rows(&next.text).len(), 5, "{}", next.text);
    }
}

#[tokio::test]
async fn asking_again_gives_the_same_export_until_something_is_posted() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        let ask = async |query: &str| {
            let path = format!("/admin/billing/tax-export?{query}");
            let kept = server.get(admin("acme"), &path).await.expect(200);
            kept.at("/data/tax_report_id").as_str().unwrap().to_owned()
        };
        let csv = ask("tax_period=2026").await;
        let json = ask("tax_period=2026&format=json").await;

        set_clock(&server, "acme", "2026-02-03T00:00:00Z").await;
        server.advance(60);
        let again = [ask("tax_period=2026").await, ask("tax_period=2026&format=json").await];
        invoice(&server, "Migration").await;
        let after = ask("tax_period=2026").await;

        assert_eq!(again, [csv.clone(), json]);
        assert_ne!(after, csv);
        assert_eq!(ask("tax_period=2026").await, after);
    }
}

#[tokio::test]
async fn asking_for_a_tenant_that_is_not_there_does_not_make_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;

        let ask = server.request(Method::GET, Who::SUPER, "/admin/billing/tax-export");
        server.send(ask.header("x-tenant-id", "acne"), None).await.expect(404);

        let mut tx = server.env.db.begin().await.unwrap();
        let stmt = Stmt::new("SELECT COUNT(*) FROM tenant WHERE tenant_id = 'acne'");
        assert_eq!(tx.fetch_scalar::<i64>(stmt).await.unwrap(), 0);
        tx.rollback().await.unwrap();
        // Who is of a tenant knows that there is one.
        let fresh = Who::Person { tenant: "fresh", user: "usr_f", role: "admin" };
        server.get(fresh, "/admin/billing/tax-export").await.expect(200);
    }
}

#[tokio::test]
async fn an_address_that_was_changed_has_expired_or_is_of_another_tenant_opens_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        subscribe(&server, "other", json!({ "plan": "pro" })).await;
        let (own, others) = (export(&server, "acme", "").await, export(&server, "other", "").await);
        let id = |address: &str| {
            address.split(['/', '?']).find(|it| it.starts_with("tax_")).unwrap().to_owned()
        };
        let expires = own.split(['=', '&']).nth(1).unwrap().to_owned();
        let later = (expires.parse::<i64>().unwrap() + 1).to_string();

        for changed in [
            own.replace("/acme/", "/other/"),
            own.replace(&id(&own), &id(&others)),
            own.replace(&id(&own), "tax_1"),
            own.replace(&expires, &later),
            own.replace(&expires, "soon"),
            own[..own.len() - 2].to_owned(),
            own.replace("signature=", "signature=00"),
            own.replace("/acme/", "/a%2Fb/"),
        ] {
            assert_ne!(changed, own);
            let refused = fetch(&server, &changed).await;
            let status = refused.status.as_u16();
            assert!(
                status == 403 || (status == 400 && changed.contains("=00")),
                "{changed} {status}"
            );
        }
        let bare = own.split('?').next().unwrap();
        assert_eq!(fetch(&server, bare).await.expect(400).fields(), ["expires", "signature"]);
        server.advance(24 * 60 * 60 - 1);
        fetch(&server, &own).await.expect(200);
        server.advance(1);
        let too_late = fetch(&server, &own).await.expect(403);
        assert!(too_late.text.contains("expired"), "{}", too_late.text);
        let list = server.get(admin("acme"), "/admin/billing/tax-exports").await.expect(200);
        let anew = list.at("/items/0/download_url");
        fetch(&server, anew.as_str().unwrap()).await.expect(200);
    }
}

#[tokio::test]
async fn a_tenant_has_one_download_at_a_time_however_slowly_it_is_read() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        let profile = "/admin/billing/tenants/acme/profile";
        let about = json!({ "legal_name": "司".repeat(200) });
        server.put(admin("acme"), profile, about).await.expect(200);
        // More than what waits for the reader.
        join_all((0..700).map(async |_| {
            let line = json!({ "description": "a", "quantity": 1, "unit_price": 1 });
            let body = json!({ "lines": [line] });
            server.post(admin("acme"), "/admin/billing/invoices", body).await.expect(201);
        }))
        .await;
        let address = export(&server, "acme", "tax_period=2026").await;
        let path = address.strip_prefix("http://billing.test").unwrap();
        let path = path.strip_prefix(BASE).unwrap();

        let slow = server.request(Method::GET, Who::Nobody, path).body(Body::empty()).unwrap();
        let slow = server.router().oneshot(slow).await.unwrap();
        let second = fetch(&server, &address).await.expect(503);
        let first = to_bytes(slow.into_body(), usize::MAX).await.unwrap();
        let third = fetch(&server, &address).await.expect(200);

        assert!(second.headers.contains_key("retry-after"));
        assert_eq!(rows(&third.text).len(), 701);
        assert_eq!(third.text.as_bytes(), &first[..]);
    }
}

#[tokio::test]
async fn exports_are_listed_newest_first_and_by_period() {
    for engine in engines() {
        let server = Server::start(engine).await;
        tenant(&server).await;
        for query in [
            "tax_period=2026-Q1",
            "tax_period=2026-Q1",
            "start_date=2026-01-01&end_date=2026-03-31&format=json",
            "start_date=2026-02-01",
            "",
        ] {
            export(&server, "acme", query).await;
        }
        set_clock(&server, "acme", "2026-02-01T12:00:00Z").await;
        invoice(&server, "Migration").await;
        export(&server, "acme", "tax_period=2026-Q1").await;

        let list = "/admin/billing/tax-exports";
        let all = server.get(admin("acme"), list).await.expect(200);
        let of_quarter = format!("{list}?period=2026-Q1&page_size=2");
        let quarter = server.get(admin("acme"), &of_quarter).await.expect(200);
        let days = server.get(admin("acme"), &format!("{list}?period=2026-01-01/2026-03-31")).await;
        let other = server.get(admin("other"), list).await.expect(200);

        let told = |answer: &crate::harness::Answer| {
            let items = answer.at("/items");
            let item = |it: &Value| {
                format!("{} {}", it["period"].as_str().unwrap(), it["format"].as_str().unwrap())
            };
            items.as_array().unwrap().iter().map(item).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&all),
            [
                "2026-Q1 csv",
                "2026-02 csv",
                "2026-02-01/2026-02-01 csv",
                "2026-Q1 json",
                "2026-Q1 csv"
            ]
        );
        assert_eq!(all.at("/total"), 5);
        assert_eq!(told(&quarter), ["2026-Q1 csv", "2026-Q1 json"]);
        assert_eq!(
            (quarter.at("/total"), quarter.at("/pagination/has_next")),
            (json!(3), json!(true))
        );
        assert_eq!(days.expect(200).at("/total"), 3);
        assert_eq!((other.at("/total"), other.at("/items")), (json!(0), json!([])));
        let cursor = quarter.at("/pagination/next_cursor");
        let rest = format!("{list}?period=2026-Q1&page_size=2&cursor={}", cursor.as_str().unwrap());
        assert_eq!(told(&server.get(admin("acme"), &rest).await.expect(200)), ["2026-Q1 csv"]);
        server.get(admin("acme"), &format!("{list}?period=2026-Q5")).await.expect(400);
    }
}

#[tokio::test]
async fn a_wrong_period_and_days_that_go_backwards_are_refused() {
    let server = Server::start(engines().remove(0)).await;
    tenant(&server).await;

    for (query, fields) in [
        ("tax_period=2026-Q5", vec!["tax_period"]),
        ("tax_period=2026-13&format=pdf", vec!["tax_period", "format"]),
        ("tax_period=2026-04-01/2026-04-02", vec!["tax_period"]),
        ("tax_period=2026&start_date=2026-01-01", vec!["tax_period"]),
        ("start_date=2026-03-02&end_date=2026-03-01", vec!["end_date"]),
        ("start_date=2026-02-30&end_date=x", vec!["start_date", "end_date"]),
        ("end_date=2026-03-01", vec!["start_date"]),
        ("start_date=2026-02-02", vec!["start_date"]),
    ] {
        let path = format!("/admin/billing/tax-export?{query}");
        let refused = server.get(admin("acme"), &path).await.expect(400);
        assert_eq!(refused.fields(), fields, "{query}");
    }
    let nobody = server.get(Who::SUPER, "/admin/billing/tax-export").await.expect(400);
    assert_eq!(nobody.fields(), ["X-Tenant-ID"]);
    let named = server.request(Method::GET, Who::SUPER, "/admin/billing/tax-export");
    server.send(named.header("x-tenant-id", "acme"), None).await.expect(200);
}
