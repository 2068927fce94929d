//! The end of periods: renewals, and subscriptions that end.

mod clock;
mod downtime;
mod many;
mod next_invoice;
mod notices;
mod scheduler;
mod troubles;

use countinghouse::db::{Purpose, Stmt};
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const RUN: &str = "/internal/billing/renewals/process";
const KEY_ALONE: Who<'static> = Who::Service { tenant: None };
const DAY: i64 = 86_400;

/// An administrator of a tenant.
fn admin(tenant: &str) -> Who<'_> {
    Who::Person { tenant, user: "usr_a", role: "admin" }
}

/// Subscribes a tenant that may pay as late as can be, so that a test that is not about late payments
/// meets none.
async fn subscribe(server: &Server, tenant: &str, ask: Value) -> Answer {
    let profile = format!("/admin/billing/tenants/{tenant}/profile");
    server.put(admin(tenant), &profile, json!({ "invoice_due_days": 90 })).await.expect(200);
    server.post(admin(tenant), "/billing/subscribe", ask).await.expect(201)
}

/// Gives a tenant credit that pays for years.
async fn make_rich(server: &Server, tenant: &str) {
    let path = format!("/admin/billing/credit-balance/{tenant}/adjust");
    let grant = json!({ "amount": 1_000_000, "source": "promo" });
    server.post(admin(tenant), &path, grant).await.expect(201);
}

/// Runs what is due, and gives the report.
async fn run(server: &Server) -> Value {
    server.post(KEY_ALONE, RUN, json!({})).await.expect(200).at("/data")
}

async fn records(server: &Server, tenant: &str) -> Vec<Value> {
    let path = format!("/billing/records/{tenant}?page_size=100");
    let page = server.get(admin(tenant), &path).await.expect(200);
    page.at("/items").as_array().unwrap().clone()
}

async fn subscription(server: &Server, tenant: &str) -> Value {
    let path = format!("/billing/subscription/{tenant}");
    server.get(admin(tenant), &path).await.expect(200).at("/data")
}

/// Changes rows behind the service's back.
async fn execute(server: &Server, sql: &'static str) {
    let mut tx = server.env.db.begin().await.unwrap();
    tx.execute(Stmt::new(sql)).await.unwrap();
    tx.commit().await.unwrap();
}

/// The texts that a statement reads.
async fn texts(server: &Server, sql: &'static str) -> Vec<String> {
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let rows: Vec<(String,)> = tx.fetch_all(Stmt::new(sql)).await.unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}

#[track_caller]
fn results(report: &Value) -> Vec<(&str, &str)> {
    let text = |value: &'_ Value| value.as_str().unwrap().to_owned().leak() as &str;
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    outcomes.map(|it| (text(&it["tenant_id"]), text(&it["result"]))).collect()
}

#[tokio::test]
async fn a_period_that_is_over_is_followed_by_the_next_and_billed_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "pro" })).await;
        let grant = json!({ "amount": 100, "source": "promo" });
        let adjust = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, adjust, grant).await.expect(201);
        let early = run(&server).await;
        server.advance(28 * DAY);

        let report = run(&server).await;
        let again = run(&server).await;

        assert_eq!(early["processed"], 0);
        assert_eq!((&report["processed"], &report["succeeded"]), (&json!(1), &json!(1)));
        let outcome = &report["outcomes"][0];
        let own = subscription(&server, "acme").await;
        assert_eq!(outcome["subscription_id"], own["subscription_id"]);
        assert_eq!(
            (&outcome["tenant_id"], &outcome["result"], &outcome["invoice_number"]),
            (&json!("acme"), &json!("renewed"), &json!("INV-2026-000002"))
        );
        assert_eq!(
            again,
            json!({
                "processed": 0, "succeeded": 0, "failed": 0, "skipped": 0, "outcomes": []
            })
        );
        assert_eq!(own["current_period_start"], "2026-02-28T12:00:00Z");
        assert_eq!(own["current_period_end"], "2026-03-31T12:00:00Z");
        let records = records(&server, "acme").await;
        assert_eq!(records.len(), 2);
        assert_eq!(records[0]["description"], records[1]["description"]);
        assert_eq!(
            (&records[0]["amount"], &records[0]["status"]),
            (&json!(499), &json!("pending"))
        );
        let balance = server.get(Who::MEMBER, "/billing/credit-balance/acme").await.expect(200);
        assert_eq!(balance.at("/data/balance"), 0);
        let kinds = texts(&server, "SELECT kind FROM chain_event ORDER BY seq DESC LIMIT 3").await;
        assert_eq!(kinds, ["credit.applied", "invoice.issued", "subscription.renewed"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn missed_periods_are_made_once_each_with_invoices_of_now() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["t_1", "t_2"] {
            make_rich(&server, tenant).await;
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
            server.advance(DAY);
        }
        server.advance(150 * DAY);

        let report = run(&server).await;

        assert_eq!((&report["processed"], &report["succeeded"]), (&json!(10), &json!(10)));
        let starts = texts(
            &server,
            "SELECT tenant_id FROM invoice WHERE kind = 'period' ORDER BY period_start, tenant_id",
        );
        assert_eq!(starts.await, ["t_1", "t_2"].repeat(6));
        let all = records(&server, "t_1").await;
        let now = server.now().to_string();
        assert!(all[..5].iter().all(|record| record["created_at"] == now.as_str()), "{all:?}");
        assert_eq!(all[0]["invoice_number"], "INV-2026-000006");
        assert_eq!(
            subscription(&server, "t_1").await["current_period_end"],
            "2026-07-31T12:00:00Z"
        );
        assert_eq!(run(&server).await["processed"], 0);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_trial_ends_as_its_tenant_wanted() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let trial =
            |auto_renew: bool| json!({ "plan": "pro", "trial_days": 14, "auto_renew": auto_renew });
        subscribe(&server, "goes_on", trial(true)).await;
        subscribe(&server, "runs_out", trial(false)).await;
        subscribe(&server, "was_cancelled", trial(true)).await;
        execute(
            &server,
            "UPDATE subscription SET auto_renew = FALSE, cancel_at_period_end = TRUE
             WHERE tenant_id = 'was_cancelled'",
        )
        .await;
        server.advance(14 * DAY);

        let report = run(&server).await;

        assert_eq!(
            results(&report),
            [("goes_on", "renewed"), ("runs_out", "expired"), ("was_cancelled", "cancelled")]
        );
        let on = subscription(&server, "goes_on").await;
        assert_eq!((&on["status"], &on["amount"]), (&json!("active"), &json!(499)));
        assert_eq!(on["current_period_end"], "2026-03-14T12:00:00Z");
        assert_eq!(records(&server, "goes_on").await.len(), 1);
        for (tenant, status) in [("runs_out", "expired"), ("was_cancelled", "cancelled")] {
            assert_eq!(subscription(&server, tenant).await["status"], status);
            assert_eq!(records(&server, tenant).await.len(), 0);
            let check = json!({ "gate_key": "sso" });
            let service = Who::Service { tenant: Some(tenant) };
            let gate = server.post(service, "/internal/billing/feature-gates/check", check).await;
            assert_eq!(gate.expect(200).at("/effective"), false);
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
        }
        let ended = texts(
            &server,
            "SELECT payload FROM chain_event WHERE kind = 'subscription.ended' ORDER BY tenant_id",
        );
        assert_eq!(
            ended.await[0],
            r#"{"period_end":"2026-02-14T12:00:00Z","plan":"pro","status":"expired"}"#
        );
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_new_price_counts_from_the_next_period_on() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        let dearer = json!({ "monthly_price": 120.5 });
        server.put(Who::SUPER, "/admin/billing/plans/basic", dearer).await.expect(200);
        let before = subscription(&server, "acme").await;
        server.advance(28 * DAY);

        run(&server).await;

        assert_eq!(before["amount"], 99);
        assert_eq!(subscription(&server, "acme").await["amount"], 120.5);
        assert_eq!(records(&server, "acme").await[0]["amount"], 120.5);
    }
}

#[tokio::test]
async fn a_run_for_one_tenant_leaves_the_others_alone() {
    for engine in engines() {
        let server = Server::start(engine).await;
        for tenant in ["acme", "other"] {
            subscribe(&server, tenant, json!({ "plan": "basic" })).await;
        }
        server.advance(28 * DAY);

        let own = server.post(Who::SERVICE, RUN, json!({})).await.expect(200);
        let rest = run(&server).await;

        assert_eq!(results(&own.at("/data")), [("acme", "renewed")]);
        assert_eq!(results(&rest), [("other", "renewed")]);
    }
}

#[tokio::test]
async fn the_same_key_answers_the_same_report() {
    for engine in engines() {
        let server = Server::start(engine).await;
        subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        server.advance(28 * DAY);

        let first = server.post_once(KEY_ALONE, "k", RUN, json!({})).await.expect(200);
        server.advance(31 * DAY);
        let again = server.post_once(KEY_ALONE, "k", RUN, json!({})).await.expect(200);
        server.post_once(KEY_ALONE, "k", RUN, json!({ "a": 1 })).await.expect(422);
        let own = server.post_once(Who::SERVICE, "k", RUN, json!({})).await.expect(200);

        assert_eq!(first.at("/data/processed"), 1);
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(own.at("/data/processed"), 1);
    }
}
