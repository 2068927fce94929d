//! Billing records that are voided.

use serde_json::json;

use super::{
    DAY, INVOICE, NOTE, SUBSCRIPTION, balance, billed, note, paid, records, settle, subscribe, void,
};
use crate::harness::{Answer, Server, Who, engines};

/// Voids the record at a place of the list.
async fn withdraw(server: &Server, place: usize) -> Answer {
    let id = records(server).await.at(&format!("/items/{place}/record_id"));
    let path = format!("/admin/billing/records/{}", id.as_str().unwrap());
    server.delete(Who::ADMIN, &path).await
}

async fn status(server: &Server) -> serde_json::Value {
    server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data/status")
}

#[tokio::test]
async fn a_void_record_asks_for_nothing_and_its_credit_returns() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let grant = json!({ "amount": 100, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);
        billed(&server).await;
        assert_eq!(balance(&server).await, 0);

        withdraw(&server, 0).await.expect(200);

        let list = records(&server).await;
        assert_eq!(list.at("/items/0/status"), "void");
        assert_eq!(list.at("/items/0/invoice_number"), INVOICE);
        assert_eq!(list.at("/total"), 1);
        assert_eq!(balance(&server).await, 100);
        withdraw(&server, 0).await.expect(409);
        let found = "/billing/records/acme/search?status=void";
        assert_eq!(server.get(Who::MEMBER, found).await.expect(200).at("/total"), 1);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn voiding_what_failed_restores_the_subscription() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        settle(&server, INVOICE, json!(499), "failed").await.expect(201);
        assert_eq!(status(&server).await, "past_due");

        withdraw(&server, 0).await.expect(200);

        assert_eq!(status(&server).await, "active");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_paid_or_noted_is_not_voided() {
    for engine in engines() {
        let server = Server::start(engine).await;
        billed(&server).await;
        note(&server, INVOICE, json!(1)).await.expect(200);

        withdraw(&server, 0).await.expect(409);
        void(&server, NOTE).await.expect(200);
        settle(&server, INVOICE, json!(499), "paid").await.expect(201);
        withdraw(&server, 0).await.expect(409);

        assert_eq!(records(&server).await.at("/items/0/status"), "paid");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_record_of_which_a_note_became_credit_is_not_voided_though_it_is_due_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        let promo = json!({ "amount": 100, "source": "promo" });
        server.post(Who::ADMIN, adjust, promo).await.expect(201);
        billed(&server).await;
        note(&server, INVOICE, json!(399)).await.expect(200);
        note(&server, INVOICE, json!(50)).await.expect(200);
        void(&server, NOTE).await.expect(200);
        assert_eq!(balance(&server).await, 50);

        withdraw(&server, 0).await.expect(409);
        void(&server, "CN-2026-000002").await.expect(200);
        withdraw(&server, 0).await.expect(200);

        assert_eq!(balance(&server).await, 100);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_change_gives_nothing_back_of_what_was_voided() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        settle(&server, INVOICE, json!(99), "paid").await.expect(201);
        server.advance(14 * DAY);
        let change = format!("{SUBSCRIPTION}/change-plan");
        let upgrade = json!({ "new_plan": "pro" });
        server.post(Who::ADMIN, &change, upgrade).await.expect(200);
        withdraw(&server, 0).await.expect(200);

        let back = json!({ "new_plan": "free" });
        server.post(Who::ADMIN, &change, back).await.expect(200);

        // Half of the 99 that were paid, and nothing of the change.
        assert_eq!(balance(&server).await.to_string(), "49.5");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_record_that_is_named_is_voided_among_many_of_one_second() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        for amount in 1..=5 {
            let body = json!({
                "subscription_id": found.at("/data/subscription_id"),
                "amount": amount,
                "period_start": "2026-05-01T00:00:00Z",
                "period_end": "2026-06-01T00:00:00Z",
                "status": "pending",
            });
            server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
            server.advance(i64::from(amount % 2));
        }

        withdraw(&server, 2).await.expect(200);

        let list = records(&server).await;
        let statuses: Vec<_> =
            (0..6).map(|place| list.at(&format!("/items/{place}/status"))).collect();
        let expected = ["pending", "pending", "void", "pending", "pending", "paid"];
        assert_eq!(statuses, expected);
        server.assert_sound().await;
    }
}
