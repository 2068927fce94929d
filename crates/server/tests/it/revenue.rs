//! Revenue: what is billed is earned as its days pass, and each month is closed once.

mod changes;
mod runs;
mod zones;

use countinghouse::db::{Purpose, Stmt};
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who, engines};

const DAY: i64 = 24 * 60 * 60;
const PLANS: &str = "/admin/billing/plans";

/// An administrator of a tenant.
fn admin(tenant: &str) -> Who<'_> {
    Who::Person { tenant, user: "usr_a", role: "admin" }
}

async fn subscribe(server: &Server, tenant: &str, ask: Value) -> Answer {
    server.post(admin(tenant), "/billing/subscribe", ask).await.expect(201)
}

/// Moves a tenant's own clock, and gives what that ran: kind, time and what it was about.
async fn set_clock(server: &Server, tenant: &str, now: &str) -> Vec<String> {
    let path = format!("/internal/billing/test-clock/{tenant}");
    let body = json!({ "now": now });
    let moved = server.put(Who::Service { tenant: None }, &path, body).await.expect(200);
    let ran = moved.at("/data/ran");
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let told = |it: &Value| format!("{} {} {}", text(it, "at"), text(it, "kind"), text(it, "id"));
    ran.as_array().unwrap().iter().map(told).collect()
}

/// What each closed month of a tenant earned, in the order in which they were closed.
async fn earned(server: &Server, tenant: &str) -> Vec<String> {
    let stmt = Stmt::new(
        "SELECT month, CASE WHEN debit = 'deferred_revenue' THEN amount ELSE -amount END
         FROM ledger_transfer WHERE tenant_id = $1 AND kind = 'revenue_recognised' ORDER BY seq",
    );
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let rows: Vec<(String, i64)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    rows.into_iter().map(|(month, units)| told(&month, units)).collect()
}

/// A month and what it earns, in cents.
fn told(month: &str, units: i64) -> String {
    assert_eq!(units % 100, 0);
    format!("{month} {}", units / 100)
}

/// What months to come will earn.
async fn deferred(server: &Server, tenant: &str) -> Vec<String> {
    let stmt = Stmt::new("SELECT deferred FROM ledger_book WHERE tenant_id = $1");
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    let text: String = tx.fetch_scalar(stmt.bind(tenant)).await.unwrap();
    let months = text.split_whitespace().map(|it| it.split_once(':').unwrap());
    months.map(|(month, units)| told(month, units.parse().unwrap())).collect()
}

/// The rows by which a tenant's months were closed.
async fn closings(server: &Server, tenant: &str) -> Vec<(String, String, i64, String, String)> {
    let stmt = Stmt::new(
        "SELECT cause_id, month, amount, debit, CAST(created_at AS TEXT) FROM ledger_transfer
         WHERE tenant_id = $1 AND kind = 'revenue_recognised' ORDER BY seq",
    );
    let mut tx = server.env.db.snapshot(Purpose::Page).await.unwrap();
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

const PUBLISHED: [(&str, i64); 13] = [
    ("2026-01", 5_589),
    ("2026-02", 9_206),
    ("2026-03", 10_191),
    ("2026-04", 9_863),
    ("2026-05", 10_192),
    ("2026-06", 9_863),
    ("2026-07", 10_192),
    ("2026-08", 10_192),
    ("2026-09", 9_863),
    ("2026-10", 10_191),
    ("2026-11", 9_863),
    ("2026-12", 10_192),
    ("2027-01", 4_603),
];

#[tokio::test]
async fn a_year_is_earned_as_published_in_one_move_or_month_by_month() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let plan = json!({
            "plan": "gold", "name": "Gold", "monthly_price": 120, "yearly_price": 1200
        });
        server.post(Who::SUPER, PLANS, plan).await.expect(201);
        for tenant in ["slow", "fast"] {
            set_clock(&server, tenant, "2026-01-15T09:30:00Z").await;
            let ask = json!({ "plan": "gold", "billing_cycle": "yearly", "auto_renew": false });
            subscribe(&server, tenant, ask).await;
        }
        assert_eq!(
            deferred(&server, "fast").await,
            PUBLISHED.map(|(month, cents)| format!("{month} {cents}"))
        );

        for month in 2..=12 {
            set_clock(&server, "slow", &format!("2026-{month:02}-01T00:00:00Z")).await;
            let done = earned(&server, "slow").await;
            assert_eq!(done.len(), month - 1, "{done:?}");
        }
        for tenant in ["slow", "fast"] {
            set_clock(&server, tenant, "2027-02-01T00:00:00Z").await;
        }

        assert_eq!(
            earned(&server, "fast").await,
            PUBLISHED.map(|(month, cents)| format!("{month} {cents}"))
        );
        assert_eq!(closings(&server, "slow").await, closings(&server, "fast").await);
        assert_eq!(deferred(&server, "slow").await, Vec::<String>::new());
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn a_month_is_closed_at_its_own_instant_and_before_what_is_billed_then() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "acme", "2026-02-01T00:00:00Z").await;
        let grant = json!({ "amount": 1000, "source": "promo" });
        let credit = "/admin/billing/credit-balance/acme/adjust";
        server.post(admin("acme"), credit, grant).await.expect(201);
        let made = subscribe(&server, "acme", json!({ "plan": "basic" })).await;
        let id = made.at("/data/subscription_id").as_str().unwrap().to_owned();

        let early = set_clock(&server, "acme", "2026-02-28T23:59:59Z").await;
        let ran = set_clock(&server, "acme", "2026-03-01T00:00:00Z").await;

        assert!(!early.iter().any(|it| it.contains("revenue")), "{early:?}");
        assert_eq!(
            ran,
            [
                "2026-03-01T00:00:00Z revenue.recognised 2026-02".to_owned(),
                format!("2026-03-01T00:00:00Z renewal {id}"),
            ]
        );
        assert_eq!(earned(&server, "acme").await, ["2026-02 9900"]);
        assert_eq!(deferred(&server, "acme").await, ["2026-03 9900"]);
        server.assert_sound().await;
    }
}

#[tokio::test]
async fn what_others_reported_is_earned_over_its_period_and_what_is_over_at_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        set_clock(&server, "acme", "2026-03-10T08:00:00Z").await;
        let trial = json!({ "plan": "basic", "trial_days": 90 });
        let made = subscribe(&server, "acme", trial).await;
        let mut report = json!({
            "subscription_id": made.at("/data/subscription_id"),
            "amount": 90,
            "status": "paid",
            "period_start": "2026-01-01T00:00:00Z",
            "period_end": "2026-04-01T00:00:00Z",
        });
        server.post(Who::SERVICE, "/internal/billing/records", report.clone()).await.expect(201);
        report["period_start"] = json!("2025-01-01T00:00:00Z");
        report["period_end"] = json!("2025-02-01T00:00:00Z");
        server.post(Who::SERVICE, "/internal/billing/records", report.clone()).await.expect(201);
        report["period_start"] = json!("2026-01-01T00:00:00Z");
        report["period_end"] = json!("9999-01-01T00:00:00Z");
        report["amount"] = json!(7320);
        server.post(Who::SERVICE, "/internal/billing/records", report).await.expect(201);

        set_clock(&server, "acme", "2026-04-01T00:00:00Z").await;

        // A quarter and a month that are over, and 90 of the days of twenty years.
        assert_eq!(earned(&server, "acme").await, ["2026-03 27000"]);
        assert_eq!(deferred(&server, "acme").await.len(), 238);
        server.assert_sound().await;
    }
}
