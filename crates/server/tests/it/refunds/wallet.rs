//! A wallet service that is down, slow, answers twice, something else, or nonsense.

use countinghouse::{db::Stmt, refunds::RefundRun};
use serde_json::json;

use super::{SECOND, approved, execute, of, paid, record_status, status, stub::WalletStub};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn a_wallet_service_pays_and_what_it_calls_the_payment_is_kept() {
    for engine in engines() {
        let wallet = WalletStub::start().await;
        let server = Server::start_with_wallet(engine, &wallet.url).await;
        paid(&server).await;
        let id = approved(&server, json!(99.5)).await;

        let done = execute(&server, &id).await.expect(200);

        assert_eq!(done.at("/data/wallet_transaction_id"), "txn_1");
        let paid = wallet.paid().await;
        let paid = paid.values().find(|it| it["reference"] == json!(id)).unwrap();
        assert_eq!(paid["amount"].to_string(), "99.5");
        assert_eq!((&paid["user_id"], &paid["currency"]), (&json!("usr_a"), &json!("CNY")));
        let balance = server.get(Who::ADMIN, "/billing/balance").await.expect(200);
        assert_eq!(balance.at("/data/balance").to_string(), "500.05");
        assert_eq!(balance.at("/data/frozen_amount"), 1);
        wallet.mode("error").await;
        server.get(Who::ADMIN, "/billing/balance").await.expect(503);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_the_wallet_did_not_confirm_stays_executing_and_is_paid_once() {
    for engine in engines() {
        // One for each, since the ids of tests are the same, and so are the keys.
        let wallet = WalletStub::start().await;
        let server = Server::start_with_wallet(engine, &wallet.url).await;
        paid(&server).await;
        for mode in ["error", "other_amount", "nonsense", "redirect", "endless"] {
            wallet.mode(mode).await;
            let id = approved(&server, json!(10)).await;

            let answer = execute(&server, &id).await.expect(503);
            assert_eq!(answer.headers["retry-after"], "5", "{mode}");
            assert_eq!(status(&server, &id).await, "executing", "{mode}");
            server.delete(Who::ADMIN, &of(&id, "")).await.expect(409);
            server
                .post(SECOND, &of(&id, "/execute"), json!({ "user_id": "usr_b" }))
                .await
                .expect(409);
            server.assert_sound().await;
            execute(&server, &id).await.expect(503);
            wallet.mode("good").await;
            let done = execute(&server, &id).await.expect(200);

            let paid = wallet.paid().await;
            let paid: Vec<_> = paid.values().filter(|it| it["reference"] == json!(id)).collect();
            assert_eq!(paid.len(), 1, "{mode}");
            assert_eq!(done.at("/data/wallet_transaction_id"), paid[0]["transaction_id"]);
            let again = execute(&server, &id).await.expect(200);
            assert_eq!(again.at("/data"), done.at("/data"));
        }
        let notes = server.get(Who::ADMIN, "/admin/billing/credit-notes").await.expect(200);
        assert_eq!(notes.at("/total"), 5);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_wallet_that_is_down_or_hangs_is_asked_again_by_the_scheduler() {
    let wallet = WalletStub::start().await;
    let server = Server::start_with_wallet(engines().remove(0), &wallet.url).await;
    paid(&server).await;
    wallet.mode("hang").await;
    let id = approved(&server, json!(499)).await;

    let began = std::time::Instant::now();
    execute(&server, &id).await.expect(503);
    assert!((9..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    drop(wallet);
    execute(&server, &id).await.expect(503);

    let mut run = RefundRun::start(&server.app);
    assert_eq!(run.next_group().await.unwrap(), Some(vec![false]));
    assert_eq!(run.next_group().await.unwrap(), None);
    assert_eq!(status(&server, &id).await, "executing");
    assert_eq!(record_status(&server).await, "paid");
    server.assert_sound().await;
}

#[tokio::test]
async fn the_scheduler_goes_on_with_what_is_executing() {
    for engine in engines() {
        // One for each, since the ids of tests are the same, and so are the keys.
        let wallet = WalletStub::start().await;
        let server = Server::start_with_wallet(engine, &wallet.url).await;
        paid(&server).await;
        wallet.mode("nonsense").await;
        let (one, other) =
            (approved(&server, json!(400)).await, approved(&server, json!(99)).await);
        execute(&server, &one).await.expect(503);
        execute(&server, &other).await.expect(503);
        wallet.mode("other_name").await;

        let mut run = RefundRun::start(&server.app);
        assert_eq!(run.next_group().await.unwrap(), Some(vec![true, true]));
        assert_eq!(run.next_group().await.unwrap(), None);

        assert_eq!(status(&server, &one).await, "completed");
        assert_eq!(record_status(&server).await, "refunded");
        let calls = wallet.calls().await;
        // Whatever it calls the payment now, the first name stays.
        let done = execute(&server, &one).await.expect(200);
        assert_eq!(execute(&server, &one).await.expect(200).at("/data"), done.at("/data"));
        assert_eq!(wallet.calls().await, calls);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_wallet_that_may_have_paid_is_the_only_one_that_goes_on() {
    for engine in engines() {
        let (first, second) = (WalletStub::start().await, WalletStub::start().await);
        let server = Server::start_with_wallet(engine, &first.url).await;
        paid(&server).await;
        first.mode("nonsense").await;
        let id = approved(&server, json!(400)).await;
        execute(&server, &id).await.expect(503);
        first.mode("good").await;

        let elsewhere = server.beside_with_wallet(&second.url, &second.url).await;
        for other in [&elsewhere, &server.beside().await] {
            let refused = execute(other, &id).await.expect(409);
            assert!(refused.text.contains("another wallet"), "{}", refused.text);
            let mut run = RefundRun::start(&other.app);
            assert_eq!(run.next_group().await.unwrap(), Some(vec![false]));
        }
        assert_eq!(second.calls().await, 0);
        assert_eq!(status(&server, &id).await, "executing");

        let moved = first.url.replace("127.0.0.1", "localhost");
        let moved = server.beside_with_wallet(&moved, &first.url).await;
        execute(&moved, &id).await.expect(200);

        let paid = first.paid().await;
        assert_eq!((paid.len(), second.paid().await.len()), (1, 0));
        // What is paid, is, whatever wallet would pay now.
        let done = execute(&moved, &id).await.expect(200);
        assert_eq!(execute(&elsewhere, &id).await.expect(200).at("/data"), done.at("/data"));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_the_built_in_wallet_did_not_pay_yet_is_paid_by_the_new_one() {
    for engine in engines() {
        let wallet = WalletStub::start().await;
        let server = Server::start(engine).await;
        paid(&server).await;
        let id = approved(&server, json!(400)).await;
        let begun = Stmt::new(
            "UPDATE refund_approval SET status = 'executing', payee = 'usr_a', wallet = 'built_in',
                executing_at = requested_at WHERE refund_id = $1",
        );
        let mut tx = server.env.db.begin().await.unwrap();
        assert_eq!(tx.execute(begun.bind(&*id)).await.unwrap(), 1);
        tx.commit().await.unwrap();

        let server = server.beside_with_wallet(&wallet.url, &wallet.url).await;
        let done = execute(&server, &id).await.expect(200);

        assert_eq!(done.at("/data/wallet_transaction_id"), "txn_1");
        let entries = Stmt::new(
            "SELECT DISTINCT credit FROM ledger_transfer WHERE kind = 'refund_paid'
             AND debit = 'receivable'",
        );
        let entries: Vec<(String,)> = server.env.db.fetch_all(entries).await.unwrap();
        assert_eq!(entries, [("cash".to_owned(),)]);
        server.assert_sound().await;
    }
}
