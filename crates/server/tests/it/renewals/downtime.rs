//! After a downtime everything is as it would have been in time, but for when it was done.

use countinghouse::upkeep::{Kept, Upkeep};
use countinghouse_core::id::TenantId;
use serde_json::{Value, json};

use super::{DAY, KEY_ALONE, RUN, admin, execute, make_rich, results, run, subscribe, texts};
use crate::harness::{Server, Who, engines};

/// How long nobody looked.
const DAYS: i64 = 92;

/// Does what is due, as the scheduler does it; how much failed.
async fn upkeep(server: &Server) -> u64 {
    let mut run = Upkeep::start(&server.env, server.app.commands(), None).await.unwrap();
    let mut failed = 0;
    while let Some(kept) = run.next_group().await.unwrap() {
        if let Kept::Dunning(group) = kept {
            failed += group.failed;
        }
    }
    failed
}

async fn set_due_days(server: &Server, tenant: &str, days: i64) {
    let path = format!("/admin/billing/tenants/{tenant}/profile");
    server.put(admin(tenant), &path, json!({ "invoice_due_days": days })).await.expect(200);
}

async fn settle(server: &Server, tenant: &str, number: &str, status: &str) {
    let path = format!("/billing/subscription/{tenant}");
    let own = server.get(admin(tenant), &path).await.expect(200);
    let body = json!({
        "subscription_id": own.at("/data/subscription_id"),
        "invoice_number": number,
        "amount": 99,
        "status": status,
        "period_start": "2026-01-31T12:00:00Z",
        "period_end": "2026-02-28T12:00:00Z",
    });
    let who = Who::Service { tenant: Some(tenant) };
    server.post(who, "/internal/billing/records", body).await.expect(201);
}

/// Tenants of every kind: who pays, who does not and is late before or after the end of a period,
/// whose trial ends, who wants to end, who waits for another plan, who may be late for long.
async fn tenants(server: &Server) {
    make_rich(server, "pays").await;
    subscribe(server, "pays", json!({ "plan": "basic" })).await;
    subscribe(server, "late_before", json!({ "plan": "basic" })).await;
    subscribe(server, "late_after", json!({ "plan": "basic" })).await;
    subscribe(server, "trial", json!({ "plan": "basic", "trial_days": 20 })).await;
    subscribe(server, "ends", json!({ "plan": "basic", "auto_renew": false })).await;
    make_rich(server, "changes").await;
    subscribe(server, "changes", json!({ "plan": "basic" })).await;
    let later = json!({ "new_plan": "pro", "effective": "period_end" });
    let change = "/admin/billing/subscription/changes/change-plan";
    server.post(admin("changes"), change, later).await.expect(200);
    subscribe(server, "patient", json!({ "plan": "basic" })).await;
    let patience =
        json!({ "retry_schedule": "[30]", "grace_period_days": 50, "auto_cancel_days": 180 });
    let settings = "/admin/billing/dunning-settings/patient";
    server.put(admin("patient"), settings, patience).await.expect(200);
    // The first fails at once: its grace ends on 7 February, long before its period. The second a day
    // before the end of its period: its grace ends within the second one. So does that of the
    // third, on the 22nd of March.
    settle(server, "late_before", "INV-2026-000001", "failed").await;
    settle(server, "patient", "INV-2026-000001", "failed").await;
    server.advance(27 * DAY);
    settle(server, "late_after", "INV-2026-000001", "failed").await;
    server.advance(-27 * DAY);
}

/// What is left of it all, but for when it was done.
async fn outcome(server: &Server) -> Vec<String> {
    let mut all = texts(
        server,
        "SELECT tenant_id || ' ' || status || ' ' || plan || ' ' || CAST(period_number AS TEXT)
            || ' ' || CAST(amount AS TEXT) || ' ' || anchor
         FROM subscription ORDER BY tenant_id",
    )
    .await;
    all.extend(
        texts(
            server,
            "SELECT tenant_id || ' ' || number || ' ' || kind || ' ' || CAST(total AS TEXT) || ' '
                || CAST(credit_applied AS TEXT) FROM invoice ORDER BY tenant_id, number",
        )
        .await,
    );
    all.extend(
        texts(
            server,
            "SELECT tenant_id || ' ' || kind || ' ' || payload FROM chain_event
             WHERE kind LIKE 'subscription.%' ORDER BY tenant_id, seq",
        )
        .await,
    );
    all
}

#[tokio::test]
async fn what_was_missed_comes_to_what_it_would_have_come_to_in_time() {
    for (in_time, caught_up) in engines().into_iter().zip(engines()) {
        let in_time = Server::start(in_time).await;
        tenants(&in_time).await;
        for _ in 0..DAYS {
            in_time.advance(DAY);
            assert_eq!(upkeep(&in_time).await, 0);
        }
        let caught_up = Server::start(caught_up).await;
        tenants(&caught_up).await;
        caught_up.advance(DAYS * DAY);

        assert_eq!(upkeep(&caught_up).await, 0);

        let (expected, found) = (outcome(&in_time).await, outcome(&caught_up).await);
        assert_eq!(found, expected);
        let statuses = ["late_after cancelled", "late_before cancelled", "patient suspended"];
        for status in statuses {
            assert!(found.iter().any(|it| it.starts_with(status)), "{status}: {found:#?}");
        }
        in_time.assert_sound().await;
        caught_up.assert_sound().await;
        assert_eq!(upkeep(&caught_up).await, 0);
    }
}

#[tokio::test]
async fn the_call_and_the_scheduler_come_to_the_same() {
    for (scheduled, called) in engines().into_iter().zip(engines()) {
        let (scheduled, called) = (Server::start(scheduled).await, Server::start(called).await);
        for server in [&scheduled, &called] {
            tenants(server).await;
            server.advance(DAYS * DAY);
        }

        upkeep(&scheduled).await;
        let report = run(&called).await;

        assert_eq!(outcome(&called).await, outcome(&scheduled).await);
        let renewed =
            |tenant| results(&report).into_iter().filter(|it| *it == (tenant, "renewed")).count();
        assert_eq!((renewed("pays"), renewed("late_before"), renewed("late_after")), (3, 0, 1));
        assert_eq!(report["failed"], 0);
        called.assert_sound().await;
    }
}

#[tokio::test]
async fn a_run_for_one_tenant_takes_its_steps_and_nobody_elses() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["acme", "other"] {
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
            settle(&server, tenant, "INV-2026-000001", "failed").await;
        }
        server.advance(28 * DAY);

        let report = server.post(Who::SERVICE, RUN, json!({})).await.expect(200);

        assert_eq!(report.at("/data/processed"), 0);
        let status = |tenant| {
            let sql = "SELECT tenant_id || ' ' || status FROM subscription ORDER BY tenant_id";
            let server = &server;
            async move { texts(server, sql).await.into_iter().find(|it| it.starts_with(tenant)) }
        };
        assert_eq!(status("acme").await.as_deref(), Some("acme suspended"));
        assert_eq!(status("other").await.as_deref(), Some("other past_due"));
    }
}

#[tokio::test]
async fn an_end_that_waits_for_a_step_that_fails_is_told_and_tried_by_the_next_run() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["acme", "other"] {
            set_due_days(&server, tenant, 14).await;
            let ask = json!({ "plan": "basic" });
            server.post(admin(tenant), "/billing/subscribe", ask).await.expect(201);
        }
        // Its step can't be entered: somebody did so behind the service's back.
        execute(
            &server,
            "INSERT INTO dunning_step SELECT tenant_id, number, 'retry', 1, issued_at, issued_at
             FROM invoice WHERE tenant_id = 'acme'",
        )
        .await;
        execute(&server, "UPDATE invoice SET attempts = 1 WHERE tenant_id = 'acme'").await;
        let patience =
            json!({ "retry_schedule": "[1]", "grace_period_days": 60, "auto_cancel_days": 90 });
        for tenant in ["acme", "other"] {
            let settings = format!("/admin/billing/dunning-settings/{tenant}");
            server.put(admin(tenant), &settings, patience.clone()).await.expect(200);
        }
        server.advance(28 * DAY);

        let report = server.post(KEY_ALONE, RUN, json!({})).await.expect(200).at("/data");

        assert_eq!(results(&report), [("other", "renewed"), ("acme", "failed")]);
        let told: &Value = &report["outcomes"][1]["error"];
        assert!(told.as_str().unwrap().contains("dunning"), "{told}");
        let tenant = TenantId::parse("acme").unwrap();
        let mut again =
            Upkeep::start(&server.env, server.app.commands(), Some(tenant)).await.unwrap();
        let mut waits = 0;
        while let Some(kept) = again.next_group().await.unwrap() {
            waits += usize::from(matches!(kept, Kept::Renewals(_)));
        }
        assert_eq!(waits, 1);
    }
}
