//! Rows that the database refuses whoever writes them.

mod apps;
mod finance;

use countinghouse::db::{Db, Stmt};
use serde_json::json;

use crate::harness::{Server, Who, engines};

/// Rows in every table of rows that stay.
pub(super) async fn fill(server: &Server) {
    let adjust = "/admin/billing/credit-balance/acme/adjust";
    let grant = json!({ "amount": 5, "source": "promo" });
    server.post(Who::ADMIN, adjust, grant).await.expect(201);
    server.post(Who::ADMIN, "/billing/subscribe", json!({ "plan": "pro" })).await.expect(201);
    let change = "/admin/billing/subscription/acme/change-plan";
    server.post(Who::ADMIN, change, json!({ "new_plan": "basic" })).await.expect(200);
    let pricing = "/admin/billing/subscription/acme/apps/app_001/pricing";
    let prices = json!({ "pricings": [{ "resource_type": "sms", "unit_price": 1 }] });
    server.post(Who::ADMIN, pricing, prices).await.expect(200);
    // The hash of an event is the only bytes that both engines spell alike.
    for insert in [
        "INSERT INTO record_chunk (tenant_id, chunk, words, numbers, amounts, min_amount,
            max_amount, min_id, max_id)
         SELECT tenant_id, seq, hash, hash, hash, 0, 0, '', '' FROM chain_event",
        "INSERT INTO dunning_step SELECT tenant_id, number, 'overdue', 0, due_at, due_at FROM invoice",
        "INSERT INTO invoice_void SELECT tenant_id, number, issued_at FROM invoice",
        "INSERT INTO tax_export SELECT tenant_id, 1, '2026', 1, 'tax_1', 'csv', 'UTC', issued_at,
            due_at, due_at, 1, 0, 1, 'CNY' FROM invoice",
        "INSERT INTO record_chunk_page (tenant_id, place, postings)
         SELECT tenant_id, seq, hash FROM chain_event",
        "INSERT INTO usage_event (tenant_id, event_key, app_id, resource_type, amount, occurred_at,
            received_at, day)
         SELECT tenant_id, substr(hash, 1, 16), '', 'sms', 1, created_at, created_at, '2026-01-31'
         FROM chain_event",
        "INSERT INTO usage_pack (tenant_id, first_key, entries)
         SELECT tenant_id, substr(hash, 2, 16), substr(hash, 2, 24) FROM chain_event",
        "INSERT INTO usage_alert_firing (tenant_id, alert_id, threshold_percent, resource_type,
            period_start, fired_at)
         SELECT tenant_id, 'ua_1', 80, 'api_calls', issued_at, issued_at FROM invoice",
    ] {
        assert!(!is_refused_for_good(&server.env.db, insert).await, "{insert}");
    }
}

/// Whether a statement is refused; nothing of it stays.
pub(super) async fn is_refused(db: &Db, sql: &str) -> bool {
    let mut tx = db.begin().await.unwrap();
    let refused = tx.execute(Stmt::new(sql.to_owned().leak())).await.is_err();
    tx.rollback().await.unwrap();
    refused
}

async fn is_refused_for_good(db: &Db, sql: &str) -> bool {
    let mut tx = db.begin().await.unwrap();
    tx.execute(Stmt::new(sql.to_owned().leak())).await.is_err() || tx.commit().await.is_err()
}

/// How many rows a table has.
pub(super) async fn count(db: &Db, table: &str) -> i64 {
    let mut tx = db.begin().await.unwrap();
    let stmt = Stmt::new(format!("SELECT COUNT(*) FROM {table}").leak());
    tx.fetch_scalar(stmt).await.unwrap()
}

/// Copies the tenant's rows of a table with some columns changed: `(columns, values)` of all.
fn copy(table: &str, columns: &str, changed: &[(&str, &str)]) -> String {
    let values = columns.split(", ").map(|column| {
        let value = changed.iter().find(|(name, _)| *name == column);
        value.map_or(column, |(_, value)| value)
    });
    let values: Vec<&str> = values.collect();
    format!("INSERT INTO {table} ({columns}) SELECT {} FROM {table}", values.join(", "))
}

const TRANSFER: &str = "tenant_id, seq, cause_id, leg, kind, debit, credit, amount, created_at, \
    credit_id, credit_seq, source, source_seq, balance_after, source_id, remark, month";

const SUBSCRIPTION: &str = "tenant_id, subscription_id, ordinal, plan, status, billing_cycle, \
    amount, currency, auto_renew, cancel_at_period_end, anchor, timezone, period_number, \
    period_start, period_end, period_since, trial_end, notice_at, admin_user_id, created_at, version";

const RECORD: &str = "tenant_id, seq, record_id, invoice_number, subscription_id, app_id, app_seq, \
    type, status, amount, currency, description, created_at";

const INVOICE: &str = "tenant_id, number, record_seq, subscription_id, plan, billing_cycle, kind, \
    status, period_start, period_end, issued_at, due_at, paid_at, currency, net, tax, total, \
    credit_applied, noted, returned, paid, payment_method, seller, buyer, tax_inclusive, timezone, \
    failed_at, attempts, dunning_at";

const LINE: &str = "tenant_id, record_seq, line, description, resource_type, quantity, unit_price, \
    amount, tax_rate, tax_amount, service_start, service_end";

const EVENT: &str = "tenant_id, seq, event_id, subscription_id, position, kind, created_at, \
    payload, previous_hash, hash";

/// A transfer like the stored ones, of another cause, that no credit is touched by.
const OF_CASH: [(&str, &str); 11] = [
    ("seq", "seq + 100"),
    ("cause_id", "'another'"),
    ("leg", "seq"),
    ("debit", "'cash'"),
    ("credit", "'receivable'"),
    ("credit_id", "NULL"),
    ("credit_seq", "NULL"),
    ("source", "NULL"),
    ("source_seq", "NULL"),
    ("balance_after", "NULL"),
    ("source_id", "NULL"),
];

fn transfer(changed: &[(&str, &str)]) -> String {
    let changed: Vec<_> = changed
        .iter()
        .chain(&OF_CASH)
        .chain(&[("remark", "NULL"), ("month", "NULL")])
        .copied()
        .collect();
    copy("ledger_transfer", TRANSFER, &changed)
}

fn subscription(changed: &[(&str, &str)]) -> String {
    let other = [("subscription_id", "'sub_2'"), ("ordinal", "2"), ("status", "'cancelled'")];
    copy("subscription", SUBSCRIPTION, &changed.iter().chain(&other).copied().collect::<Vec<_>>())
}

fn record(changed: &[(&str, &str)]) -> String {
    let other = [("seq", "seq + 1"), ("record_id", "'rec_2'"), ("invoice_number", "'INV-2'")];
    copy("billing_record", RECORD, &changed.iter().chain(&other).copied().collect::<Vec<_>>())
}

#[tokio::test]
async fn good_rows_are_taken_so_that_refusals_mean_something() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;

        for good in [
            transfer(&[]),
            subscription(&[]),
            record(&[]),
            copy("invoice_line", LINE, &[("line", "line + 1")]),
            copy("chain_event", EVENT, &[("seq", "seq + 100"), ("position", "position + 100")]),
            "UPDATE ledger_book SET debit_credit = credit_credit".to_owned(),
            "UPDATE invoice SET noted = noted + 1".to_owned(),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
    }
}

#[tokio::test]
async fn the_ledger_is_never_overdrawn_unbalanced_or_posted_twice() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;

        for bad in [
            "UPDATE ledger_book SET debit_credit = credit_credit + 1".to_owned(),
            "UPDATE ledger_book SET promo_seq = promo_seq + 1".to_owned(),
            "UPDATE ledger_book SET credit_seq = last_seq + 1".to_owned(),
            "UPDATE ledger_book SET debit_cash = -1".to_owned(),
            "UPDATE ledger_book SET debit_cash = 1000000000000000001".to_owned(),
            "UPDATE ledger_book SET currency = 'YUAN'".to_owned(),
            "UPDATE ledger_book SET deferred = ''".to_owned(),
            "UPDATE ledger_book SET close_at = NULL".to_owned(),
            "UPDATE ledger_book SET deferred = '', close_at = NULL".to_owned(),
            "UPDATE ledger_book SET closed_month = '2026'".to_owned(),
            transfer(&[("month", "'2026-01'")]),
            transfer(&[("credit", "'deferred_revenue'")]),
            transfer(&[("credit", "'cash'")]),
            transfer(&[("credit", "'elsewhere'")]),
            transfer(&[("debit", "'credit'")]),
            transfer(&[("amount", "0")]),
            transfer(&[("amount", "-amount")]),
            transfer(&[("leg", "0")]),
            transfer(&[("seq", "0")]),
            transfer(&[("seq", "seq")]),
            transfer(&[("cause_id", "cause_id"), ("leg", "leg")]),
            transfer(&[("source_id", "'loose'")]),
            transfer(&[("remark", "'loose'")]),
            transfer(&[("credit_seq", "credit_seq")]),
            transfer(&[("balance_after", "0")]),
            transfer(&[("tenant_id", "NULL")]),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn a_tenant_has_one_live_subscription_and_a_period_is_billed_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let db = &server.env.db;

        for bad in [
            subscription(&[("status", "'active'")]),
            subscription(&[("status", "'suspended'")]),
            subscription(&[("status", "'asleep'")]),
            subscription(&[("ordinal", "1")]),
            subscription(&[("subscription_id", "subscription_id")]),
            subscription(&[("plan", "'no such plan'")]),
            subscription(&[("tenant_id", "'no such tenant'")]),
            subscription(&[("period_end", "period_start")]),
            subscription(&[("status", "'trial'")]),
            subscription(&[("billing_cycle", "'weekly'")]),
            subscription(&[("amount", "-1")]),
        ] {
            assert!(is_refused(db, &bad).await, "{bad}");
        }
        assert!(!is_refused_for_good(db, &record(&[])).await);
        let again = [("number", "'INV-2'"), ("record_seq", "2")];
        let other = [("number", "'INV-2'"), ("record_seq", "2"), ("kind", "'external'")];
        assert!(is_refused(db, &copy("invoice", INVOICE, &again)).await);
        assert!(!is_refused(db, &copy("invoice", INVOICE, &other)).await);
    }
}

#[tokio::test]
async fn invoices_records_and_lines_keep_their_sums_and_their_places() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let external = |changed: (&'static str, &'static str)| {
            let other = [changed, ("number", "'INV-2'"), ("kind", "'external'")];
            copy("invoice", INVOICE, &other)
        };

        for bad in [
            record(&[("seq", "seq")]),
            record(&[("invoice_number", "invoice_number")]),
            record(&[("status", "'lost'")]),
            record(&[("type", "'gift'")]),
            record(&[("subscription_id", "'sub_none'")]),
            record(&[("app_id", "''"), ("app_seq", "1")]),
            record(&[("app_id", "'a'")]),
            "UPDATE billing_record SET status = 'lost'".to_owned(),
            "UPDATE invoice SET status = 'paid'".to_owned(),
            "UPDATE invoice SET paid = total + 1".to_owned(),
            "UPDATE invoice SET noted = -1".to_owned(),
            external(("record_seq", "record_seq")),
            external(("record_seq", "99")),
            external(("net", "net + 1")),
            external(("period_end", "period_start")),
            external(("subscription_id", "NULL")),
            external(("plan", "NULL")),
            external(("billing_cycle", "'weekly'")),
            copy("invoice", INVOICE, &[("number", "'INV-2'"), ("kind", "'oneoff'")]),
            copy("invoice_line", LINE, &[("record_seq", "99")]),
            copy("invoice_line", LINE, &[("line", "line")]),
            copy("invoice_line", LINE, &[("line", "line + 1"), ("service_start", "NULL")]),
            copy("invoice_line", LINE, &[("line", "line + 1"), ("service_end", "service_start")]),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn dunning_keeps_to_what_is_not_paid_and_each_step_comes_once() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let step = |changed: &[(&str, &str)]| {
            copy(
                "dunning_step",
                "tenant_id, invoice_number, kind, number, due_at, done_at",
                changed,
            )
        };
        let settings = |grace: &str, cancel: &str| {
            format!(
                "INSERT INTO dunning_settings SELECT 'acme', '[]', {grace}, {cancel}, NULL,
                    issued_at, issued_at FROM invoice"
            )
        };
        let message = |seq: &str| {
            copy(
                "outbox_message",
                "tenant_id, seq, message_id, kind, created_at, payload",
                &[("seq", seq)],
            )
        };

        for good in [
            "UPDATE invoice SET status = 'overdue', failed_at = issued_at".to_owned(),
            "UPDATE invoice SET status = 'void', noted = 0, dunning_at = NULL".to_owned(),
            step(&[("kind", "'suspend'")]),
            step(&[("kind", "'retry'"), ("number", "1")]),
            settings("90", "180"),
            message("seq + 10"),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            "UPDATE invoice SET status = 'overdue'".to_owned(),
            "UPDATE invoice SET status = 'void', noted = 0".to_owned(),
            "UPDATE invoice SET status = 'void', dunning_at = NULL".to_owned(),
            "UPDATE invoice SET attempts = -1".to_owned(),
            "UPDATE invoice SET failed_at = period_end".to_owned(),
            step(&[]),
            step(&[("kind", "'leap'")]),
            step(&[("kind", "'overdue'"), ("number", "1")]),
            step(&[("kind", "'suspend'"), ("invoice_number", "'INV-2'")]),
            settings("7", "7"),
            settings("0", "7"),
            settings("91", "180"),
            settings("7", "181"),
            message("seq"),
            message("0"),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn events_answers_usage_and_alerts_keep_their_rules() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let alert = |threshold: &str, status: &str| {
            format!(
                "INSERT INTO usage_alert SELECT 'acme', 'ua_1', NULL, 'n', 'sms', {threshold},
                    'email', '{status}', 'u', NULL, NULL, last_at, last_at FROM ledger_book"
            )
        };
        let firing = |threshold: &str, resource: &str| {
            copy(
                "usage_alert_firing",
                "tenant_id, alert_id, threshold_percent, resource_type, period_start, fired_at",
                &[("threshold_percent", threshold), ("resource_type", resource)],
            )
        };
        let usage = |day: &str, sms: &str| {
            format!(
                "INSERT INTO usage_day VALUES ('acme', '{day}', '', 0, 0, 0, 0, {sms}, 0, 0, 0, 0,
                    NULL, NULL)"
            )
        };
        let answer = |status: &str, digest: &str| {
            format!(
                "INSERT INTO command_answer
                 SELECT 'acme', {digest}, last_hash, {status}, last_hash, last_at
                 FROM chain_head CROSS JOIN ledger_book"
            )
        };

        for good in [
            alert("1", "active"),
            alert("100", "silenced"),
            firing("81", "resource_type"),
            firing("threshold_percent", "'sms'"),
            usage("2026-01-31", "0"),
            answer("200", "last_hash"),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            copy("chain_event", EVENT, &[("seq", "seq + 1")]),
            copy("chain_event", EVENT, &[("position", "position + 1")]),
            copy("chain_event", EVENT, &[("seq", "0"), ("position", "position + 1")]),
            alert("0", "active"),
            alert("101", "active"),
            alert("1", "asleep"),
            alert("1", "triggered"),
            firing("threshold_percent", "resource_type"),
            firing("0", "resource_type"),
            firing("101", "resource_type"),
            usage("2026-1-31", "0"),
            usage("2026-01-31", "-1"),
            answer("400", "last_hash"),
            answer("200", "NULL"),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn plans_and_gates_keep_their_rules() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let assigned = |tenant: &str, plan: &str| {
            format!("INSERT INTO tenant_plan (tenant_id, plan) VALUES ('{tenant}', '{plan}')")
        };
        let gate = |plan: &str, key: &str| {
            format!(
                "INSERT INTO plan_gate SELECT '{plan}', '{key}', mfa_enabled FROM plan WHERE name = 'pro'"
            )
        };
        let gate_override = |tenant: &str, key: &str, updated: &str| {
            format!(
                "INSERT INTO gate_override SELECT '{tenant}', '{key}', 'fgo_1', mfa_enabled, 'u',
                    created_at, {updated} FROM plan WHERE name = 'pro'"
            )
        };

        for good in [
            "UPDATE tenant_plan SET plan = 'basic'".to_owned(),
            "UPDATE plan SET status = 'archived'".to_owned(),
            gate("pro", "custom_domain"),
            gate_override("acme", "mfa", "updated_at"),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            assigned("acme", "basic"),
            assigned("no such tenant", "basic"),
            "UPDATE tenant_plan SET plan = 'no such plan'".to_owned(),
            "UPDATE plan SET status = 'asleep'".to_owned(),
            "UPDATE plan SET monthly_price = -1".to_owned(),
            "UPDATE plan SET max_users = -2".to_owned(),
            "UPDATE plan SET position = 1".to_owned(),
            "DELETE FROM plan WHERE name = 'pro'".to_owned(),
            gate("no such plan", "custom_domain"),
            gate("pro", "mfa"),
            gate("pro", "sso"),
            gate("pro", ""),
            gate_override("no such tenant", "mfa", "updated_at"),
            gate_override("acme", "", "updated_at"),
            gate_override("acme", "mfa", "NULL"),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}
