//! Subscriptions, over HTTP.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn subscribing_bills_the_first_period_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let made = server
            .post(
                Who::ADMIN,
                "/billing/subscribe",
                json!({ "plan": "pro", "billing_cycle": "monthly" }),
            )
            .await
            .expect(201);

        assert_eq!(made.at("/data/plan_id"), "pro");
        assert_eq!(made.at("/data/status"), "active");
        assert_eq!(made.at("/data/admin_user_id"), "usr_a");
        assert_eq!(made.at("/data/current_period_start"), "2026-01-31T12:00:00Z");
        assert_eq!(made.at("/data/current_period_end"), "2026-02-28T12:00:00Z");
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(records.at("/total"), 1);
        assert_eq!(records.at("/items/0/invoice_number"), "INV-2026-000001");
        assert_eq!(records.at("/items/0/amount"), 499);
        assert_eq!(records.at("/items/0/status"), "pending");
        assert_eq!(records.at("/items/0/line_items/0/unit_price"), 499);
        assert_eq!(records.at("/items/0/description"), "Professional Monthly Subscription");
    }
}

#[tokio::test]
async fn a_trial_bills_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;

        let body = json!({ "plan_id": "basic", "trial_days": 14, "auto_renew": false });
        let made = server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);

        assert_eq!(made.at("/data/status"), "trial");
        assert_eq!(made.at("/data/trial_end_date"), "2026-02-14T12:00:00Z");
        assert_eq!(made.at("/data/auto_renew"), false);
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(records.at("/total"), 0);
    }
}

#[tokio::test]
async fn one_that_ended_is_shown_with_its_end_and_grants_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let admin = "/admin/billing/subscription/acme";
        let places = [
            (Who::MEMBER, "/billing/subscription/acme"),
            (Who::MEMBER, "/billing/subscription"),
            (Who::ADMIN, admin),
            (Who::SERVICE, "/internal/billing/subscription/acme"),
        ];
        for (who, path) in places {
            server.get(who, path).await.expect(404);
        }
        let body = json!({ "plan": "pro" });
        server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);

        server.delete(Who::ADMIN, &format!("{admin}?at=now")).await.expect(200);

        for (who, path) in places {
            let found = server.get(who, path).await.expect(200);
            assert_eq!(found.at("/data/status"), "cancelled", "{path}");
            assert_eq!(found.at("/data/plan_id"), "pro", "{path}");
        }
        let check = json!({ "gate_key": "sso" });
        let gate = server.post(Who::SERVICE, "/internal/billing/feature-gates/check", check).await;
        assert_eq!(gate.expect(200).at("/effective"), false);
        server.put(Who::ADMIN, admin, json!({ "auto_renew": true })).await.expect(409);
        let body = json!({ "plan": "basic" });
        server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(201);
        let next = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(200);
        assert_eq!(
            (next.at("/data/status"), next.at("/data/plan_id")),
            (json!("active"), json!("basic"))
        );
    }
}

#[tokio::test]
async fn of_many_who_subscribe_at_once_one_does_and_is_billed_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let beside = server.beside().await;

        let asks = (0..12).map(|n| {
            let at = if n % 2 == 0 { &server } else { &beside };
            at.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" }))
        });
        let answers = join_all(asks).await;

        let mut statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1..].iter().all(|it| *it == 409)), (201, true));
        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!((records.at("/total"), records.at("/items/0/amount")), (json!(1), json!(499)));
        let all = server.get(Who::ADMIN, "/admin/billing/subscriptions").await.expect(200);
        assert_eq!(all.at("/total"), 1);
    }
}

#[tokio::test]
async fn a_second_live_subscription_is_a_conflict() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "plan": "free" });
        server.post(Who::ADMIN, "/billing/subscribe", body.clone()).await.expect(201);

        let second = server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(409);

        assert_eq!(second.at("/code"), 61_110_005);
    }
}

#[tokio::test]
async fn the_credit_balance_pays_first() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let grant = json!({ "amount": 500, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);

        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);

        let records = server.get(Who::MEMBER, "/billing/records/acme").await.expect(200);
        assert_eq!(records.at("/items/0/status"), "paid");
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 1);
        let used = server
            .get(Who::MEMBER, "/billing/credit-transactions/acme?source=invoice_payment")
            .await
            .expect(200);
        assert_eq!(used.at("/total"), 1);
        assert_eq!(used.at("/items/0/amount"), -499);
        assert_eq!(used.at("/items/0/source_id"), "INV-2026-000001");
    }
}

#[tokio::test]
async fn every_broken_field_is_told_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "billing_cycle": "weekly", "trial_days": 91, "auto_renew": "yes" });

        let refused = server.post(Who::ADMIN, "/billing/subscribe", body).await.expect(400);

        let mut fields = refused.fields();
        fields.sort();
        assert_eq!(fields, ["auto_renew", "billing_cycle", "plan", "trial_days"]);
    }
}

#[tokio::test]
async fn the_same_key_answers_the_same_bytes() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let body = json!({ "plan": "pro" });
        let path = "/billing/subscribe";
        let first = server.post_once(Who::ADMIN, "k", path, body.clone()).await.expect(201);
        server.advance(60);

        let again = server.post_once(Who::ADMIN, "k", path, body).await.expect(201);
        let other =
            server.post_once(Who::ADMIN, "k", path, json!({ "plan": "basic" })).await.expect(422);

        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(other.at("/code"), 61_110_006);
    }
}

#[tokio::test]
async fn a_subscription_is_shown_on_every_plane() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let none = server.get(Who::MEMBER, "/billing/subscription/acme").await.expect(404);
        assert_eq!(none.at("/code"), 61_110_004);
        server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);

        for (who, path) in [
            (Who::MEMBER, "/billing/subscription/acme"),
            (Who::MEMBER, "/billing/subscription"),
            (Who::ADMIN, "/admin/billing/subscription/acme"),
            (Who::SUPER, "/admin/billing/subscription/acme"),
            (Who::SERVICE, "/internal/billing/subscription/acme"),
        ] {
            let shown = server.get(who, path).await.expect(200);
            assert_eq!(shown.at("/data/plan_id"), "pro", "{path}");
        }
    }
}
