//! Notices before a period ends.

use countinghouse::subscriptions::NoticeRun;
use serde_json::{Value, json};

use super::{DAY, KEY_ALONE, execute, make_rich, subscribe, texts};
use crate::harness::{Server, engines};

/// What the outbox says of the ends of periods, oldest first.
async fn notices(server: &Server) -> Vec<Value> {
    let rows = texts(
        server,
        "SELECT kind || ' ' || tenant_id || ' ' || payload FROM outbox_message
         WHERE kind IN ('trial.will_end', 'invoice.upcoming') ORDER BY tenant_id, seq",
    )
    .await;
    let read = |row: &String| {
        let (kind, rest) = row.split_once(' ').unwrap();
        let (tenant, payload) = rest.split_once(' ').unwrap();
        let mut payload: Value = serde_json::from_str(payload).unwrap();
        payload.as_object_mut().unwrap().remove("subscription_id").unwrap();
        json!([kind, tenant, payload])
    };
    rows.iter().map(read).collect()
}

/// Tells whom there is something to tell, as the scheduler does.
async fn tell(server: &Server) -> Vec<bool> {
    let mut run = NoticeRun::start(&server.env, server.app.commands()).await.unwrap();
    let mut told = Vec::new();
    while let Some(group) = run.next_group().await.unwrap() {
        told.extend(group);
    }
    told
}

#[tokio::test]
async fn a_tenant_is_told_once_and_three_days_before() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "monthly", json!({ "plan": "basic" })).await;
        subscribe(&server, "trial", json!({ "plan": "pro", "trial_days": 28 })).await;
        subscribe(&server, "ends", json!({ "plan": "basic", "auto_renew": false })).await;
        subscribe(&server, "short", json!({ "plan": "basic", "trial_days": 2 })).await;
        subscribe(&server, "cancelled", json!({ "plan": "basic" })).await;
        execute(
            &server,
            "UPDATE subscription SET cancel_at_period_end = TRUE WHERE tenant_id = 'cancelled'",
        )
        .await;

        let at_once = tell(&server).await;
        server.advance(25 * DAY - 1);
        let early = tell(&server).await;
        server.advance(1);
        let then = tell(&server).await;
        let again = tell(&server).await;

        assert_eq!((at_once.len(), early.len(), then.len(), again.len()), (1, 0, 2, 0));
        assert_eq!(
            notices(&server).await,
            [
                json!(["invoice.upcoming", "monthly", {
                    "plan_id": "basic", "period_start": "2026-02-28T12:00:00Z", "amount": 99,
                    "currency": "CNY",
                }]),
                json!(["trial.will_end", "short", {
                    "plan_id": "basic", "trial_end": "2026-02-02T12:00:00Z", "amount": 99,
                    "currency": "CNY",
                }]),
                json!(["trial.will_end", "trial", {
                    "plan_id": "pro", "trial_end": "2026-02-28T12:00:00Z", "amount": 499,
                    "currency": "CNY",
                }]),
            ]
        );
    }
}

#[tokio::test]
async fn after_a_downtime_nobody_is_told_of_what_is_over() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        server.advance(28 * DAY);

        let late = tell(&server).await;
        let none = notices(&server).await;
        super::run(&server).await;
        server.advance(28 * DAY);
        let next = tell(&server).await;

        assert_eq!((late, none.len(), next), (vec![true], 0, vec![true]));
        assert_eq!(notices(&server).await[0][2]["period_start"], "2026-03-31T12:00:00Z");
    }
}

#[tokio::test]
async fn on_a_test_clock_every_period_has_its_notice_before_its_end() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let clock = "/internal/billing/test-clock/acme";
        server.put(KEY_ALONE, clock, json!({ "now": "2026-01-01T00:00:00Z" })).await.expect(200);
        make_rich(&server, "acme").await;
        let trial = json!({ "plan": "basic", "trial_days": 1 });
        subscribe(&server, "acme", trial).await;

        let to = json!({ "now": "2026-03-02T00:00:00Z" });
        let moved = server.put(KEY_ALONE, clock, to).await.expect(200);

        let ran = moved.at("/data/ran");
        let ran = ran.as_array().unwrap().iter();
        let ran: Vec<_> = ran.map(|it| (it["at"].clone(), it["kind"].clone())).collect();
        let expected = [
            ("2026-01-01T00:00:00Z", "notice"),
            ("2026-01-02T00:00:00Z", "trial_end"),
            ("2026-01-30T00:00:00Z", "notice"),
            ("2026-02-01T00:00:00Z", "revenue.recognised"),
            ("2026-02-02T00:00:00Z", "renewal"),
            ("2026-02-27T00:00:00Z", "notice"),
            ("2026-03-01T00:00:00Z", "revenue.recognised"),
            ("2026-03-02T00:00:00Z", "renewal"),
        ];
        assert_eq!(ran, expected.map(|(at, kind)| (json!(at), json!(kind))));
        let kinds: Vec<Value> =
            notices(&server).await.into_iter().map(|notice| notice[0].clone()).collect();
        assert_eq!(kinds, ["trial.will_end", "invoice.upcoming", "invoice.upcoming"]);
    }
}
