//! The documents that changes make, and what undoing leaves of them.

use countinghouse::dunning::run_due;
use serde_json::json;

use super::{
    CHANGE, DAY, SUBSCRIPTION, balance, change, pay, records, rollback, settle, subscribe,
};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn a_downgrade_lowers_what_is_due_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "pro").await;
        server.advance(14 * DAY);

        let changed = change(&server, "basic").await.expect(200);

        // Half of 499 back, half of 99 asked for.
        assert_eq!(changed.at("/data/proration/proration_amount"), -200);
        assert_eq!(changed.at("/data/invoice_number"), json!(null));
        assert_eq!(changed.at("/data/credit_transaction_id"), json!(null));
        assert_eq!(balance(&server).await, 0);
        pay(&server, "INV-2026-000001", json!(499)).await.expect(409);
        pay(&server, "INV-2026-000001", json!(299)).await.expect(201);
        assert_eq!(records(&server).await.at("/items/0/status"), "paid");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_had_been_paid_becomes_credit_at_the_tax_of_its_invoice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "tax_rate": 0.06 })).await.expect(200);
        subscribe(&server, "pro").await;
        pay(&server, "INV-2026-000001", json!(528.94)).await.expect(201);
        server.put(Who::ADMIN, profile, json!({ "tax_rate": 0.13 })).await.expect(200);
        server.advance(14 * DAY);

        let changed = change(&server, "free").await.expect(200);

        // Half of 499, and the 6 % that were billed on it.
        assert_eq!(changed.at("/data/proration/lines/0/tax_rate").to_string(), "0.06");
        assert_eq!(changed.at("/data/proration/proration_amount").to_string(), "-264.47");
        assert_eq!(balance(&server).await.to_string(), "264.47");
        let path = "/billing/credit-transactions/acme?source=proration";
        let credit = server.get(Who::MEMBER, path).await.expect(200);
        assert_eq!(credit.at("/total"), 1);
        assert_eq!(credit.at("/items/0/id"), changed.at("/data/credit_transaction_id"));
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn undoing_voids_what_is_due_and_returns_the_credit_that_paid_for_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let grant = json!({ "amount": 100, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);
        let before = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200).at("/data");
        server.advance(14 * DAY);
        change(&server, "pro").await.expect(200);
        assert_eq!(balance(&server).await, 0);

        let undone = rollback(&server).await.expect(200);

        assert_eq!(undone.at("/data"), before);
        assert_eq!(balance(&server).await, 100);
        assert_eq!(records(&server).await.at("/items/0/status"), "void");
        assert_eq!(records(&server).await.at("/items/1/status"), "pending");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn undoing_makes_credit_of_what_was_paid() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        pay(&server, "INV-2026-000001", json!(99)).await.expect(201);
        server.advance(14 * DAY);
        let body = json!({ "new_plan": "pro", "billing_cycle": "yearly" });
        let changed = server.post(Who::ADMIN, CHANGE, body).await.expect(200);
        let asked = changed.at("/data/proration/proration_amount");
        pay(&server, "INV-2026-000002", asked.clone()).await.expect(201);

        let undone = rollback(&server).await.expect(200);

        assert_eq!(undone.at("/data/current_period_end"), "2026-02-28T12:00:00Z");
        assert_eq!(undone.at("/data/billing_cycle"), "monthly");
        assert_eq!(balance(&server).await, asked);
        // What was undone counts for nothing: the same change asks for the same again.
        let body = json!({ "new_plan": "pro", "billing_cycle": "yearly" });
        let again = server.post(Who::ADMIN, CHANGE, body).await.expect(200);
        assert_eq!(again.at("/data/proration/proration_amount"), asked);
        assert_eq!(balance(&server).await, 0);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn undoing_takes_back_the_credit_unless_it_was_spent() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "pro").await;
        pay(&server, "INV-2026-000001", json!(499)).await.expect(201);
        server.advance(14 * DAY);
        change(&server, "basic").await.expect(200);
        assert_eq!(balance(&server).await, 200);
        rollback(&server).await.expect(200);
        assert_eq!(balance(&server).await, 0);
        change(&server, "basic").await.expect(200);
        let spend = json!({ "amount": -1, "source": "manual_adjust" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, spend).await.expect(201);

        rollback(&server).await.expect(409);

        assert_eq!(balance(&server).await, 199);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn ending_at_once_gives_back_what_is_left() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "pro").await;
        pay(&server, "INV-2026-000001", json!(499)).await.expect(201);
        server.advance(14 * DAY);

        let path = format!("{SUBSCRIPTION}?at=now");
        server.delete(Who::ADMIN, &path).await.expect(200);

        assert_eq!(balance(&server).await.to_string(), "249.5");
        let ended = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(ended.at("/data/status"), "cancelled");
        server.delete(Who::ADMIN, &path).await.expect(409);
        subscribe(&server, "basic").await;
        assert_eq!(balance(&server).await.to_string(), "150.5");
        server.assert_sound().await;
    }
}

/// A plan at such a monthly price.
async fn plan(server: &Server, name: &str, price: serde_json::Value) {
    let body = json!({ "plan": name, "name": name, "monthly_price": price, "yearly_price": 990 });
    server.post(Who::SUPER, "/admin/billing/plans", body).await.expect(201);
}

#[tokio::test]
async fn the_tax_that_goes_back_is_that_which_was_billed() {
    for inclusive in [false, true] {
        for engine in engines() {
            let server = Server::start(engine).await;
            let terms = json!({ "tax_rate": 0.06, "tax_inclusive": inclusive });
            let profile = "/admin/billing/tenants/acme/profile";
            server.put(Who::ADMIN, profile, terms).await.expect(200);
            plan(&server, "small", json!(9.9)).await;
            plan(&server, "large", json!(19.8)).await;
            subscribe(&server, "small").await;
            change(&server, "large").await.expect(200);

            // 0.59 of tax were billed and given back on 9.90, and 1.19 on 19.80.
            let changed = change(&server, "free").await.expect(200);

            let paid = if inclusive { "-19.8" } else { "-20.99" };
            assert_eq!(changed.at("/data/proration/proration_amount").to_string(), paid);
            assert_eq!(records(&server).await.at("/items/0/status"), "paid");
            assert_eq!(records(&server).await.at("/items/1/status"), "paid");
            assert_eq!(balance(&server).await, 0);
            server.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn what_is_due_on_any_invoice_goes_before_what_was_paid() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        server.advance(DAY);
        let asked = change(&server, "pro").await.expect(200);
        let asked = asked.at("/data/proration/proration_amount");
        pay(&server, "INV-2026-000002", asked.clone()).await.expect(201);

        // What was paid of the newer invoice is more than is due on the older one.
        let back = change(&server, "basic").await.expect(200);

        let back = back.at("/data/proration/proration_amount").as_f64().unwrap();
        assert_eq!(records(&server).await.at("/items/1/status"), "paid");
        let left = balance(&server).await.as_f64().unwrap();
        assert!((left + back + 99.0).abs() < 0.001, "{left} {back}");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn undoing_after_the_due_date_leaves_what_is_due_overdue() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server
            .put(
                Who::ADMIN,
                "/admin/billing/tenants/acme/profile",
                json!({ "invoice_due_days": 0 }),
            )
            .await
            .expect(200);
        subscribe(&server, "basic").await;
        change(&server, "free").await.expect(200);
        assert_eq!(records(&server).await.at("/items/0/status"), "paid");
        server.advance(2 * DAY);

        rollback(&server).await.expect(200);

        assert_eq!(records(&server).await.at("/items/0/status"), "pending");
        run_due(server.app.commands(), &server.env).await.unwrap();
        let found = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);
        assert_eq!(found.at("/data/status"), "past_due");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn undoing_makes_a_subscription_past_due_again() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let failed = json!("failed");
        settle(&server, "INV-2026-000001", json!(99), failed).await.expect(201);
        change(&server, "free").await.expect(200);
        let restored = server.get(Who::ADMIN, SUBSCRIPTION).await.expect(200);

        let undone = rollback(&server).await.expect(200);

        assert_eq!(restored.at("/data/status"), "active");
        assert_eq!(undone.at("/data/status"), "past_due");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn money_for_an_invoice_that_was_undone_meanwhile_becomes_credit_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "basic").await;
        let asked = change(&server, "pro").await.expect(200);
        let asked = asked.at("/data/proration/proration_amount");
        rollback(&server).await.expect(200);

        let late = pay(&server, "INV-2026-000002", asked.clone()).await.expect(201);
        pay(&server, "INV-2026-000002", asked.clone()).await.expect(201);

        assert_eq!(late.at("/data/status"), "void");
        assert_eq!(balance(&server).await, asked);
        pay(&server, "INV-2026-000002", json!(1)).await.expect(409);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_trial_in_another_currency_keeps_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({
            "plan": "yen", "name": "Yen", "monthly_price": 980, "yearly_price": 9800, "currency": "JPY",
        });
        server.post(Who::SUPER, "/admin/billing/plans", body).await.expect(201);
        let trial = json!({ "plan": "yen", "trial_days": 14 });
        server.post(Who::ADMIN, "/billing/subscribe", trial).await.expect(201);

        let adjust = "/admin/billing/credit-balance/acme/adjust";
        let grant = json!({ "amount": 500, "source": "promo" });
        let granted = server.post(Who::ADMIN, adjust, grant.clone()).await.expect(201);
        let mut other = grant;
        other["currency"] = json!("CNY");
        server.post(Who::ADMIN, adjust, other).await.expect(400);

        assert_eq!(granted.at("/data/balance"), 500);
        let end = format!("{SUBSCRIPTION}/cancel-trial");
        server.post(Who::ADMIN, &end, json!({})).await.expect(200);
        assert_eq!(balance(&server).await, 0);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_change_that_waits_is_made_where_a_trial_is_cut_short() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let trial = json!({ "plan": "basic", "trial_days": 14 });
        server.post(Who::ADMIN, "/billing/subscribe", trial).await.expect(201);
        let body = json!({ "new_plan": "pro", "effective": "period_end" });
        server.post(Who::ADMIN, CHANGE, body).await.expect(200);

        let end = format!("{SUBSCRIPTION}/cancel-trial");
        let ended = server.post(Who::ADMIN, &end, json!({})).await.expect(200);

        assert_eq!(ended.at("/data/plan"), "pro");
        assert_eq!(records(&server).await.at("/items/0/amount"), 499);
        server.assert_sound().await;
    }
}
