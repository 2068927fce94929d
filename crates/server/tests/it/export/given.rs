//! Tenants with something to export.

use countinghouse::{
    alerts,
    db::{Rows, Stmt, Value as Stored},
    metering::{self, DayRow, MeteredRow},
};
use countinghouse_core::{
    calendar::Instant,
    id::{AppId, TenantId, UserId},
    metering::{Alert, AlertStatus, Channels, Fired, Resource, Threshold},
};
use serde_json::json;

use super::admin_of;
use crate::harness::Server;

const RECORD: &[&str] = &[
    "tenant_id",
    "seq",
    "record_id",
    "invoice_number",
    "app_id",
    "app_seq",
    "type",
    "status",
    "amount",
    "currency",
    "description",
    "created_at",
];

const LINE: &[&str] = &[
    "tenant_id",
    "record_seq",
    "line",
    "description",
    "resource_type",
    "quantity",
    "unit_price",
    "amount",
    "tax_rate",
    "tax_amount",
];

/// A tenant whose subscription `usr_a` administers, with two alerts of theirs and one of `usr_m`.
pub(super) async fn tenant(server: &Server, tenant: &str) {
    let body = json!({ "plan": "pro" });
    server.post(admin_of(tenant), "/billing/subscribe", body).await.expect(201);
    let made = |n: i64, by: &str| Alert {
        id: format!("ua_01KB3V6Z0ECX7Y9R2T4W6Q8S0{n}").parse().unwrap(),
        app: (n == 1).then(|| AppId::parse("app_1").unwrap()),
        name: format!("{tenant} {n}"),
        resource: Resource::ApiCalls,
        threshold: Threshold::new(80).unwrap(),
        channels: Channels::parse("email,in_app").unwrap(),
        status: AlertStatus::Active,
        created_by: UserId::parse(by).unwrap(),
        fired: (n == 1).then(|| Fired { at: server.now(), until: server.now() }),
        created_at: server.now(),
        updated_at: server.now(),
    };
    let three = [made(1, "usr_a"), made(2, "usr_m"), made(3, "usr_a")];
    let id = TenantId::parse(tenant).unwrap();
    let mut tx = server.env.db.begin().await.unwrap();
    alerts::insert_alerts(&mut tx, &id, &three).await.unwrap();
    tx.commit().await.unwrap();
}

/// Enters usage of two days, the later one in two apps, and what is billed of it.
pub(super) async fn usage(server: &Server, tenant: &str) {
    let day = |day: &str, app: &str, api_requests: i64| DayRow {
        day: day.to_owned(),
        app_id: app.to_owned(),
        api_requests,
        user_count: 5,
        ..DayRow::default()
    };
    let days = [day("2026-01-29", "", 7), day("2026-01-30", "", 10), day("2026-01-30", "a", 1)];
    let period = |month: u8, app: &str| MeteredRow {
        period_start: at(&format!("2026-0{month}-01T00:00:00Z")).into(),
        app_id: app.to_owned(),
        resource_type: "api_calls".to_owned(),
        period_end: at(&format!("2026-0{}-01T00:00:00Z", month + 1)).into(),
        total_usage: 120,
        measured_at: None,
        included_units: 100,
        unit_price: Some("0.4025".to_owned()),
        overage_units: 20,
        overage_amount: 80_500,
        status: "invoiced".to_owned(),
        late_units: 0,
        late_due: None,
        bills: 1,
    };
    let id = TenantId::parse(tenant).unwrap();
    let mut tx = server.env.db.begin().await.unwrap();
    metering::insert_days(&mut tx, &id, &days).await.unwrap();
    metering::insert_metered(&mut tx, &id, &[period(1, ""), period(2, "a")]).await.unwrap();
    tx.commit().await.unwrap();
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// Enters records `2..=last` of a tenant that has one: every third has two lines, every seventh
/// none, and all of them texts that JSON must escape. `price` is the unit price of record 2.
pub(super) async fn records(server: &Server, tenant: &str, last: i64, price: &str) {
    let mut records = Rows::new("billing_record", RECORD);
    let mut lines = Rows::new("invoice_line", LINE);
    for seq in 2..=last {
        let app = (seq % 5 == 0).then_some("app_1");
        records.push(vec![
            tenant.into(),
            seq.into(),
            format!("rec_01KB3V6Z0ECX7Y9R2T{seq:08}").into(),
            format!("INV-2025-{seq:06}").into(),
            app.into(),
            app.map(|_| seq / 5).into(),
            "usage".into(),
            if seq % 2 == 0 { "paid" } else { "failed" }.into(),
            (seq * 137).into(),
            "CNY".into(),
            format!("{tenant} \"{seq}\" 调用 \\ \t end").into(),
            server.now().into(),
        ]);
        let count = if seq % 7 == 0 { 0 } else { 1 + i64::from(seq % 3 == 0) };
        for line in 1..=count {
            lines.push(vec![
                tenant.into(),
                seq.into(),
                line.into(),
                format!("{tenant} line {line}").into(),
                if seq % 11 == 0 { "api calls 调用" } else { "api_calls" }.into(),
                (seq * line).into(),
                if seq == 2 { price } else { "0.0004" }.into(),
                (seq * 1_000).into(),
                "0.060".into(),
                60_i64.into(),
            ] as Vec<Stored>);
        }
    }
    let mut tx = server.env.db.begin().await.unwrap();
    tx.insert(records).await.unwrap();
    tx.insert(lines).await.unwrap();
    let counter = Stmt::new("UPDATE record_counter SET last_seq = $2 WHERE tenant_id = $1");
    tx.execute(counter.bind(tenant).bind(last)).await.unwrap();
    tx.commit().await.unwrap();
}
