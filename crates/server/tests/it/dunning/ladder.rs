//! What happens to whoever does not pay.

use serde_json::json;

use super::{
    SETTINGS, answer, billed_elsewhere, events, invoices, moved, requests, shown, status,
    subscribe, subscribed,
};
use crate::harness::{Server, Who, engines};

#[tokio::test]
async fn whoever_never_pays_goes_down_the_whole_ladder_each_step_at_its_instant() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribed(&server).await;

        assert_eq!(moved(&server, "02-14T11:59:59").await, [""; 0]);
        assert_eq!(status(&server).await, "active");
        let mut ran = moved(&server, "02-14T12:00:00").await;
        assert_eq!(status(&server).await, "past_due");
        ran.extend(moved(&server, "02-21T12:00:00").await);
        assert_eq!(status(&server).await, "suspended");
        ran.extend(moved(&server, "03-16T11:59:59").await);
        assert_eq!(status(&server).await, "suspended");
        ran.extend(moved(&server, "06-01T00:00:00").await);

        let steps = [
            "02-14T12:00 overdue 1",
            "02-15T12:00 retry 1",
            "02-17T12:00 retry 1",
            "02-21T12:00 retry 1",
            "02-21T12:00 suspend 1",
            "02-28T12:00 retry 1",
            "03-16T12:00 cancel 1",
        ];
        assert_eq!(ran, steps);
        let asked = [
            "01-31T12:00 #0 of 1: 99 CNY",
            "02-15T12:00 #1 of 1: 99 CNY",
            "02-17T12:00 #2 of 1: 99 CNY",
            "02-21T12:00 #3 of 1: 99 CNY",
            "02-28T12:00 #4 of 1: 99 CNY",
        ];
        assert_eq!(requests(&server, "acme").await, asked);
        assert_eq!(events(&server, "acme").await, ["created", "past_due", "suspended", "ended"]);
        assert_eq!(invoices(&server, "acme").await, [("overdue".to_owned(), false)]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_was_cancelled_stays_so_when_it_is_paid_and_another_may_begin() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        moved(&server, "03-16T12:00:00").await;
        let cancelled = shown(&server).await;

        let paid = answer(&server, &subscription, 1, "paid").await;

        assert_eq!(
            (cancelled["status"].as_str(), cancelled["auto_renew"].as_bool()),
            (Some("cancelled"), Some(false))
        );
        assert_eq!(paid.at("/data/status"), "paid");
        assert_eq!(status(&server).await, "cancelled");
        let other = subscribe(&server, json!({ "plan": "pro" })).await;
        assert_ne!(other, subscription);
        assert_eq!(status(&server).await, "active");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_payment_that_fails_before_the_due_date_starts_the_ladder_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        moved(&server, "02-01T00:00:00").await;

        let failed = answer(&server, &subscription, 1, "failed").await;
        assert_eq!(status(&server).await, "past_due");
        moved(&server, "02-01T06:00:00").await;
        let again = answer(&server, &subscription, 1, "failed").await;
        let ran = moved(&server, "06-01T00:00:00").await;

        assert_eq!(again.at("/data"), failed.at("/data"));
        let steps = [
            "02-02T00:00 retry 1",
            "02-04T00:00 retry 1",
            "02-08T00:00 retry 1",
            "02-08T00:00 suspend 1",
            "02-14T12:00 overdue 1",
            "02-15T00:00 retry 1",
            "03-03T00:00 cancel 1",
        ];
        assert_eq!(ran, steps);
        assert_eq!(events(&server, "acme").await, ["created", "past_due", "suspended", "ended"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn an_invoice_that_is_made_over_a_failed_payment_fails_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;

        billed_elsewhere(&server, &subscription, "failed").await;

        assert_eq!(status(&server).await, "past_due");
        let asked = ["01-31T12:00 #0 of 1: 99 CNY", "01-31T12:00 #0 of 2: 99 CNY"];
        assert_eq!(requests(&server, "acme").await, asked);
        let ran = moved(&server, "02-03T12:00:00").await;
        assert_eq!(ran, ["02-01T12:00 retry 2", "02-03T12:00 retry 2"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_credit_covers_is_not_asked_for() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "01-31T12:00:00").await;
        let credit = "/admin/billing/credit-balance/acme/adjust";
        let grant = json!({ "amount": 50.5, "source": "promo" });
        server.post(Who::ADMIN, credit, grant.clone()).await.expect(201);

        let subscription = subscribe(&server, json!({ "plan": "basic" })).await;
        let mut paid = json!({
            "subscription_id": subscription,
            "amount": 48.5,
            "status": "paid",
            "period_start": "2026-01-31T12:00:00Z",
            "period_end": "2026-02-28T12:00:00Z",
        });
        server.post(Who::SERVICE, super::RECORDS, paid.clone()).await.expect(201);
        paid["amount"] = json!(7);
        server.post(Who::SERVICE, super::RECORDS, paid).await.expect(201);

        assert_eq!(requests(&server, "acme").await, ["01-31T12:00 #0 of 1: 48.5 CNY"]);
        assert_eq!(moved(&server, "02-27T00:00:00").await, [""; 0]);
        let paid = ("paid".to_owned(), false);
        assert_eq!(invoices(&server, "acme").await, [paid.clone(), paid]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn an_invoice_that_is_due_at_once_is_overdue_at_the_next_look() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "01-31T12:00:00").await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "invoice_due_days": 0 })).await.expect(200);
        let short =
            json!({ "retry_schedule": "[]", "grace_period_days": 1, "auto_cancel_days": 2 });
        server.put(Who::ADMIN, SETTINGS, short).await.expect(200);

        subscribe(&server, json!({ "plan": "basic" })).await;
        let ran = moved(&server, "02-05T00:00:00").await;

        let steps = ["01-31T12:00 overdue 1", "02-01T12:00 suspend 1", "02-02T12:00 cancel 1"];
        assert_eq!(ran, steps);
        assert_eq!(requests(&server, "acme").await.len(), 1);
        server.assert_sound().await;
    }
}
