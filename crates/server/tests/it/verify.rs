//! Verifying: whatever is changed behind the service's back is found and named.

use std::process::Command;

use countinghouse::{
    books::{self, Depth, Report, Rule},
    cli::seed::{Order, sow},
};
use countinghouse_core::id::TenantId;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, sqlite::SqliteConnectOptions};

use crate::harness::{Engine, Server, Who, engines};

/// A change behind the service's back, how it is undone, and the rule that it breaks.
struct Tampering {
    rule: Rule,
    change: &'static str,
    undo: &'static str,
}

const fn tampering(rule: Rule, change: &'static str, undo: &'static str) -> Tampering {
    Tampering { rule, change, undo }
}

/// Keeps rows aside while they are gone.
macro_rules! without {
    ($rule:ident, $table:literal, $which:literal) => {
        tampering(
            Rule::$rule,
            concat!(
                "CREATE TABLE kept AS SELECT * FROM ",
                $table,
                " WHERE ",
                $which,
                ";",
                "DELETE FROM ",
                $table,
                " WHERE ",
                $which
            ),
            concat!("INSERT INTO ", $table, " SELECT * FROM kept; DROP TABLE kept"),
        )
    };
}

/// Changes one column of the rows of acme that are named, and back.
macro_rules! with {
    ($rule:ident, $table:literal, $column:literal, $change:literal, $undo:literal, $which:literal) => {
        tampering(
            Rule::$rule,
            concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = ",
                $change,
                " WHERE tenant_id = 'acme' AND ",
                $which
            ),
            concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = ",
                $undo,
                " WHERE tenant_id = 'acme' AND ",
                $which
            ),
        )
    };
}

mod corrected;

const TAMPERINGS: &[Tampering] = &[
    // The ledger.
    with!(Book, "ledger_transfer", "amount", "amount + 100", "amount - 100", "seq = 2"),
    with!(Posting, "ledger_transfer", "amount", "amount + 100", "amount - 100", "seq = 2"),
    with!(CreditBalance, "ledger_transfer", "balance_after", "balance_after + 100", "balance_after - 100", "credit_seq = 3"),
    with!(TransferWay, "ledger_transfer", "debit", "'wallet'", "'receivable'", "seq = 1"),
    with!(Book, "ledger_transfer", "credit", "'revenue', month = NULL", "'deferred_revenue', month = '2025-11'", "seq = 1"),
    with!(TransferWay, "ledger_transfer", "kind", "'money_received'", "'invoice_issued'", "seq = 1"),
    with!(Posting, "ledger_transfer", "cause_id", "'inv:INV-1999-000001'", "'inv:INV-2025-000001'", "seq = 1"),
    with!(TransferCause, "ledger_transfer", "leg", "7", "1", "seq = 4"),
    with!(TransferSeq, "ledger_transfer", "seq", "1000000", "5", "seq IN (5, 1000000)"),
    with!(CreditSeq, "ledger_transfer", "credit_seq", "1000000", "2", "credit_seq IN (2, 1000000)"),
    with!(SourceSeq, "ledger_transfer", "source_seq", "source_seq + 1000", "source_seq - 1000", "credit_seq = 2"),
    tampering(
        Rule::TransferTime,
        "CREATE TABLE kept AS SELECT created_at FROM ledger_transfer WHERE tenant_id = 'acme' AND seq = 40;
         UPDATE ledger_transfer SET created_at = (SELECT created_at FROM ledger_transfer WHERE tenant_id = 'acme' AND seq = 1)
         WHERE tenant_id = 'acme' AND seq = 40",
        "UPDATE ledger_transfer SET created_at = (SELECT created_at FROM kept) WHERE tenant_id = 'acme' AND seq = 40;
         DROP TABLE kept",
    ),
    without!(TransferSeq, "ledger_transfer", "tenant_id = 'acme' AND seq = 9"),
    without!(Book, "ledger_transfer", "tenant_id = 'acme' AND seq = (SELECT MAX(seq) FROM ledger_transfer WHERE tenant_id = 'acme')"),
    with!(Book, "ledger_book", "debit_cash", "debit_cash + 1", "debit_cash - 1", "last_seq > 0"),
    with!(Book, "ledger_book", "last_seq", "last_seq + 1", "last_seq - 1", "last_seq > 0"),
    without!(Book, "ledger_book", "tenant_id = 'acme'"),
    // What is earned, and when.
    with!(Month, "ledger_transfer", "month", "'2025-12'", "'2025-11'", "cause_id = 'revenue:2025-11'"),
    with!(Month, "ledger_transfer", "month", "'2025-12'", "'2025-11'", "seq = 1"),
    with!(Month, "ledger_book", "closed_month", "'2025-11'", "'2025-12'", "last_seq > 0"),
    with!(Row, "ledger_book", "deferred", "deferred || ' '", "TRIM(deferred)", "last_seq > 0"),
    with!(Row, "ledger_book", "credit_deferred_revenue", "credit_deferred_revenue + 100", "credit_deferred_revenue - 100", "last_seq > 0"),
    with!(Revenue, "invoice", "timezone", "'America/New_York'", "'UTC'", "record_seq = 1"),
    // The chains.
    without!(Chain, "chain_event", "tenant_id = 'acme' AND seq = (SELECT MAX(seq) FROM chain_event WHERE tenant_id = 'acme')"),
    without!(EventSeq, "chain_event", "tenant_id = 'acme' AND seq = 9"),
    without!(Chain, "chain_event", "tenant_id = 'acme' AND seq = 9"),
    without!(Chain, "chain_head", "tenant_id = 'acme'"),
    with!(Chain, "chain_event", "payload", "payload || ' '", "TRIM(payload)", "seq = 3"),
    with!(Chain, "chain_event", "kind", "'invoice.paid'", "'invoice.issued'", "seq = 2"),
    with!(Chain, "chain_event", "position", "1000000", "2", "position IN (2, 1000000)"),
    with!(Chain, "chain_head", "last_position", "last_position - 1", "last_position + 1", "last_position > 0"),
    tampering(
        Rule::Chain,
        "CREATE TABLE kept AS SELECT hash FROM chain_event WHERE tenant_id = 'acme' AND seq = 5;
         UPDATE chain_event SET hash = previous_hash WHERE tenant_id = 'acme' AND seq = 5",
        "UPDATE chain_event SET hash = (SELECT hash FROM kept) WHERE tenant_id = 'acme' AND seq = 5;
         DROP TABLE kept",
    ),
    // Periods.
    without!(Periods, "chain_event", "tenant_id = 'acme' AND seq = (SELECT MIN(seq) FROM chain_event WHERE tenant_id = 'acme' AND kind = 'subscription.renewed')"),
    tampering(
        Rule::Periods,
        "CREATE TABLE kept AS SELECT period_start FROM subscription WHERE tenant_id = 'acme';
         UPDATE subscription SET period_start = created_at WHERE tenant_id = 'acme'",
        "UPDATE subscription SET period_start = (SELECT period_start FROM kept) WHERE tenant_id = 'acme';
         DROP TABLE kept",
    ),
    tampering(
        Rule::PeriodBilled,
        "CREATE TABLE kept AS SELECT MIN(seq) AS seq FROM chain_event
         WHERE tenant_id = 'acme' AND kind = 'invoice.issued' AND payload LIKE '%\"kind\":\"external\"%';
         UPDATE chain_event SET payload = REPLACE(payload, '\"external\"', '\"period\"')
         WHERE tenant_id = 'acme' AND seq = (SELECT seq FROM kept)",
        "UPDATE chain_event SET payload = REPLACE(payload, '\"period\"', '\"external\"')
         WHERE tenant_id = 'acme' AND seq = (SELECT seq FROM kept);
         DROP TABLE kept",
    ),
    with!(Event, "invoice", "kind", "'external'", "'period'", "record_seq = 1"),
    tampering(
        Rule::Event,
        "CREATE TABLE kept AS SELECT period_end FROM invoice WHERE tenant_id = 'acme' AND record_seq = 1;
         UPDATE invoice SET period_end = due_at WHERE tenant_id = 'acme' AND record_seq = 1",
        "UPDATE invoice SET period_end = (SELECT period_end FROM kept) WHERE tenant_id = 'acme' AND record_seq = 1;
         DROP TABLE kept",
    ),
    // Records, lines, invoices.
    with!(RecordInvoice, "billing_record", "amount", "amount + 100", "amount - 100", "seq = 7"),
    with!(RecordSeq, "billing_record", "seq", "1000000", "20", "seq IN (20, 1000000)"),
    with!(AppSeq, "billing_record", "app_seq", "app_seq + 1000", "app_seq - 1000", "app_id IS NOT NULL AND seq < 15"),
    with!(Status, "billing_record", "status", "'failed'", "'paid'", "seq = 1"),
    with!(Lines, "invoice_line", "amount", "amount + 100", "amount - 100", "record_seq = 7 AND line = 1"),
    with!(Lines, "invoice_line", "line", "9", "1", "record_seq = 7 AND line IN (1, 9)"),
    without!(Lines, "invoice_line", "tenant_id = 'acme' AND record_seq = 8"),
    without!(RecordInvoice, "invoice", "tenant_id = 'acme' AND record_seq = 8"),
    without!(RecordSeq, "billing_record", "tenant_id = 'acme' AND seq = 8"),
    without!(RecordCounter, "billing_record", "tenant_id = 'acme' AND seq = (SELECT MAX(seq) FROM billing_record WHERE tenant_id = 'acme')"),
    with!(RecordCounter, "record_counter", "last_seq", "last_seq + 1", "last_seq - 1", "app_id = ''"),
    with!(RecordCounter, "record_counter", "last_seq", "last_seq + 1", "last_seq - 1", "app_id = 'app_web'"),
    without!(RecordCounter, "record_counter", "tenant_id = 'acme' AND app_id = 'app_api'"),
    with!(Number, "invoice_series", "last_number", "last_number + 1", "last_number - 1", "series = 'INV'"),
    with!(Event, "invoice", "total", "total + 100, net = net + 100, paid = paid + 100", "total - 100, net = net - 100, paid = paid - 100", "record_seq = 1"),
    with!(Posting, "invoice", "paid", "paid - 100, credit_applied = credit_applied + 100", "paid + 100, credit_applied = credit_applied - 100", "record_seq = 1"),
    // Who does not pay.
    with!(Unpaid, "subscription", "status", "'past_due'", "'active'", "ordinal = 1"),
    with!(Dunning, "invoice", "attempts", "1", "0", "status = 'issued'"),
    with!(Outbox, "invoice", "attempts", "attempts + 1", "attempts - 1", "record_seq = 3"),
    tampering(
        Rule::Outbox,
        "INSERT INTO outbox_message SELECT tenant_id, 2, 'evt_1', 'trial.will_end', issued_at, '{}' FROM invoice WHERE tenant_id = 'acme' AND record_seq = 1",
        "DELETE FROM outbox_message WHERE tenant_id = 'acme'",
    ),
    tampering(
        Rule::Dunning,
        "INSERT INTO dunning_step SELECT tenant_id, number, 'retry', 1, due_at, due_at FROM invoice WHERE tenant_id = 'acme' AND record_seq = 1",
        "DELETE FROM dunning_step WHERE tenant_id = 'acme'",
    ),
    // Who has which plan.
    with!(TenantPlan, "tenant_plan", "plan", "'basic'", "'pro'", "plan <> ''"),
    without!(TenantPlan, "tenant_plan", "tenant_id = 'acme'"),
    // Who is named.
    tampering(
        Rule::Tenant,
        "INSERT INTO record_counter SELECT 'ghost', app_id, last_seq, last_at FROM record_counter WHERE tenant_id = 'acme' AND app_id = ''",
        "DELETE FROM record_counter WHERE tenant_id = 'ghost'",
    ),
];

/// Changes that only the search index can miss; they need a chunk that is full.
const INDEX_TAMPERINGS: &[Tampering] = &[
    with!(IndexStatus, "billing_record", "status", "'failed'", "'paid'", "seq = 1"),
    without!(Sealed, "record_chunk", "tenant_id = 'acme'"),
    with!(Index, "record_chunk", "min_amount", "min_amount + 1", "min_amount - 1", "chunk = 0"),
    without!(Index, "record_chunk_page", "tenant_id = 'acme' AND place = 0"),
    without!(IndexStatus, "record_status_block", "tenant_id = 'acme' AND block = 3"),
    tampering(
        Rule::Index,
        "CREATE TABLE kept AS SELECT description FROM billing_record WHERE tenant_id = 'acme' AND seq = 9;
         UPDATE billing_record SET description = 'forged' WHERE tenant_id = 'acme' AND seq = 9",
        "UPDATE billing_record SET description = (SELECT description FROM kept) WHERE tenant_id = 'acme' AND seq = 9;
         DROP TABLE kept",
    ),
];

/// Raises what was billed, paid and earned first, everywhere but in the chain.
const CAREFUL: &str = "
    UPDATE billing_record SET amount = amount + 100 WHERE tenant_id = 'acme' AND seq = 1;
    UPDATE invoice_line SET amount = amount + 100 WHERE tenant_id = 'acme' AND record_seq = 1;
    UPDATE invoice SET net = net + 100, total = total + 100, paid = paid + 100
    WHERE tenant_id = 'acme' AND record_seq = 1;
    UPDATE ledger_transfer SET amount = amount + 100 WHERE tenant_id = 'acme'
    AND cause_id IN ('inv:INV-2025-000001', 'inv:INV-2025-000001:paid', 'revenue:2025-11');
    UPDATE ledger_book SET debit_receivable = debit_receivable + 100,
        credit_receivable = credit_receivable + 100, debit_cash = debit_cash + 100,
        credit_deferred_revenue = credit_deferred_revenue + 100,
        debit_deferred_revenue = debit_deferred_revenue + 100,
        credit_revenue = credit_revenue + 100 WHERE tenant_id = 'acme'";

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
