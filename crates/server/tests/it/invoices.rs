//! Invoices over HTTP: one of them, as a file, as PDF; lists of them, and those that administrators
//! write.

mod drawn;
mod listed;
mod one_off;

use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const FIRST: &str = "/billing/invoice/INV-2026-000001";

/// Sets who `acme` is, with 6 % of tax.
async fn introduced(server: &Server) {
    let profile = json!({
        "legal_name": "Acme Ltd.", "address": "1 Main Street\nShanghai", "tax_id": "91310000",
        "tax_rate": 0.06,
    });
    server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", profile).await.expect(200);
}

/// Subscribes `acme` to `pro`, and gives the subscription's id.
async fn subscribed(server: &Server) -> Value {
    let made = server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await;
    made.expect(201).at("/data/subscription_id")
}

/// Says how the payment of an invoice went.
async fn told(server: &Server, number: &str, amount: &str, status: &str) -> Answer {
    let body = json!({ "invoice_number": number, "amount": amount, "status": status });
    server.post(Who::SERVICE, "/internal/billing/records", body).await
}

async fn invoice(server: &Server, path: &str) -> Value {
    server.get(Who::MEMBER, path).await.expect(200).at("/data")
}

#[tokio::test]
async fn an_invoice_says_what_it_billed_and_what_became_of_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        let subscription = subscribed(&server).await;

        let open = invoice(&server, FIRST).await;
        server.advance(60);
        told(&server, "INV-2026-000001", "528.94", "paid").await.expect(201);
        let paid = invoice(&server, FIRST).await;

        let expected = json!({
            "invoice_number": "INV-2026-000001", "tenant_id": "acme",
            "subscription_id": subscription, "plan": "pro", "billing_cycle": "monthly",
            "type": "subscription", "description": open["description"], "status": "issued",
            "currency": "CNY", "subtotal": 499, "tax_amount": 29.94, "amount": 528.94,
            "credit_applied": 0, "amount_noted": 0, "amount_paid": 0, "amount_returned": 0,
            "amount_due": 528.94,
            "issued_at": "2026-01-31T12:00:00Z", "due_date": "2026-02-14T12:00:00Z",
            "period_start": "2026-01-31T12:00:00Z", "period_end": "2026-02-28T12:00:00Z",
            "seller": { "name": "Countinghouse Ltd.", "address": "1 Ledger Lane, London", "tax_id": "GB123456789" },
            "buyer": { "name": "Acme Ltd.", "address": "1 Main Street\nShanghai", "tax_id": "91310000" },
            "taxes": [{ "tax_rate": 0.06, "subtotal": 499, "tax_amount": 29.94 }],
            "line_items": [{
                "description": open["description"], "resource_type": "subscription", "quantity": 1,
                "unit_price": 499, "amount": 499, "tax_rate": 0.06, "tax_amount": 29.94,
                "service_start": "2026-01-31T12:00:00Z", "service_end": "2026-02-28T12:00:00Z",
            }],
        });
        assert_eq!(open, expected);
        let of = |name: &str| paid[name].clone();
        assert_eq!((of("status"), of("paid_at")), (json!("paid"), json!("2026-01-31T12:01:00Z")));
        assert_eq!((of("amount_paid"), of("amount_due")), (json!(528.94), json!(0)));
    }
}

#[tokio::test]
async fn what_it_says_stays_whatever_becomes_of_the_tenant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        subscribed(&server).await;
        let before = invoice(&server, FIRST).await;

        let change = json!({ "legal_name": "Other", "address": "", "tax_rate": 0.13 });
        server.put(Who::ADMIN, "/admin/billing/tenants/acme/profile", change).await.expect(200);
        let plan = json!({ "new_plan": "enterprise", "billing_cycle": "yearly" });
        let change_plan = "/admin/billing/subscription/acme/change-plan";
        server.post(Who::ADMIN, change_plan, plan).await.expect(200);
        let after = invoice(&server, FIRST).await;
        let second = invoice(&server, "/billing/invoice/INV-2026-000002").await;

        assert_eq!(after, before);
        assert_eq!(second["buyer"], json!({ "name": "Other", "tax_id": "91310000" }));
        let of = |name: &str| second[name].clone();
        assert_eq!((of("plan"), of("billing_cycle")), (json!("enterprise"), json!("yearly")));
    }
}

#[tokio::test]
async fn another_tenant_s_invoice_and_none_are_the_same() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;
        let other = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

        for end in ["", "/export", "/pdf"] {
            server.get(Who::MEMBER, &format!("{FIRST}{end}")).await.expect(200);
            server.get(other, &format!("{FIRST}{end}")).await.expect(404);
            for wrong in ["INV-2026-000002", "INV-2026-1", "CN-2026-000001", "a%20b", "%E4%B8%93"] {
                let path = format!("/billing/invoice/{wrong}{end}");
                server.get(Who::MEMBER, &path).await.expect(404);
            }
        }
    }
}

#[tokio::test]
async fn an_export_is_a_file_of_json_or_a_row_for_each_line() {
    for engine in engines() {
        let server = Server::start(engine).await;
        introduced(&server).await;
        let subscription = subscribed(&server).await;
        let risky = "=HYPERLINK(\"http://a\",1)\nnext";
        let body = json!({
            "subscription_id": subscription, "amount": 10.6, "status": "paid", "description": risky,
            "period_start": "2026-05-01T00:00:00Z", "period_end": "2026-06-01T00:00:00Z",
        });
        server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
        let path = "/billing/invoice/INV-2026-000002";

        let shown = server.get(Who::MEMBER, path).await.expect(200);
        let default = server.get(Who::MEMBER, &format!("{path}/export")).await.expect(200);
        let table = server.get(Who::MEMBER, &format!("{path}/export?format=csv")).await.expect(200);
        let xml = server.get(Who::MEMBER, &format!("{path}/export?format=xml")).await;

        assert_eq!(default.text, shown.text);
        let name = |it: &Answer| it.headers["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(name(&default), "attachment; filename=\"INV-2026-000002.json\"");
        assert_eq!(name(&table), "attachment; filename=\"INV-2026-000002.csv\"");
        assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(xml.expect(400).fields(), ["format"]);
        let mut reader = csv::Reader::from_reader(&table.bytes[..]);
        let heads = reader.headers().unwrap().clone();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let cell = |name: &str| {
            let place = heads.iter().position(|head| head == name).unwrap();
            rows[0][place].to_owned()
        };
        assert_eq!(rows.len(), 1);
        assert_eq!(cell("description"), format!("'{risky}"));
        let sums = ["amount", "tax_rate", "tax_amount", "invoice_amount"].map(cell);
        assert_eq!(sums, ["10", "0.06", "0.6", "10.6"]);
        let plan = ["plan", "billing_cycle", "line", "app_id"].map(cell);
        assert_eq!(plan, ["pro", "monthly", "1", ""]);
    }
}
