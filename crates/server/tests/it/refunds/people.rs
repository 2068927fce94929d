//! Who may do what, and whom it is paid to.

use serde_json::json;

use super::{
    INVOICE, REFUNDS, SECOND, SUBMIT, act, approved, ask, execute, of, paid, status, submit,
};
use crate::harness::{Server, Who, engines};

const STRANGER: Who<'static> = Who::Person { tenant: "other", user: "usr_o", role: "admin" };

#[tokio::test]
async fn it_is_paid_to_the_administrator_of_the_subscription_and_to_nobody_else() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = approved(&server, json!(99)).await;
        let to = |user: &'static str| {
            let (server, path) = (&server, of(&id, "/execute"));
            async move { server.post(SECOND, &path, json!({ "user_id": user })).await }
        };

        to("usr_b").await.expect(409);
        to("").await.expect(400);
        assert_eq!(status(&server, &id).await, "approved");
        to("usr_a").await.expect(200);
        to("usr_b").await.expect(409);

        server.assert_sound().await;
    }
}

#[tokio::test]
async fn refunds_of_another_tenant_are_not_there() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = approved(&server, json!(9)).await;

        server.post(STRANGER, SUBMIT, ask(json!(1))).await.expect(404);
        server.get(STRANGER, &of(&id, "")).await.expect(404);
        server.delete(STRANGER, &of(&id, "")).await.expect(404);
        for what in ["/approve", "/reject"] {
            act(&server, STRANGER, &id, what).await.expect(404);
        }
        let body = json!({ "user_id": "usr_a" });
        server.post(STRANGER, &of(&id, "/execute"), body).await.expect(404);
        server.get(Who::MEMBER, &of(&id, "")).await.expect(403);
        server.post(Who::MEMBER, SUBMIT, ask(json!(1))).await.expect(403);
        assert_eq!(server.get(STRANGER, REFUNDS).await.expect(200).at("/total"), 0);
        for unknown in ["ref_01KB3V6Z0ECX7Y9R2T4W6Q8S0A", "nothing"] {
            server.get(Who::ADMIN, &of(unknown, "")).await.expect(404);
            execute(&server, unknown).await.expect(404);
        }
    }
}

#[tokio::test]
async fn a_super_admin_finds_refunds_of_any_tenant_and_lists_them_all() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = submit(&server, json!(9)).await.expect(200).at("/data/refund_id");
        let id = id.as_str().unwrap();
        let other = server.post(Who::SUPER, SUBMIT, ask(json!(8))).await.expect(200);
        assert_eq!(other.at("/data/tenant_id"), "acme");

        act(&server, Who::SUPER, id, "/approve").await.expect(200);
        let all = server.get(Who::SUPER, &format!("{REFUNDS}?page_size=1")).await.expect(200);
        let some = server.get(Who::SUPER, &format!("{REFUNDS}?status=approved")).await.expect(200);

        assert_eq!((all.at("/total"), all.at("/items/0/amount")), (json!(2), json!(8)));
        let cursor = all.at("/pagination/next_cursor");
        let next = format!("{REFUNDS}?page_size=1&cursor={}", cursor.as_str().unwrap());
        assert_eq!(server.get(Who::SUPER, &next).await.expect(200).at("/items/0/amount"), 9);
        assert_eq!((some.at("/total"), some.at("/items/0/refund_id")), (json!(1), json!(id)));
        server.get(Who::ADMIN, &format!("{REFUNDS}?status=lost")).await.expect(400);
        server.post(STRANGER, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
        server.post(Who::SUPER, SUBMIT, ask(json!(1))).await.expect(409);
        let request = server.request(axum::http::Method::POST, Who::SUPER, SUBMIT);
        let request = request.header("x-tenant-id", "acme");
        server.send(request, Some(ask(json!(1)).to_string())).await.expect(200);
        assert_eq!(INVOICE, "INV-2026-000001");
    }
}

#[tokio::test]
async fn what_a_tenant_without_a_subscription_paid_is_due_to_nobody() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let line = json!({ "description": "By hand", "quantity": 1, "unit_price": 500 });
        let bill = json!({ "lines": [line] });
        server.post(Who::ADMIN, "/admin/billing/invoices", bill).await.expect(201);
        let pays = json!({ "invoice_number": INVOICE, "amount": 500, "status": "paid" });
        server.post(Who::SERVICE, "/internal/billing/records", pays).await.expect(201);

        let refused = submit(&server, json!(99)).await.expect(409);
        assert!(refused.text.contains("credit note"), "{}", refused.text);

        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "free" })).await.expect(201);
        let id = approved(&server, json!(99)).await;
        execute(&server, &id).await.expect(200);
        let shown = server.get(Who::ADMIN, &of(&id, "")).await.expect(200);
        assert_eq!(shown.at("/data/payee"), "usr_a");
        server.assert_sound().await;
    }
}
