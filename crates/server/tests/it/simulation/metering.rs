//! What tenants use, what it costs, and that all of it is counted and billed once.

use std::collections::BTreeMap;

use axum::http::Method;
use countinghouse::db::{Stmt, Time, Tx};
use serde_json::{Value, json};

use super::world::{DAY, World};

const APPS: &[&str] = &["app_1", "app_2", "app_3"];

const RESOURCES: &[&str] = &[
    "api_calls",
    "sms",
    "email",
    "bandwidth",
    "login_attempts",
    "gpu.seconds",
    "users",
    "storage",
];

const BATCH: &str = "/internal/billing/metering/batch";

/// What adds up of an app: a day or a period, the app, the resource.
type Key = (String, String, String);

impl World {
    /// Does something about usage at random, whether it makes sense now or not.
    pub(super) async fn meter(&mut self, tenant: usize) {
        match self.dice.between(0, 99) {
            0..=59 => self.report(tenant).await,
            60..=69 => self.price(tenant).await,
            70..=78 => self.take_back(tenant).await,
            79..=82 => self.tell(tenant).await,
            83..=87 => self.set_right(tenant).await,
            88..=95 => self.alert(tenant).await,
            _ => self.endpoints(tenant).await,
        }
    }

    /// Reports what was used lately, long ago, or was reported before; some of it can't be.
    async fn report(&mut self, tenant: usize) {
        let mut events = Vec::new();
        for _ in 0..self.dice.between(1, 8) {
            let id = self.dice.between(0, 4_000);
            let mut event = json!({
                "event_id": format!("e{id}"),
                "resource_type": self.dice.one_of(RESOURCES),
                "amount": self.dice.between(0, 400),
            });
            if self.dice.happens(85) {
                event["app_id"] = json!(self.dice.one_of(APPS));
            }
            if self.dice.happens(60) {
                let most = self.dice.one_of(&[3_600, DAY, 20 * DAY, 80 * DAY, 400 * DAY]);
                let ago = self.dice.between(-300, most);
                let at = self.server.now().plus_seconds(-ago).unwrap();
                event["occurred_at"] = json!(at.to_string());
            }
            events.push(event);
        }
        let told = self.ask(tenant, Method::POST, BATCH, json!({ "events": events })).await;
        assert_eq!(told.at("/data/results").as_array().unwrap().len(), events.len());
        if self.dice.happens(20) {
            let again = self.ask(tenant, Method::POST, BATCH, json!({ "events": events })).await;
            assert_eq!(again.at("/data/accepted"), 0, "{}", again.text);
        }
    }

    async fn price(&mut self, tenant: usize) {
        let path = self.app("/admin/billing/subscription/{}/apps/APP/pricing");
        if self.dice.happens(10) {
            self.ask(tenant, Method::DELETE, &path, json!({})).await;
            return;
        }
        let mut prices = Vec::new();
        for resource in RESOURCES {
            if self.dice.happens(60) {
                let millis = self.dice.between(0, 2_999);
                prices.push(json!({
                    "resource_type": resource,
                    "included_units": self.dice.one_of(&[0, 0, 10, 100, 1_000]),
                    "unit_price": format!("{}.{:03}", millis / 1_000, millis % 1_000),
                }));
            }
        }
        if prices.is_empty() {
            return;
        }
        self.ask(tenant, Method::POST, &path, json!({ "pricings": prices })).await;
    }

    async fn take_back(&mut self, tenant: usize) {
        let path = format!("/internal/billing/metering/events/e{}", self.dice.between(0, 4_000));
        self.ask(tenant, Method::DELETE, &path, json!({})).await;
    }

    async fn tell(&mut self, tenant: usize) {
        let path = self.app("/internal/billing/apps/{}/APP/billing-event");
        // What is deleted stays so.
        let event = self.dice.one_of(&["suspend", "resume", "suspend", "resume", "delete"]);
        self.ask(tenant, Method::POST, &path, json!({ "action": event })).await;
    }

    async fn set_right(&mut self, tenant: usize) {
        let day = self.server.now().plus_days(-self.dice.between(0, 45)).unwrap().to_string();
        let path = format!("/admin/billing/usage-stats/{{}}/{}:{}", &day[..10], self.app("APP"));
        let figures = match self.dice.between(0, 2) {
            0 => json!({ "api_requests": self.dice.between(0, 500) }),
            1 => json!({ "user_count": self.dice.between(0, 50), "reason": "a census" }),
            _ => json!({ "bandwidth_used": self.dice.between(0, 5_000), "login_attempts": 3 }),
        };
        self.ask(tenant, Method::PUT, &path, figures).await;
    }

    async fn alert(&mut self, tenant: usize) {
        let mut alert = json!({
            "name": "watched",
            "resource_type": self.dice.one_of(&["api_calls", "sms", "users"]),
            "threshold_percent": self.dice.one_of(&[1, 5, 40, 80, 100]),
            "notification_channels": "webhook",
        });
        if self.dice.happens(50) {
            alert["app_id"] = json!(self.dice.one_of(APPS));
        }
        self.ask(tenant, Method::POST, "/billing/alerts", alert).await;
    }

    async fn endpoints(&mut self, tenant: usize) {
        let mut figures = BTreeMap::new();
        for _ in 0..self.dice.between(1, 6) {
            let day = self.server.now().plus_days(-self.dice.between(1, 90)).unwrap().to_string();
            let endpoint = format!("GET /{}", self.dice.between(0, 3));
            figures.insert((day[..10].to_owned(), endpoint), self.dice.between(0, 900));
        }
        let records: Vec<Value> = figures
            .into_iter()
            .map(|((date, endpoint), calls)| {
                json!({
                    "date": date, "endpoint": endpoint, "request_count": calls,
                    "avg_latency_ms": 1.25,
                })
            })
            .collect();
        let body = json!({ "records": records });
        self.ask(tenant, Method::POST, "/internal/billing/endpoint-stats/import", body).await;
    }

    /// A path with an app in the place of `APP`.
    fn app(&mut self, path: &str) -> String {
        path.replace("APP", self.dice.one_of(APPS))
    }

    /// Nothing that was used waits to be billed once what is due was done.
    pub(super) async fn assert_all_billed(&self) {
        let stmt = Stmt::new(
            "SELECT tenant_id, app_id, resource_type, period_start FROM metered_usage
             WHERE (status = 'open' AND period_end <= $1) OR late_due <= $1",
        );
        let left: Vec<(String, String, String, Time)> =
            self.server.env.db.fetch_all(stmt.bind(self.server.now())).await.unwrap();
        if let Some(first) = left.first() {
            panic!("{first:?} is not billed\n{}", self.journal.tail_of(&first.0));
        }
    }
}

/// Days and metering periods are the sums of the events of a tenant, but for figures that were set
/// right; and the lines of its invoices are what its periods say was billed.
pub(super) async fn check(tx: &mut Tx, tenant: &str) {
    let corrected = Stmt::new("SELECT COUNT(*) FROM usage_correction WHERE tenant_id = $1");
    let corrected: i64 = tx.fetch_scalar(corrected.bind(tenant)).await.unwrap();
    if corrected == 0 {
        assert_eq!(days(tx, tenant).await, summed(tx, tenant, "day").await, "{tenant}");
        let periods = Stmt::new(
            "SELECT CAST(period_start AS TEXT), app_id, resource_type, total_usage
             FROM metered_usage WHERE tenant_id = $1 AND resource_type NOT IN ('users', 'storage')",
        );
        let rows: Vec<(String, String, String, i64)> =
            tx.fetch_all(periods.bind(tenant)).await.unwrap();
        let start = "CAST(period_start AS TEXT)";
        assert_eq!(gathered(rows), summed(tx, tenant, start).await, "{tenant}");
    }
    let billed = Stmt::new(
        "SELECT CAST(COALESCE(SUM(overage_units), 0) AS BIGINT),
            CAST(COALESCE(SUM(overage_amount), 0) AS BIGINT)
         FROM metered_usage WHERE tenant_id = $1",
    );
    let billed: (i64, i64) = tx.fetch_optional(billed.bind(tenant)).await.unwrap().unwrap();
    assert_eq!(lines(tx, tenant).await, billed, "{tenant}");
}

/// The units of all lines of usage, and what they come to with tax where prices have it.
async fn lines(tx: &mut Tx, tenant: &str) -> (i64, i64) {
    let stmt = Stmt::new(
        "SELECT quantity, unit_price, amount FROM invoice_line
         WHERE tenant_id = $1 AND resource_type NOT IN ('subscription', 'oneoff')",
    );
    let rows: Vec<(i64, String, i64)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    let cents = |(quantity, price, _): &(i64, String, i64)| {
        let (whole, part) = price.split_once('.').unwrap_or((price, ""));
        let millis: i64 = format!("{whole}{part:0<3}").parse().unwrap();
        // Half a cent goes up.
        (quantity * millis + 5) / 10 * 100
    };
    (rows.iter().map(|row| row.0).sum(), rows.iter().map(cents).sum())
}

/// Sums of events by day or by period; of levels none.
async fn summed(tx: &mut Tx, tenant: &str, by: &'static str) -> BTreeMap<Key, i64> {
    let stmt = Stmt::new("SELECT ").push(by).push(
        " AS counted_in, app_id, resource_type, amount FROM usage_event
         WHERE tenant_id = $1 AND resource_type NOT IN ('users', 'storage')
            AND (period_start IS NOT NULL OR ",
    );
    let stmt = stmt.push(if by == "day" { "TRUE)" } else { "FALSE)" });
    gathered(tx.fetch_all(stmt.bind(tenant)).await.unwrap())
}

/// What days say of what adds up.
async fn days(tx: &mut Tx, tenant: &str) -> BTreeMap<Key, i64> {
    let mut rows = Vec::new();
    for (column, resource) in [
        ("api_requests", "api_calls"),
        ("sms", "sms"),
        ("email", "email"),
        ("bandwidth_used", "bandwidth"),
        ("login_attempts", "login_attempts"),
    ] {
        let stmt = Stmt::new("SELECT day, app_id, ").push(column);
        let stmt = stmt.push(" FROM usage_day WHERE tenant_id = $1").bind(tenant);
        let found: Vec<(String, String, i64)> = tx.fetch_all(stmt).await.unwrap();
        rows.extend(found.into_iter().map(|(day, app, sum)| (day, app, resource.to_owned(), sum)));
    }
    let stmt = Stmt::new(
        "SELECT day, app_id, resource_type, amount FROM usage_day_priced WHERE tenant_id = $1",
    );
    let priced: Vec<(String, String, String, i64)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    rows.extend(priced);
    gathered(rows)
}

/// Sums, without those of nothing.
fn gathered(rows: Vec<(String, String, String, i64)>) -> BTreeMap<Key, i64> {
    let mut sums = BTreeMap::new();
    for (counted_in, app, resource, amount) in rows {
        *sums.entry((counted_in, app, resource)).or_default() += amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}
