//! What notes do to the ledger: tax by its rate, what was earned and what was not yet.

use countinghouse::db::{Purpose, Stmt};
use serde_json::json;

use super::{INVOICE, NOTE, balance, note, of_invoice, set_clock, void};
use crate::harness::{Server, Who, engines};

/// The balance of an account on its credit side, in cents.
async fn account(server: &Server, name: &str) -> i64 {
    let stmt = Stmt::new(
        "SELECT CAST(COALESCE(SUM(CASE WHEN credit = $2 THEN amount WHEN debit = $2 THEN -amount ELSE 0 END), 0) AS BIGINT)
         FROM ledger_transfer WHERE tenant_id = $1",
    );
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let units: i64 = tx.fetch_scalar(stmt.bind("acme").bind(name)).await.unwrap();
    units / 100
}

/// A year of `pro` from 15 January 2026, 1,200 and 6 % of tax.
async fn a_year(server: &Server) {
    set_clock(server, "2026-01-15T00:00:00Z").await;
    let plan = json!({
        "plan": "year", "name": "Year", "monthly_price": 120, "yearly_price": 1200,
    });
    server.post(Who::SUPER, "/admin/billing/plans", plan).await.expect(201);
    let profile = "/admin/billing/tenants/acme/profile";
    let terms = json!({ "tax_rate": 0.06, "invoice_due_days": 90 });
    server.put(Who::ADMIN, profile, terms).await.expect(200);
    let ask = json!({ "plan": "year", "billing_cycle": "yearly" });
    server.post(Who::ADMIN, "/billing/subscribe", ask).await.expect(201);
}

#[tokio::test]
async fn months_that_are_over_were_earned_and_the_rest_is_deferred_no_more() {
    for engine in engines() {
        let server = Server::start(engine).await;
        a_year(&server).await;
        set_clock(&server, "2026-03-10T00:00:00Z").await;
        let deferred = account(&server, "deferred_revenue").await;
        // January and February: 55.89 and 92.06.
        assert_eq!((account(&server, "revenue").await, deferred), (14_795, 120_000 - 14_795));

        note(&server, INVOICE, json!(636)).await.expect(200);

        // Half of everything.
        assert_eq!(account(&server, "tax_payable").await, 3_600);
        let refunds = account(&server, "refunds").await;
        assert!((-7_398..=-7_397).contains(&refunds), "{refunds}");
        assert_eq!(deferred - account(&server, "deferred_revenue").await, 60_000 + refunds);
        server.assert_sound().await;
        note(&server, INVOICE, json!(636)).await.expect(200);
        assert_eq!(account(&server, "refunds").await, -14_795);
        assert_eq!(account(&server, "deferred_revenue").await, 0);
        assert_eq!(account(&server, "tax_payable").await, 0);
        server.assert_sound().await;
        set_clock(&server, "2026-05-10T00:00:00Z").await;
        assert_eq!(account(&server, "revenue").await, 14_795);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_note_that_is_voided_later_gives_its_months_back() {
    for engine in engines() {
        let server = Server::start(engine).await;
        a_year(&server).await;
        set_clock(&server, "2026-03-10T00:00:00Z").await;
        note(&server, INVOICE, json!(1272)).await.expect(200);

        set_clock(&server, "2026-04-10T00:00:00Z").await;
        void(&server, NOTE).await.expect(200);

        assert_eq!(account(&server, "refunds").await, 0);
        server.assert_sound().await;
        set_clock(&server, "2026-05-10T00:00:00Z").await;
        // March was not earned while the note stood; April earned it.
        assert_eq!(account(&server, "revenue").await, 5_589 + 9_206 + 10_191 + 9_863);
        assert_eq!(balance(&server).await, 0);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn notes_and_voids_in_any_order_leave_sound_books_and_the_whole_reverses_exactly() {
    for engine in engines() {
        let server = Server::start(engine).await;
        a_year(&server).await;
        let mut standing = Vec::new();
        let mut taken = 0;
        for (step, cents) in [333, 12_345, 1, 40_001, 777, 9_999, 5].into_iter().enumerate() {
            let day = format!("2026-{:02}-20T00:00:00Z", 1 + step / 3);
            set_clock(&server, &day).await;
            let amount = format!("{}.{:02}", cents / 100, cents % 100);
            let body = json!({ "amount": amount, "reason": "Outage" });
            let made = server.post(Who::ADMIN, &of_invoice(INVOICE), body).await.expect(200);
            let number = made.at("/data/credit_note_number").as_str().unwrap().to_owned();
            standing.push((number, cents));
            taken += cents;
            if step % 2 == 1 {
                let (number, cents) = standing.remove(0);
                void(&server, &number).await.expect(200);
                taken -= cents;
            }
            server.assert_sound().await;
        }

        let left = 127_200 - taken;
        let amount = format!("{}.{:02}", left / 100, left % 100);
        note(&server, INVOICE, json!(amount)).await.expect(200);

        assert_eq!(account(&server, "tax_payable").await, 0);
        assert_eq!(account(&server, "deferred_revenue").await, 0);
        let kept = account(&server, "revenue").await + account(&server, "refunds").await;
        assert_eq!(kept, 0);
        server.assert_sound().await;
    }
}
