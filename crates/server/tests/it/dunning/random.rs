//! Whatever happens in whatever order, the books are sound and the status is that of the invoices.

use std::collections::BTreeSet;

use axum::http::Method;
use countinghouse::{
    db::{Purpose, Stmt},
    dunning::run_due,
};
use proptest::{
    prelude::{Just, Strategy, prop_oneof},
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;

use super::{RECORDS, SETTINGS, billed_elsewhere, status, subscribe};
use crate::harness::{Server, Who, engines};

/// How many scripts are played on each engine.
const SCRIPTS: usize = 6;

#[derive(Clone, Debug)]
enum Round {
    /// So many hours pass, and what is due is done.
    Wait(i64),
    /// Somebody says how the payment of an invoice went.
    Say(u8, &'static str),
    /// Another invoice is made.
    Bill(&'static str),
    /// The settings are changed.
    Set(u8, u8),
    /// They are removed.
    Remove,
}

fn script() -> impl Strategy<Value = Vec<Round>> {
    let said = || prop_oneof![Just("paid"), Just("failed")];
    let billed = prop_oneof![Just("pending"), Just("failed")];
    let round = prop_oneof![
        5 => (1_i64..24 * 15).prop_map(Round::Wait),
        4 => (1_u8..6, said()).prop_map(|(number, said)| Round::Say(number, said)),
        2 => billed.prop_map(Round::Bill),
        1 => (1_u8..20, 1_u8..30).prop_map(|(grace, more)| Round::Set(grace, grace + more)),
        1 => Just(Round::Remove),
    ];
    proptest::collection::vec(round, 15..30)
}

async fn play(server: &Server, subscription: &str, round: &Round) {
    match round {
        Round::Wait(hours) => {
            server.advance(hours * 60 * 60);
            let run = run_due(server.app.commands(), &server.env).await.unwrap();
            assert_eq!(run.failed, 0);
        }
        Round::Say(number, said) => {
            let body = json!({
                "subscription_id": subscription,
                "invoice_number": format!("INV-2026-00000{number}"),
                "amount": 99,
                "status": said,
                "period_start": "2026-01-31T12:00:00Z",
                "period_end": "2026-02-28T12:00:00Z",
            });
            let answer = server.post(Who::SERVICE, RECORDS, body).await;
            // There may be no such invoice, or it may be paid.
            assert!([201, 404, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        }
        Round::Bill(said) => {
            billed_elsewhere(server, subscription, said).await;
        }
        Round::Set(grace, cancel) => {
            let body = json!({ "grace_period_days": grace, "auto_cancel_days": cancel });
            server.put(Who::ADMIN, SETTINGS, body).await.expect(200);
        }
        Round::Remove => {
            server.call(Method::DELETE, Who::ADMIN, SETTINGS, json!({})).await.expect(200);
        }
    }
}

/// How many invoices failed and are not paid.
async fn failing(server: &Server) -> i64 {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT COUNT(*) FROM invoice WHERE tenant_id = $1 AND failed_at IS NOT NULL
            AND status IN ('issued', 'overdue')",
    );
    tx.fetch_scalar(stmt.bind("acme")).await.unwrap()
}

#[tokio::test]
async fn whatever_happens_the_status_is_that_of_the_invoices_and_the_books_are_sound() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut seen = BTreeSet::new();
    for _ in 0..SCRIPTS {
        let script = script().new_tree(&mut runner).unwrap().current();
        let mut ends = Vec::new();
        for engine in engines() {
            let server = Server::start(engine).await;
            let subscription = subscribe(&server, json!({ "plan": "basic" })).await;
            let mut told = Vec::new();
            for round in &script {
                play(&server, &subscription, round).await;
                let (status, failing) = (status(&server).await, failing(&server).await);
                let fits = match status.as_str() {
                    "active" => failing == 0,
                    "past_due" | "suspended" => failing > 0,
                    _ => true,
                };
                assert!(fits, "{status} with {failing} that fail, after {round:?} of {script:?}");
                seen.insert(status.clone());
                told.push((status, failing));
            }
            server.assert_sound().await;
            ends.push(told);
        }
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{script:?}: {ends:?}");
    }
    assert!(seen.iter().eq(["active", "cancelled", "past_due", "suspended"]), "{seen:?}");
}
