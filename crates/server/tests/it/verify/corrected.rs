//! Credit notes and refunds that were changed behind the service's back.

use countinghouse::books::Rule;
use serde_json::json;

use super::{Tampering, assert_each_is_found, tampering};
use crate::harness::{Server, Who, engines};

/// Changes of what a credit note took back: 30.00 of an invoice over 499.00 and 6 % of tax.
const NOTE_TAMPERINGS: &[Tampering] = &[
    with!(Note, "credit_note", "seq", "2", "1", "seq IN (1, 2)"),
    with!(Note, "credit_note_part", "net", "net + 100", "net - 100", "part = 1"),
    with!(Note, "credit_note_service", "net", "net + 100", "net - 100", "piece = 1"),
    with!(
        Revenue,
        "credit_note_service",
        "service_from",
        "'2026-03-01', service_until = '2026-03-01'",
        "'2026-02-01', service_until = '2026-02-01'",
        "piece = 2"
    ),
    with!(NotePosting, "credit_note_service", "earned", "NOT earned", "NOT earned", "piece = 1"),
    with!(
        NotePosting,
        "credit_note",
        "status",
        "'cancelled', cancelled_at = issued_at",
        "'applied', cancelled_at = NULL",
        "seq = 1"
    ),
    with!(
        NotePosting,
        "ledger_transfer",
        "credit",
        "'refunds'",
        "'receivable'",
        "cause_id = 'cn:CN-2026-000001' AND debit = 'tax_payable'"
    ),
    with!(
        NoteInvoice,
        "credit_note",
        "lowered",
        "lowered - 100, returned = returned + 100",
        "lowered + 100, returned = returned - 100",
        "seq = 1"
    ),
    with!(NoteInvoice, "invoice", "noted", "noted + 100", "noted - 100", "record_seq = 1"),
    with!(NoteInvoice, "credit_note_part", "tax", "tax + 10000000", "tax - 10000000", "part = 1"),
    without!(NotePosting, "ledger_transfer", "tenant_id = 'acme' AND cause_id LIKE 'cn:%'"),
    without!(NoteInvoice, "credit_note", "tenant_id = 'acme'"),
];

/// Changes of a refund of 30.00 that was paid, and of one of 5.00 that is open.
const REFUND_TAMPERINGS: &[Tampering] = &[
    with!(
        Refund,
        "refund_approval",
        "amount",
        "amount + 100",
        "amount - 100",
        "status = 'completed'"
    ),
    with!(
        Refund,
        "refund_approval",
        "amount",
        "amount + 100",
        "amount - 100",
        "status = 'submitted'"
    ),
    with!(
        Refund,
        "refund_approval",
        "note_number",
        "'CN-2026-000009'",
        "'CN-2026-000001'",
        "status = 'completed'"
    ),
    with!(Refund, "invoice", "refunding", "refunding + 100", "refunding - 100", "record_seq = 1"),
    with!(NoteInvoice, "invoice", "refunded", "refunded + 100", "refunded - 100", "record_seq = 1"),
    with!(NotePosting, "credit_note", "paid_from", "'cash'", "'wallet'", "seq = 1"),
    without!(Refund, "refund_approval", "tenant_id = 'acme' AND status = 'completed'"),
    without!(Refund, "credit_note", "tenant_id = 'acme'"),
    without!(Refund, "refund_approval", "tenant_id = 'acme' AND status = 'submitted'"),
];

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
