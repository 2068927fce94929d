//! How much can be refunded.

use serde_json::json;

use super::{INVOICE, SECOND, SUBMIT, act, approved, ask, execute, note, of, paid, pay, submit};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn every_broken_field_is_told_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let ask_for = |body| server.post(Who::ADMIN, SUBMIT, body);

        let all = ["amount", "invoice_number", "reason", "transaction_id"];
        assert_eq!(ask_for(json!({})).await.expect(400).fields(), all);
        for amount in [json!(0), json!(-1), json!(10.001), json!("x"), json!(1e13)] {
            assert_eq!(ask_for(ask(amount)).await.expect(400).fields(), ["amount"]);
        }
        let mut unknown = ask(json!(1));
        unknown["invoice_number"] = json!("INV-2026-000009");
        ask_for(unknown.clone()).await.expect(404);
        unknown["reason"] = json!("");
        assert_eq!(ask_for(unknown).await.expect(400).fields(), ["reason"]);
        let mut long = ask(json!(1));
        long["reviewer_comments"] = json!("x".repeat(501));
        assert_eq!(ask_for(long).await.expect(400).fields(), ["reviewer_comments"]);
    }
}

#[tokio::test]
async fn only_money_that_was_received_is_refunded() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let grant = json!({ "amount": 100, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);
        let plan = json!({ "plan": "pro" });
        let made = server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        submit(&server, json!(1)).await.expect(409);
        pay(&server, &made.at("/data/subscription_id"), json!(399)).await;

        submit(&server, json!(399.01)).await.expect(409);
        let id = approved(&server, json!(399)).await;
        execute(&server, &id).await.expect(200);

        // The credit that paid the rest is not given back.
        assert_eq!(super::record_status(&server).await, "paid");
        submit(&server, json!(0.01)).await.expect(409);
        note(&server, json!(100)).await.expect(200);
        assert_eq!(super::record_status(&server).await, "refunded");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_asked_for_is_held_until_it_is_rejected_or_deleted() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let first = submit(&server, json!(300)).await.expect(200).at("/data/refund_id");
        let first = first.as_str().unwrap();
        let second = approved(&server, json!(100)).await;

        submit(&server, json!(100)).await.expect(409);
        note(&server, json!(100)).await.expect(409);
        note(&server, json!(99)).await.expect(200);
        server.assert_sound().await;
        act(&server, Who::ADMIN, first, "/reject").await.expect(200);
        server.assert_sound().await;
        server.delete(Who::ADMIN, &of(&second, "")).await.expect(200);
        server.get(Who::ADMIN, &of(&second, "")).await.expect(404);
        execute(&server, &second).await.expect(404);

        submit(&server, json!(400.01)).await.expect(409);
        submit(&server, json!(400)).await.expect(200);
        server.delete(Who::ADMIN, &of(first, "")).await.expect(200);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_change_of_plan_leaves_what_is_held() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = approved(&server, json!(450)).await;
        server.advance(14 * 24 * 60 * 60);

        let end = "/admin/billing/subscription/acme?at=now";
        server.delete(Who::ADMIN, end).await.expect(200);

        // Half of 499 would go back, and 49 are not held.
        let credit = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(credit.at("/data/balance"), 49);
        execute(&server, &id).await.expect(200);
        assert_eq!(super::record_status(&server).await, "refunded");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn notes_and_refunds_that_come_at_once_never_take_more_than_the_invoice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;

        let notes = (0..16).map(|_| note(&server, json!(49.9)));
        let refunds = (0..16).map(|_| submit(&server, json!(49.9)));
        let (notes, refunds) = tokio::join!(
            futures_util::future::join_all(notes),
            futures_util::future::join_all(refunds),
        );

        let good = notes.iter().chain(&refunds).filter(|it| it.status == 200).count();
        assert_eq!(good, 10);
        for refund in refunds.iter().filter(|it| it.status == 200) {
            let id = refund.at("/data/refund_id");
            let id = id.as_str().unwrap();
            act(&server, SECOND, id, "/approve").await.expect(200);
            execute(&server, id).await.expect(200);
        }
        server.assert_sound().await;
        assert_eq!(submit(&server, json!(0.1)).await.status, 409, "{INVOICE}");
    }
}
