//! From asking to being paid by the built-in wallet.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    INVOICE, REFUNDS, SECOND, SUBMIT, act, approved, ask, execute, of, paid, record_status, status,
    submit,
};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn two_people_agree_and_the_wallet_pays() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;

        let made = submit(&server, json!(99)).await.expect(200);
        let id = made.at("/data/refund_id").as_str().unwrap().to_owned();
        assert_eq!(made.at("/data/status"), "submitted");
        assert_eq!(made.at("/data/transaction_id"), "txn_abc123");
        act(&server, Who::ADMIN, &id, "/approve").await.expect(403);
        execute(&server, &id).await.expect(409);
        act(&server, SECOND, &id, "/approve").await.expect(200);
        act(&server, SECOND, &id, "/approve").await.expect(409);
        act(&server, SECOND, &id, "/reject").await.expect(409);
        let done = execute(&server, &id).await.expect(200);

        assert_eq!(done.at("/data/status"), "completed");
        assert_eq!((done.at("/data/refund_id"), done.at("/data/amount")), (json!(id), json!(99)));
        let again = execute(&server, &id).await.expect(200);
        assert_eq!(again.at("/data"), done.at("/data"));
        let shown = server.get(Who::ADMIN, &of(&id, "")).await.expect(200);
        assert_eq!(shown.at("/data/approved_by"), "usr_b");
        assert_eq!(shown.at("/data/credit_note_number"), "CN-2026-000001");
        let wallet = "/data/wallet_transaction_id";
        assert_eq!(shown.at(wallet), done.at(wallet));
        let balance = server.get(Who::ADMIN, "/billing/balance").await.expect(200);
        let expected =
            json!({ "user_id": "usr_a", "balance": 99, "frozen_amount": 0, "currency": "CNY" });
        assert_eq!(balance.at("/data"), expected);
        let other = server.get(Who::MEMBER, "/billing/balance").await.expect(200);
        assert_eq!(other.at("/data/balance"), 0);
        let credit = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(credit.at("/data/balance"), 0);
        assert_eq!(record_status(&server).await, "paid");
        let invoice = format!("/billing/invoice/{INVOICE}");
        let invoice = server.get(Who::MEMBER, &invoice).await.expect(200);
        assert_eq!(invoice.at("/data/amount_returned"), 99);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn all_of_it_refunded_makes_the_record_refunded() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        let terms = json!({ "tax_rate": 0.06, "tax_inclusive": true });
        server.put(Who::ADMIN, profile, terms).await.expect(200);
        paid(&server).await;
        super::note(&server, json!(100)).await.expect(200);

        for amount in [json!(199), json!(200)] {
            let id = approved(&server, amount).await;
            execute(&server, &id).await.expect(200);
        }

        assert_eq!(record_status(&server).await, "refunded");
        let found = "/billing/records/acme/search?status=refunded";
        assert_eq!(server.get(Who::MEMBER, found).await.expect(200).at("/total"), 1);
        submit(&server, json!(1)).await.expect(409);
        super::note(&server, json!(1)).await.expect(409);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_was_paid_out_can_not_be_undone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = approved(&server, json!(99)).await;
        execute(&server, &id).await.expect(200);

        let note = "/admin/billing/credit-note/CN-2026-000001";
        let shown = server.get(Who::ADMIN, note).await.expect(200);
        assert_eq!(shown.at("/data/reason"), "Dissatisfied");
        server.send(server.request(Method::PUT, Who::ADMIN, note), None).await.expect(409);
        server.delete(Who::ADMIN, note).await.expect(409);
        server.delete(Who::ADMIN, &of(&id, "")).await.expect(409);

        assert_eq!(status(&server, &id).await, "completed");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_refund_that_is_executed_by_many_at_once_is_paid_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;
        paid(&server).await;
        let id = approved(&server, json!(99)).await;

        let all = (0..32).map(|place| execute(if place % 2 == 0 { &server } else { &beside }, &id));
        let answers = join_all(all).await;

        let good: Vec<Value> =
            answers.iter().filter(|it| it.status == 200).map(|it| it.at("/data")).collect();
        assert!(!good.is_empty() && good.iter().all(|it| *it == good[0]), "{good:?}");
        let others = answers.iter().filter(|it| it.status != 200);
        assert!(others.into_iter().all(|it| it.status == 503 || it.status == 409));
        let notes = server.get(Who::ADMIN, "/admin/billing/credit-notes").await.expect(200);
        assert_eq!(notes.at("/total"), 1);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn the_same_key_is_one_refund_and_one_answer() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let made = server.post_once(Who::ADMIN, "a", SUBMIT, ask(json!(9))).await.expect(200);
        let again = server.post_once(Who::ADMIN, "a", SUBMIT, ask(json!(9))).await.expect(200);
        assert_eq!(made.text, again.text);
        server.post_once(Who::ADMIN, "a", SUBMIT, ask(json!(8))).await.expect(422);
        let id = made.at("/data/refund_id").as_str().unwrap().to_owned();
        act(&server, SECOND, &id, "/approve").await.expect(200);

        let path = of(&id, "/execute");
        let body = json!({ "user_id": "usr_a" });
        let done = server.post_once(SECOND, "e", &path, body.clone()).await.expect(200);
        server.advance(60);
        let replayed = server.post_once(SECOND, "e", &path, body).await.expect(200);

        assert_eq!(done.text, replayed.text);
        assert_eq!(replayed.headers["idempotency-replayed"], "true");
        let other = json!({ "user_id": "usr_b" });
        server.post_once(SECOND, "e", &path, other).await.expect(422);
        assert_eq!(server.get(Who::ADMIN, REFUNDS).await.expect(200).at("/total"), 1);
    }
}

#[tokio::test]
async fn refunds_are_in_the_export_of_whoever_administers_and_of_whoever_asked() {
    for engine in engines() {
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = submit(&server, json!(9)).await.expect(200).at("/data/refund_id");
        server.post(SECOND, SUBMIT, ask(json!(8))).await.expect(200);

        let export = async |user: &str| {
            let path = "/internal/billing/export-user-data";
            server.post(Who::SERVICE, path, json!({ "user_id": user })).await.expect(200)
        };

        let whole = export("usr_a").await;
        assert_eq!(whole.at("/data/refund_approvals").as_array().unwrap().len(), 2);
        assert_eq!(whole.at("/data/refund_approvals/1/refund_id"), id);
        let own = export("usr_b").await;
        assert_eq!(own.at("/data/refund_approvals/0/amount"), 8);
        assert_eq!(own.at("/data/refund_approvals/1"), Value::Null);
        assert_eq!(export("usr_c").await.at("/data/refund_approvals"), json!([]));
    }
}
