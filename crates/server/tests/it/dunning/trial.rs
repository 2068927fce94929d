//! An invoice that somebody else made fails in a trial: nothing is taken from that, and when it is
//! over it counts.

use serde_json::json;

use super::{CLOCK, KEY_ALONE, answer, billed_elsewhere, events, moved, shown, status, subscribe};
use crate::harness::{Server, Who, engines};

/// A trial of `basic` on a clock of its own from 31 January, and an invoice that failed that day.
async fn failing_trial(server: &Server, days: u8) -> String {
    moved(server, "01-31T12:00:00").await;
    let subscription = subscribe(server, json!({ "plan": "basic", "trial_days": days })).await;
    billed_elsewhere(server, &subscription, "failed").await;
    subscription
}

#[tokio::test]
async fn its_days_of_grace_begin_when_the_trial_is_over() {
    for engine in engines() {
        let server = Server::start(engine).await;
        failing_trial(&server, 45).await;

        let ran = moved(&server, "03-17T11:59:59").await;
        assert_eq!(status(&server).await, "trial");
        // The trial ends on 17 March; with it the grace begins.
        moved(&server, "03-17T12:00:00").await;
        assert_eq!(status(&server).await, "past_due");
        let mut after = moved(&server, "03-24T11:59:59").await;
        assert_eq!(status(&server).await, "past_due");
        after.extend(moved(&server, "03-24T12:00:00").await);
        assert_eq!(status(&server).await, "suspended");
        after.extend(moved(&server, "04-16T12:00:00").await);

        let in_the_trial = [
            "02-01T12:00 retry 1",
            "02-03T12:00 retry 1",
            "02-07T12:00 retry 1",
            "02-14T12:00 retry 1",
            "02-14T12:00 overdue 1",
        ];
        let mut ran = ran;
        ran.sort();
        let mut expected = in_the_trial.map(str::to_owned);
        expected.sort();
        assert_eq!(ran, expected);
        assert!(after.contains(&"03-24T12:00 suspend 1".to_owned()), "{after:?}");
        assert!(after.contains(&"04-16T12:00 cancel 1".to_owned()), "{after:?}");
        let expected = ["created", "renewed", "past_due", "suspended", "ended"];
        assert_eq!(events(&server, "acme").await, expected);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn paid_in_the_trial_it_counts_for_nothing() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let subscription = failing_trial(&server, 20).await;
        moved(&server, "02-10T12:00:00").await;

        answer(&server, &subscription, 1, "paid").await;
        moved(&server, "03-01T12:00:00").await;

        assert_eq!(status(&server).await, "active");
        assert_eq!(events(&server, "acme").await, ["created", "renewed"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_trial_that_is_moved_moves_the_grace() {
    for engine in engines() {
        let server = Server::start(engine).await;
        failing_trial(&server, 20).await;
        let longer = "/admin/billing/subscription/acme/extend-trial";
        server.post(Who::ADMIN, longer, json!({ "extend_days": 60 })).await.expect(200);
        moved(&server, "03-05T12:00:00").await;
        assert_eq!(status(&server).await, "trial");

        let short = "/admin/billing/subscription/acme/cancel-trial";
        server.post(Who::ADMIN, short, json!({})).await.expect(200);

        assert_eq!(status(&server).await, "past_due");
        assert_eq!(shown(&server).await["current_period_start"], "2026-03-05T12:00:00Z");
        moved(&server, "03-12T11:59:59").await;
        assert_eq!(status(&server).await, "past_due");
        let ran = moved(&server, "03-12T12:00:00").await;
        assert_eq!(ran, ["03-12T12:00 suspend 1"]);
        assert_eq!(status(&server).await, "suspended");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_trial_that_is_not_followed_by_a_period_ends_as_it_was_to() {
    for engine in engines() {
        let server = Server::start(engine).await;
        server.put(KEY_ALONE, CLOCK, json!({ "now": "2026-01-31T12:00:00Z" })).await.expect(200);
        let body = json!({ "plan": "basic", "trial_days": 20, "auto_renew": false });
        let subscription = subscribe(&server, body).await;
        billed_elsewhere(&server, &subscription, "failed").await;

        moved(&server, "04-01T00:00:00").await;

        assert_eq!(status(&server).await, "expired");
        assert_eq!(events(&server, "acme").await, ["created", "ended"]);
        server.assert_sound().await;
    }
}
