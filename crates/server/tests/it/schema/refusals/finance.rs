//! Notes, refunds, gateways and what reports are made of.

use countinghouse::db::Stmt;

use super::{copy, fill, is_refused, is_refused_for_good};
use crate::harness::{Server, engines};

/// A note and a refund on the tenant's invoice, which is paid.
async fn fill_with_refunds(server: &Server) {
    fill(server).await;
    let mut tx = server.env.db.begin().await.unwrap();
    for sql in [
        "UPDATE invoice SET status = 'paid', paid_at = issued_at, dunning_at = NULL,
            paid = total - credit_applied - noted",
        "INSERT INTO credit_note (tenant_id, number, seq, invoice_number, reason, remark, status,
            currency, net, tax, total, lowered, returned, paid_out, issued_at, timezone)
         SELECT tenant_id, 'CN-1', 99, number, 'requested', 'r', 'applied', currency, 100, 0, 100, 0,
            100, 0, issued_at, timezone FROM invoice",
        "INSERT INTO refund_approval (tenant_id, refund_id, invoice_number, amount, currency, reason,
            transaction_id, status, requested_by, requested_at)
         SELECT tenant_id, 'ref_1', number, 100, currency, 'r', 't', 'submitted', 'one', issued_at
         FROM invoice",
    ] {
        tx.execute(Stmt::new(sql)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn notes_and_refunds_never_exceed_what_was_paid_and_need_two_people() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill_with_refunds(&server).await;
        let refund = |to: &str| format!("UPDATE refund_approval SET {to}");
        let note = |to: &str| format!("UPDATE credit_note SET {to}");
        let invoice = |to: &str| format!("UPDATE invoice SET {to}");
        let approved = "status = 'approved', decided_by = 'two', decided_at = requested_at";
        let executing = format!(
            "{approved}, payee = 'three', wallet = 'built_in', executing_at = requested_at, status = 'executing'"
        );
        let executing = executing.replacen("status = 'approved', ", "", 1);

        for good in [
            invoice("refunding = paid"),
            invoice("status = 'refunded', refunded = paid, returned = credit_applied"),
            note("status = 'cancelled', cancelled_at = issued_at, hidden_at = issued_at"),
            refund(approved),
            refund(&executing),
            refund("status = 'rejected', decided_by = 'one', decided_at = requested_at"),
            refund("deleted_at = requested_at"),
        ] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            invoice("refunding = paid + 1"),
            invoice("refunded = -1"),
            invoice("refunded = paid, returned = total"),
            invoice("status = 'refunded'"),
            note("hidden_at = issued_at"),
            note("status = 'cancelled'"),
            refund("amount = 0"),
            refund("status = 'paid'"),
            refund("status = 'approved'"),
            refund("status = 'approved', decided_by = 'one', decided_at = requested_at"),
            refund("status = 'executing', decided_by = 'two', decided_at = requested_at"),
            refund(&format!("{executing}, deleted_at = requested_at")),
            refund(&executing.replace("'executing'", "'completed'")),
            refund("invoice_number = 'INV-none'"),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn gateways_and_their_secrets_keep_their_rules() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let db = &server.env.db;
        let gateway = |id: &str, code: &str, status: &str, version: i64| {
            format!(
                "INSERT INTO payment_gateway SELECT '{id}', '{code}', 'n', 'n', '{status}', '{{}}',
                    {version}, last_at, last_at FROM ledger_book"
            )
        };
        let secret = |id: &str, nonce: u8, sealed: u8| {
            format!(
                "INSERT INTO gateway_secret SELECT '{id}', '/key', substr(last_hash, 1, {nonce}),
                    substr(last_hash, 1, {sealed}) FROM chain_head"
            )
        };

        assert!(!is_refused_for_good(db, &gateway("pg_1", "alipay", "active", 1)).await);
        for good in [gateway("pg_2", "wechat", "inactive", 7), secret("pg_1", 12, 17)] {
            assert!(!is_refused(db, &good).await, "{good}");
        }
        for bad in [
            gateway("pg_2", "alipay", "active", 1),
            gateway("pg_1", "wechat", "active", 1),
            gateway("pg_2", "", "active", 1),
            gateway("pg_2", "wechat", "open", 1),
            gateway("pg_2", "wechat", "active", 0),
            secret("pg_1", 11, 17),
            secret("pg_1", 12, 16),
            secret("pg_2", 12, 17),
            "UPDATE payment_gateway SET updated_at = NULL".to_owned(),
        ] {
            assert!(is_refused(db, &bad).await, "{bad}");
        }
    }
}

#[tokio::test]
async fn what_reports_are_made_of_keeps_its_rules() {
    for engine in engines() {
        let server = Server::start(engine).await;
        fill(&server).await;
        let month = |month: &str, earned: &str| {
            format!("INSERT INTO revenue_month VALUES ('acme', '{month}', {earned}, 0)")
        };
        let spend = |app: &str, paid: &str, refunded: &str| {
            format!("INSERT INTO app_spend VALUES ('acme', '{app}', {paid}, {refunded})")
        };
        let export = |changed: &[(&str, &str)]| {
            let columns = "tenant_id, seq, period, period_seq, tax_report_id, format, timezone, \
                starts_at, ends_at, as_of, last_record, last_note, last_transfer, currency";
            let other = [("seq", "2"), ("period_seq", "2"), ("tax_report_id", "'tax_2'")];
            copy("tax_export", columns, &changed.iter().chain(&other).copied().collect::<Vec<_>>())
        };

        for good in [month("2026-04", "-5"), spend("a", "5", "5"), export(&[])] {
            assert!(!is_refused(&server.env.db, &good).await, "{good}");
        }
        for bad in [
            month("2026-4", "1"),
            month("2026-04", "1000000000000000001"),
            spend("", "5", "0"),
            spend("a", "5", "6"),
            spend("a", "-1", "-1"),
            export(&[("seq", "1")]),
            export(&[("period_seq", "1")]),
            export(&[("period_seq", "3")]),
            export(&[("tax_report_id", "tax_report_id")]),
            export(&[("format", "'pdf'")]),
            export(&[("last_record", "-1")]),
            export(&[("last_note", "-1")]),
            export(&[("last_transfer", "-1")]),
            export(&[("currency", "'yuan'")]),
            export(&[("ends_at", "starts_at"), ("starts_at", "ends_at")]),
            "INSERT INTO invoice_void SELECT tenant_id, number, issued_at FROM invoice".to_owned(),
            "INSERT INTO invoice_void SELECT tenant_id, 'INV-2', issued_at FROM invoice".to_owned(),
        ] {
            assert!(is_refused(&server.env.db, &bad).await, "{bad}");
        }
    }
}
