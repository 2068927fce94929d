//! What happens when somebody pays after all.

use countinghouse::db::{Purpose, Stmt};
use serde_json::json;

use super::{
    answer, billed_elsewhere, events, invoices, moved, requests, shown, status, subscribe,
    subscribed,
};
use crate::harness::{Server, engines};

#[tokio::test]
async fn paid_within_the_grace_it_is_active_again_and_no_step_is_left() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        moved(&server, "02-16T00:00:00").await;
        let before = shown(&server).await;

        answer(&server, &subscription, 1, "paid").await;
        let again = answer(&server, &subscription, 1, "paid").await;

        let mut after = shown(&server).await;
        assert_eq!(
            (before["status"].as_str(), after["status"].as_str()),
            (Some("past_due"), Some("active"))
        );
        after["status"] = json!("past_due");
        assert_eq!(after, before);
        assert_eq!(again.at("/data/status"), "paid");
        assert_eq!(invoices(&server, "acme").await, [("paid".to_owned(), false)]);
        assert_eq!(moved(&server, "02-27T00:00:00").await, [""; 0]);
        assert_eq!(requests(&server, "acme").await.len(), 2);
        assert_eq!(events(&server, "acme").await, ["created", "past_due", "restored"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn paid_when_suspended_within_its_period_it_serves_on_in_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        moved(&server, "02-27T00:00:00").await;
        assert_eq!(status(&server).await, "suspended");

        answer(&server, &subscription, 1, "paid").await;

        let after = shown(&server).await;
        assert_eq!(after["status"], "active");
        assert_eq!(after["current_period_start"], "2026-01-31T12:00:00Z");
        assert_eq!(after["current_period_end"], "2026-02-28T12:00:00Z");
        assert_eq!(requests(&server, "acme").await.len(), 4);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn paid_when_suspended_beyond_its_period_a_new_one_begins_that_day_and_is_billed() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        moved(&server, "03-10T08:00:00").await;
        assert_eq!(status(&server).await, "suspended");

        answer(&server, &subscription, 1, "paid").await;

        let after = shown(&server).await;
        assert_eq!(after["status"], "active");
        assert_eq!(after["current_period_start"], "2026-03-10T08:00:00Z");
        assert_eq!(after["current_period_end"], "2026-04-10T08:00:00Z");
        let expected = [("paid".to_owned(), false), ("issued".to_owned(), true)];
        assert_eq!(invoices(&server, "acme").await, expected);
        let asked = requests(&server, "acme").await;
        assert_eq!(asked.last().unwrap(), "03-10T08:00 #0 of 2: 99 CNY");
        assert_eq!(events(&server, "acme").await, ["created", "past_due", "suspended", "restored"]);
        assert_eq!(moved(&server, "03-24T08:00:00").await, ["03-24T08:00 overdue 2"]);
        assert_eq!(status(&server).await, "past_due");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn paid_when_suspended_beyond_its_period_what_was_not_to_go_on_ends() {
    for engine in engines() {
        let server = Server::start(engine).await;
        moved(&server, "01-31T12:00:00").await;
        let body = json!({ "plan": "basic", "auto_renew": false });
        let subscription = subscribe(&server, body).await;
        moved(&server, "03-10T08:00:00").await;

        answer(&server, &subscription, 1, "paid").await;

        assert_eq!(status(&server).await, "expired");
        assert_eq!(invoices(&server, "acme").await.len(), 1);
        let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
        let stmt = Stmt::new("SELECT plan FROM tenant_plan WHERE tenant_id = $1").bind("acme");
        let plan: Option<(String,)> = tx.fetch_optional(stmt).await.unwrap();
        assert_eq!(plan, None);
        tx.rollback().await.unwrap();
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn of_two_that_are_overdue_the_payment_of_the_last_one_counts() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        billed_elsewhere(&server, &subscription, "pending").await;
        let ran = moved(&server, "02-15T00:00:00").await;
        assert_eq!(ran, ["02-14T12:00 overdue 1", "02-14T12:00 overdue 2"]);

        answer(&server, &subscription, 1, "paid").await;
        assert_eq!(status(&server).await, "past_due");
        assert_eq!(moved(&server, "02-16T00:00:00").await, ["02-15T12:00 retry 2"]);
        answer(&server, &subscription, 2, "paid").await;

        assert_eq!(status(&server).await, "active");
        assert_eq!(events(&server, "acme").await, ["created", "past_due", "restored"]);
        assert_eq!(moved(&server, "02-27T00:00:00").await, [""; 0]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn another_that_fails_later_has_a_ladder_of_its_own() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = subscribed(&server).await;
        moved(&server, "02-10T12:00:00").await;
        billed_elsewhere(&server, &subscription, "pending").await;
        moved(&server, "02-22T00:00:00").await;
        assert_eq!(status(&server).await, "suspended");

        answer(&server, &subscription, 1, "paid").await;
        let still = status(&server).await;
        answer(&server, &subscription, 2, "failed").await;
        let ran = moved(&server, "02-26T00:00:00").await;

        // The second was open, but had not failed when the first was paid.
        assert_eq!(still, "active");
        assert_eq!(ran, ["02-23T00:00 retry 2", "02-24T12:00 overdue 2", "02-25T00:00 retry 2"]);
        assert_eq!(status(&server).await, "past_due");
        server.assert_sound().await;
    }
}
