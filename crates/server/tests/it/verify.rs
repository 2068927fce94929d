//! Verifying: whatever is changed behind the service's back is found and named.

mod tamperings;

use std::process::Command;

use countinghouse::{
    books::{self, Depth, Report, Rule},
    cli::seed::{Order, sow},
    metering::PackRun,
};
use countinghouse_core::id::TenantId;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, sqlite::SqliteConnectOptions};

use self::tamperings::{
    CAREFUL, INDEX_TAMPERINGS, NOTE_TAMPERINGS, ONE_OFF_TAMPERINGS, PACK_TAMPERINGS,
    REFUND_TAMPERINGS, TAMPERINGS, Tampering, USAGE_TAMPERINGS,
};
use crate::harness::{Engine, Server, Who, engines};

/// Runs SQL past triggers and references, as somebody with the file could.
async fn tamper(url: &str, sql: &'static str) {
    if url.starts_with("sqlite") {
        let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
        let options: SqliteConnectOptions = url.parse().unwrap();
        let mut file =
            sqlx::SqliteConnection::connect_with(&options.foreign_keys(false)).await.unwrap();
        let (drops,): (Option<String>,) =
            sqlx::query_as(triggers).fetch_one(&mut file).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(drops.unwrap_or_default())).execute(&mut file).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    } else {
        let mut server = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql("SET session_replication_role = replica").execute(&mut server).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut server).await.unwrap();
        server.close().await.unwrap();
    }
}

/// A service whose tenant `acme` has records, and adjustments over HTTP after them.
async fn books_of(engine: Engine, records: u64) -> (Server, String) {
    let url = engine.url();
    let server = Server::start(engine).await;
    let order = Order { tenant: TenantId::parse("acme").unwrap(), records, seed: 1, plan: "pro" };
    sow(server.app.commands(), &server.env, &order, |_| ()).await.unwrap();
    for amount in [30, -5, 7] {
        let body = json!({ "amount": amount, "source": "manual_adjust" });
        let path = "/admin/billing/credit-balance/acme/adjust";
        server.post(Who::ADMIN, path, body).await.expect(201);
    }
    (server, url)
}

async fn verified(server: &Server) -> Report {
    books::verify(&server.env.db, Depth::Deep, |_, _| ()).await.unwrap()
}

fn rules(report: &Report) -> Vec<Rule> {
    report.breaks.iter().map(|it| it.rule).collect()
}

async fn assert_each_is_found(server: &Server, url: &str, tamperings: &[Tampering]) {
    assert_eq!(verified(server).await.breaks, []);
    for Tampering { rule, change, undo } in tamperings {
        tamper(url, change).await;
        let report = verified(server).await;
        assert!(rules(&report).contains(rule), "{change}: {:?}", report.breaks);
        let (tenants, expected) =
            (report.breaks.iter().map(|it| it.tenant.as_str()), ["acme", "ghost"]);
        assert!(tenants.into_iter().all(|tenant| expected.contains(&tenant)), "{change}");

        tamper(url, undo).await;
        assert_eq!(verified(server).await.breaks, [], "{undo}");
    }
}

#[tokio::test]
async fn whatever_is_changed_is_found_and_named() {
    for engine in engines() {
        let (server, url) = books_of(engine, 80).await;

        assert_each_is_found(&server, &url, TAMPERINGS).await;
    }
}

#[tokio::test]
async fn whatever_is_changed_of_a_note_is_found() {
    for engine in engines() {
        let url = engine.url();
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "tax_rate": 0.06 })).await.expect(200);
        let plan = json!({ "plan": "pro" });
        server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        let note = "/admin/billing/invoice/INV-2026-000001/credit-note";
        let body = json!({ "amount": 30, "reason": "Outage" });
        server.post(Who::ADMIN, note, body).await.expect(200);

        assert_each_is_found(&server, &url, NOTE_TAMPERINGS).await;
    }
}

#[tokio::test]
async fn a_one_off_invoice_that_is_made_something_else_is_found() {
    for engine in engines() {
        let (server, url) = books_of(engine, 20).await;
        let line = json!({ "description": "Setup", "quantity": 1, "unit_price": 10 });
        let body = json!({ "lines": [line] });
        server.post(Who::ADMIN, "/admin/billing/invoices", body).await.expect(201);

        assert_each_is_found(&server, &url, ONE_OFF_TAMPERINGS).await;
    }
}

#[tokio::test]
async fn whatever_is_changed_of_a_refund_is_found() {
    for engine in engines() {
        let url = engine.url();
        let server = Server::start(engine).await;
        let plan = json!({ "plan": "pro" });
        let made = server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        let paid = json!({
            "subscription_id": made.at("/data/subscription_id"),
            "amount": 499,
            "status": "paid",
            "invoice_number": "INV-2026-000001",
            "period_start": "2026-01-31T12:00:00Z",
            "period_end": "2026-02-28T12:00:00Z",
        });
        server.post(Who::SERVICE, "/internal/billing/records", paid).await.expect(201);
        let submit = "/admin/billing/refund-approval";
        let ask = |amount| {
            json!({
                "amount": amount, "invoice_number": "INV-2026-000001", "reason": "Outage",
                "transaction_id": "txn",
            })
        };
        let made = server.post(Who::ADMIN, submit, ask(30)).await.expect(200);
        server.post(Who::ADMIN, submit, ask(5)).await.expect(200);
        let path = format!("{submit}/{}", made.at("/data/refund_id").as_str().unwrap());
        let other = Who::Person { tenant: "acme", user: "usr_b", role: "admin" };
        server.post(other, &format!("{path}/approve"), json!({})).await.expect(200);
        let payee = json!({ "user_id": "usr_a" });
        server.post(other, &format!("{path}/execute"), payee).await.expect(200);

        assert_each_is_found(&server, &url, REFUND_TAMPERINGS).await;
    }
}

#[tokio::test]
async fn whatever_is_changed_of_usage_is_found() {
    for engine in engines() {
        let url = engine.url();
        let server = Server::start(engine).await;
        let profile = "/admin/billing/tenants/acme/profile";
        server.put(Who::ADMIN, profile, json!({ "invoice_due_days": 90 })).await.expect(200);
        let plan = json!({ "plan": "pro" });
        server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        let pricing = "/admin/billing/subscription/acme/apps/app_1/pricing";
        let prices =
            json!([{ "resource_type": "api_calls", "included_units": 10, "unit_price": "0.005" }]);
        server.post(Who::ADMIN, pricing, json!({ "pricings": prices })).await.expect(200);
        let call =
            |amount| json!({ "resource_type": "api_calls", "amount": amount, "app_id": "app_1" });
        let report = "/internal/billing/metering/report";
        server.post(Who::SERVICE, report, call(30)).await.expect(200);
        let calls = json!({ "records": [
            { "date": "2026-01-30", "endpoint": "GET /a", "request_count": 2, "avg_latency_ms": 1_000 },
            { "date": "2026-01-31", "endpoint": "GET /a", "request_count": 1, "error_count": 1,
                "avg_latency_ms": 1_000 },
        ] });
        let import = "/internal/billing/endpoint-stats/import";
        server.post(Who::SERVICE, import, calls).await.expect(200);
        server.advance(28 * 24 * 60 * 60);
        server.post(Who::SERVICE, report, call(7)).await.expect(200);
        let renew = "/internal/billing/renewals/process";
        let done = server.post(Who::SERVICE, renew, json!({})).await.expect(200);
        assert_eq!(done.at("/data/succeeded"), 1);

        assert_each_is_found(&server, &url, USAGE_TAMPERINGS).await;
    }
}

#[tokio::test]
async fn whatever_is_changed_of_what_is_packed_away_is_found() {
    for engine in engines() {
        let url = engine.url();
        let server = Server::start(engine).await;
        let event =
            |n: u32| json!({ "event_id": n.to_string(), "resource_type": "sms", "amount": 1 });
        let events: Vec<_> = (0..200).map(event).collect();
        let batch = json!({ "events": events });
        server.post(Who::SERVICE, "/internal/billing/metering/batch", batch).await.expect(200);
        server.advance(500 * 24 * 60 * 60);
        let plan = json!({ "plan": "pro" });
        server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        let mut run = PackRun::start(&server.env, server.app.commands(), 400);
        while run.next_group().await.unwrap().is_some() {}

        assert_each_is_found(&server, &url, PACK_TAMPERINGS).await;
    }
}

#[tokio::test]
async fn an_index_that_does_not_fit_the_records_is_found() {
    for engine in engines() {
        let (server, url) = books_of(engine, 4_100).await;

        assert_each_is_found(&server, &url, INDEX_TAMPERINGS).await;
        assert_eq!(verified(&server).await.counted.chunks, 1);
    }
}

#[tokio::test]
async fn who_changes_everything_but_the_chain_is_found_by_the_chain() {
    for engine in engines() {
        let (server, url) = books_of(engine, 80).await;

        tamper(&url, CAREFUL).await;

        let report = verified(&server).await;
        assert_eq!(rules(&report), [Rule::Event], "{:?}", report.breaks);
        assert!(report.breaks[0].words.contains("INV-2025-000001"), "{}", report.breaks[0]);
    }
}

#[tokio::test]
async fn books_that_were_written_over_http_are_sound() {
    for engine in engines() {
        let server = Server::start(engine).await;
        let plan = json!({ "plan": "pro" });
        let made = server.post(Who::ADMIN, "/billing/subscribe", plan).await.expect(201);
        for (app, amount, status) in
            [("app_a", 12.5, "paid"), ("app_b", 7.25, "failed"), ("app_a", 9.0, "pending")]
        {
            let body = json!({
                "subscription_id": made.at("/data/subscription_id"),
                "app_id": app,
                "amount": amount,
                "status": status,
                "period_start": "2026-05-01T00:00:00Z",
                "period_end": "2026-06-01T00:00:00Z",
            });
            server.post(Who::SERVICE, "/internal/billing/records", body).await.expect(201);
            server.advance(60);
        }

        let report = verified(&server).await;

        assert_eq!(report.breaks, []);
        assert_eq!((report.counted.tenants, report.counted.records), (1, 4));
    }
}

fn verify_by_hand(url: &str) -> (Option<i32>, String) {
    let verify = Command::new(env!("CARGO_BIN_EXE_countinghouse"))
        .args(["verify", "--database-url", url])
        .output()
        .unwrap();
    let said = [verify.stdout, verify.stderr].concat();
    (verify.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn the_verb_says_so_and_exits_with_1_at_a_break() {
    for engine in engines() {
        let (server, url) = books_of(engine, 20).await;

        let sound = verify_by_hand(&url);
        tamper(&url, "DELETE FROM ledger_transfer WHERE tenant_id = 'acme' AND seq = 3").await;
        let broken = verify_by_hand(&url);

        assert_eq!(sound.0, Some(0), "{}", sound.1);
        assert!(sound.1.contains("20 records") && sound.1.contains("the books are sound"));
        assert_eq!(broken.0, Some(1), "{}", broken.1);
        assert!(
            broken.1.contains("broken: ledger.sequence: tenant acme: transfer 3"),
            "{}",
            broken.1
        );
        drop(server);
    }
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("absent.db");

    let (code, said) = verify_by_hand(&format!("sqlite://{}", file.display()));

    assert_eq!(code, Some(1), "{said}");
    assert!(!file.exists());
}
