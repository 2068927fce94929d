//! What is refused, and what nobody sees of another tenant.

use serde_json::json;

use super::{INVOICE, NOTE, billed, note, of_invoice, of_note, records, void};
use crate::harness::{Server, Who, engines};

const STRANGER: Who<'static> = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

#[tokio::test]
async fn every_broken_field_of_a_note_is_told_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        let ask = |body| {
            server.post(Who::ADMIN, "/admin/billing/invoice/INV-2026-000001/credit-note", body)
        };

        let broken =
            json!({ "amount": 10.001, "invoice_number": "INV-2026-000002", "reason": " " });
        let answer = ask(broken).await.expect(400);

        assert_eq!(answer.fields(), ["invoice_number", "amount", "reason"]);
        assert_eq!(ask(json!({})).await.expect(400).fields(), ["amount", "reason"]);
        for amount in [json!(0), json!(-1), json!("NaN"), json!(10.001), json!(1e13), json!(null)] {
            let body = json!({ "amount": amount, "reason": "Outage" });
            assert_eq!(ask(body).await.expect(400).fields(), ["amount"], "{amount}");
        }
        let long = json!({ "amount": 1, "reason": "x".repeat(501) });
        assert_eq!(ask(long).await.expect(400).fields(), ["reason"]);
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_void_takes_no_note() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        for number in ["INV-2026-000002", "INV-26-1", "nothing"] {
            note(&server, number, json!(1)).await.expect(404);
        }
        for number in ["CN-2026-000001", "CN-1", "nothing"] {
            server.get(Who::ADMIN, &of_note(number)).await.expect(404);
            void(&server, number).await.expect(404);
            server.delete(Who::ADMIN, &of_note(number)).await.expect(404);
        }
        let id = records(&server).await.at("/items/0/record_id");
        let path = format!("/admin/billing/records/{}", id.as_str().unwrap());
        server.delete(Who::ADMIN, &path).await.expect(200);

        note(&server, INVOICE, json!(1)).await.expect(409);

        server.assert_sound().await;
    }
}

#[tokio::test]
async fn documents_of_another_tenant_are_not_there() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        note(&server, INVOICE, json!(1)).await.expect(200);
        let id = records(&server).await.at("/items/0/record_id");
        let record = format!("/admin/billing/records/{}", id.as_str().unwrap());

        let body = json!({ "amount": 1, "reason": "Outage" });
        server.post(STRANGER, &of_invoice(INVOICE), body).await.expect(404);
        server.get(STRANGER, &of_note(NOTE)).await.expect(404);
        server.delete(STRANGER, &of_note(NOTE)).await.expect(404);
        server.put(STRANGER, &of_note(NOTE), json!({})).await.expect(404);
        server.delete(STRANGER, &record).await.expect(404);
        server.get(Who::MEMBER, &of_note(NOTE)).await.expect(403);
        server.delete(Who::MEMBER, &record).await.expect(403);
    }
}

#[tokio::test]
async fn a_super_admin_finds_documents_of_any_tenant_unless_several_have_the_number() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        let body = json!({ "amount": 1, "reason": "Outage" });

        server.post(Who::SUPER, &of_invoice(INVOICE), body.clone()).await.expect(200);
        server.get(Who::SUPER, &of_note(NOTE)).await.expect(200);
        server.post(STRANGER, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
        server.post(Who::SUPER, &of_invoice(INVOICE), body.clone()).await.expect(409);
        server.post(STRANGER, &of_invoice(INVOICE), body).await.expect(200);
        server.get(Who::SUPER, &of_note(NOTE)).await.expect(409);

        let request = server.request(axum::http::Method::GET, Who::SUPER, &of_note(NOTE));
        let named = server.send(request.header("x-tenant-id", "other"), None).await.expect(200);
        assert_eq!(named.at("/data/tenant_id"), "other");
        let id = records(&server).await.at("/items/0/record_id");
        let path = format!("/admin/billing/records/{}", id.as_str().unwrap());
        server.delete(Who::SUPER, &path).await.expect(409);
        void_of_acme(&server).await;
        server.delete(Who::SUPER, &path).await.expect(200);
        server.assert_sound().await;
    }
}

async fn void_of_acme(server: &Server) {
    void(server, NOTE).await.expect(200);
}
