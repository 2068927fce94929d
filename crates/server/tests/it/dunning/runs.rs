//! Runs over all tenants, as the scheduler makes them.

use countinghouse::{
    app::App,
    db::{Purpose, Stmt},
    dunning::{DunningDone, DunningStep, run_due},
};
use countinghouse_core::id::TenantId;
use futures_util::future::join_all;
use serde_json::json;

use super::{events, requests, status, subscribe, subscribed};
use crate::harness::{Server, Who, engines};

const DAY: i64 = 24 * 60 * 60;

async fn run(app: &App) -> DunningDone {
    run_due(app.commands(), app.env()).await.unwrap()
}

async fn steps(server: &Server, tenant: &str) -> Vec<(String, i64)> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let stmt = Stmt::new(
        "SELECT kind, number FROM dunning_step WHERE tenant_id = $1 ORDER BY due_at, kind, number",
    );
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

fn told(steps: &[(&str, i64)]) -> Vec<(String, i64)> {
    steps.iter().map(|(kind, number)| ((*kind).to_owned(), *number)).collect()
}

#[tokio::test]
async fn what_was_missed_is_caught_up_step_by_step_and_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, json!({ "plan": "basic" })).await;
        for n in 0..5 {
            let name = format!("tnt_{n}");
            let who = Who::Person { tenant: &name, user: "usr_1", role: "admin" };
            let body = json!({ "plan": "pro" });
            server.post(who, "/billing/subscribe", body).await.expect(201);
        }

        let early = run(&server.app).await;
        server.advance(60 * DAY);
        let late = run(&server.app).await;
        let again = run(&server.app).await;

        assert_eq!(early, DunningDone::default());
        assert_eq!(late, DunningDone { taken: 6 * 7, failed: 0 });
        assert_eq!(again, DunningDone::default());
        let all = [
            ("overdue", 0),
            ("retry", 1),
            ("retry", 2),
            ("retry", 3),
            ("suspend", 0),
            ("retry", 4),
            ("cancel", 0),
        ];
        assert_eq!(steps(&server, "acme").await, told(&all));
        assert_eq!(steps(&server, "tnt_4").await, told(&all));
        assert_eq!(status(&server).await, "cancelled");
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_step_that_two_processes_take_at_once_comes_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let other = server.beside().await;
        subscribe(&server, json!({ "plan": "basic" })).await;
        let tenant = TenantId::parse("acme").unwrap();
        let invoice = "INV-2026-000001".parse().unwrap();
        server.advance(14 * DAY);

        let takes = (0..8).map(|n| {
            let app = if n % 2 == 0 { &server.app } else { &other.app };
            let step = DunningStep { tenant: tenant.clone(), invoice, is_alone: false };
            async move { app.commands().run(step, None).await.unwrap() }
        });
        let bodies: Vec<String> = join_all(takes)
            .await
            .into_iter()
            .map(|answer| String::from_utf8(answer.body.to_vec()).unwrap())
            .collect();

        let took = bodies.iter().filter(|body| body.contains(r#""data":true"#)).count();
        assert_eq!(took, 1, "{bodies:?}");
        assert_eq!(steps(&server, "acme").await, told(&[("overdue", 0)]));

        server.advance(3 * DAY);
        let (one, two) = tokio::join!(run(&server.app), run(&other.app));

        assert_eq!((one.failed, two.failed), (0, 0));
        let expected = told(&[("overdue", 0), ("retry", 1), ("retry", 2)]);
        assert_eq!(steps(&server, "acme").await, expected);
        assert_eq!(requests(&server, "acme").await.len(), 3);
        assert_eq!(events(&server, "acme").await, ["created", "past_due"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_tenant_with_a_clock_of_its_own_is_left_alone_in_a_sandbox_only() {
    for engine in engines() {
        let url = engine.url();
        let server = Server::start(engine).await;
        subscribed(&server).await;
        server.advance(14 * DAY);

        let in_sandbox = run(&server.app).await;
        let outside = Server::start_outside_a_sandbox(crate::harness::Engine::Shared(url)).await;
        outside.advance(14 * DAY);
        let outside_it = run(&outside.app).await;

        assert_eq!(in_sandbox, DunningDone::default());
        assert_eq!(outside_it, DunningDone { taken: 1, failed: 0 });
        assert_eq!(status(&server).await, "past_due");
    }
}

#[tokio::test]
async fn a_step_that_is_not_due_or_of_nothing_is_none() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, json!({ "plan": "basic" })).await;

        for number in ["INV-2026-000001", "INV-2026-000002"] {
            let tenant = TenantId::parse("acme").unwrap();
            let step = DunningStep { tenant, invoice: number.parse().unwrap(), is_alone: false };
            let answer = server.app.commands().run(step, None).await.unwrap();
            let body = String::from_utf8(answer.body.to_vec()).unwrap();
            assert!(body.contains(r#""data":false"#), "{body}");
        }

        assert_eq!(steps(&server, "acme").await, []);
    }
}

#[tokio::test]
async fn a_suspension_waits_for_the_end_of_a_period_that_was_missed_before_it() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "invoice_due_days": 28 })).await.expect(200);
        subscribe(&server, json!({ "plan": "basic" })).await;
        // Its period ends on 28 February, its grace on 7 March.
        server.advance(40 * DAY);

        let before = run(&server.app).await;
        let waiting = status(&server).await;
        let process = "/internal/billing/renewals/process";
        server.post(Who::SERVICE, process, json!({})).await.expect(200);
        let after = run(&server.app).await;

        assert_eq!((before, waiting.as_str()), (DunningDone { taken: 4, failed: 0 }, "past_due"));
        assert_eq!(after, DunningDone::default());
        assert_eq!(status(&server).await, "suspended");
        let expected = ["created", "past_due", "renewed", "suspended"];
        assert_eq!(events(&server, "acme").await, expected);
        server.assert_sound().await;
    }
}
