//! Usage as it is shown, judged and set right, over HTTP.

mod corrections;
mod current;
mod endpoints;
mod metered;
mod quota;
mod stats;
mod timeline;

use countinghouse::{
    db::{Stmt, Time},
    metering::{DayRow, MeteredRow, insert_days, insert_metered},
};
use countinghouse_core::{calendar::Instant, id::TenantId};
use serde_json::{Value, json};

use crate::harness::{Server, Who};

const GIB: i64 = 1 << 30;

/// A subscription's id, which nothing looks up.
const SUBSCRIPTION: &str = "sub_01KB3V6Z0ECX7Y9R2T4W6Q8S0A";

fn at(text: &str) -> Time {
    Instant::parse(text).unwrap().into()
}

/// A day of an app, or of none, on which nothing was used.
fn day(day: &str, app: &str) -> DayRow {
    DayRow { day: day.to_owned(), app_id: app.to_owned(), ..DayRow::default() }
}

/// A day with levels only.
fn levels(date: &str, app: &str, storage_used: i64, user_count: i64) -> DayRow {
    DayRow { storage_used, user_count, ..day(date, app) }
}

/// A day with calls only.
fn calls(date: &str, app: &str, api_requests: i64) -> DayRow {
    DayRow { api_requests, ..day(date, app) }
}

/// What was used of a resource in a period that is open.
fn open(start: &str, end: &str, app: &str, resource: &str, total_usage: i64) -> MeteredRow {
    MeteredRow {
        period_start: at(start),
        app_id: app.to_owned(),
        resource_type: resource.to_owned(),
        period_end: at(end),
        total_usage,
        measured_at: None,
        included_units: -1,
        unit_price: None,
        overage_units: 0,
        overage_amount: 0,
        status: "open".to_owned(),
        late_units: 0,
        late_due: None,
        bills: 0,
    }
}

/// The same, of a period that was invoiced.
fn invoiced(start: &str, end: &str, app: &str, resource: &str, total_usage: i64) -> MeteredRow {
    MeteredRow {
        status: "invoiced".to_owned(),
        bills: 1,
        ..open(start, end, app, resource, total_usage)
    }
}

async fn execute(server: &Server, stmt: Stmt) {
    let mut tx = server.env.db.begin().await.unwrap();
    tx.execute(stmt).await.unwrap();
    tx.commit().await.unwrap();
}

/// Enters a tenant.
async fn enter(server: &Server, tenant: &str) {
    let stmt = Stmt::new("INSERT INTO tenant (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING");
    execute(server, stmt.bind(tenant)).await;
}

/// Enters days of a tenant.
async fn enter_days(server: &Server, tenant: &str, days: Vec<DayRow>) {
    enter(server, tenant).await;
    let mut tx = server.env.db.begin().await.unwrap();
    insert_days(&mut tx, &TenantId::parse(tenant).unwrap(), &days).await.unwrap();
    tx.commit().await.unwrap();
}

/// Enters metered usage of a tenant.
async fn enter_metered(server: &Server, tenant: &str, rows: Vec<MeteredRow>) {
    enter(server, tenant).await;
    let mut tx = server.env.db.begin().await.unwrap();
    insert_metered(&mut tx, &TenantId::parse(tenant).unwrap(), &rows).await.unwrap();
    tx.commit().await.unwrap();
}

/// Counts a tenant's usage in months from an instant on, by UTC, until another or for good.
async fn meter(server: &Server, tenant: &str, ordinal: i64, since: &str, until: Option<&str>) {
    enter(server, tenant).await;
    let stmt = Stmt::new(
        "INSERT INTO meter (tenant_id, ordinal, since, until, subscription_id, anchor, timezone,
            number, trial)
         VALUES ($1, $2, $3, $4, $5, $6, 'UTC', 0, $7)",
    );
    let anchor = since.trim_end_matches('Z');
    let stmt = stmt.bind(tenant).bind(ordinal).bind(at(since)).bind(until.map(at));
    execute(server, stmt.bind(SUBSCRIPTION).bind(anchor).bind(false)).await;
}

/// Gives a tenant a plan.
async fn plan(server: &Server, tenant: &str, plan: &str) {
    enter(server, tenant).await;
    let stmt = Stmt::new("INSERT INTO tenant_plan (tenant_id, plan) VALUES ($1, $2)");
    execute(server, stmt.bind(tenant).bind(plan)).await;
}

/// Enters an app with a status; one that is deleted was deleted at that instant.
async fn app(server: &Server, tenant: &str, app: &str, status: &str, deleted_at: Option<&str>) {
    enter(server, tenant).await;
    let stmt = Stmt::new(
        "INSERT INTO subscription_app (tenant_id, app_id, id, status, deleted_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let stmt = stmt.bind(tenant).bind(app).bind(format!("sa_{app}")).bind(status);
    let created = at("2025-01-01T00:00:00Z");
    execute(server, stmt.bind(deleted_at.map(at)).bind(created)).await;
}

/// What was used of a resource that an app has a price for.
async fn priced(server: &Server, tenant: &str, (day, app): (&str, &str), name: &str, amount: i64) {
    let stmt = Stmt::new("INSERT INTO usage_day_priced VALUES ($1, $2, $3, $4, $5)");
    execute(server, stmt.bind(tenant).bind(day).bind(app).bind(name).bind(amount)).await;
}

/// Moves a tenant to a zone.
async fn zone(server: &Server, tenant: &str, zone: &str) {
    let path = format!("/admin/billing/tenants/{tenant}/profile");
    server.put(Who::SUPER, &path, json!({ "timezone": zone })).await.expect(200);
}

/// The data of an answer.
async fn data(server: &Server, who: Who<'_>, path: &str) -> Value {
    server.get(who, path).await.expect(200).at("/data")
}
