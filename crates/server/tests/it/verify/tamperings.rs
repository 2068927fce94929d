//! What is changed behind the service's back.

use countinghouse::books::Rule;

/// A change behind the service's back, how it is undone, and the rule that it breaks.
pub(super) struct Tampering {
    pub(super) rule: Rule,
    pub(super) change: &'static str,
    pub(super) undo: &'static str,
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

pub(super) const TAMPERINGS: &[Tampering] = &[
    // The ledger.
    with!(Book, "ledger_transfer", "amount", "amount + 100", "amount - 100", "seq = 2"),
    with!(Posting, "ledger_transfer", "amount", "amount + 100", "amount - 100", "seq = 2"),
    with!(CreditBalance, "ledger_transfer", "balance_after", "balance_after + 100", "balance_after - 100", "credit_seq = 3"),
    with!(TransferWay, "ledger_transfer", "debit", "'wallet'", "'receivable'", "seq = 1"),
    with!(Book, "ledger_transfer", "credit", "'revenue'", "'deferred_revenue'", "seq = 1"),
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
    // What reports are made of.
    with!(RevenueMonth, "revenue_month", "earned", "earned + 100", "earned - 100", "month = '2025-11'"),
    with!(RevenueMonth, "revenue_month", "taken_back", "taken_back + 100", "taken_back - 100", "month = '2025-11'"),
    without!(RevenueMonth, "revenue_month", "tenant_id = 'acme'"),
    with!(Recognised, "ledger_book", "credit_revenue", "credit_revenue + 100", "credit_revenue - 100", "last_seq > 0"),
    with!(Recognised, "invoice", "total", "total + 100, net = net + 100, paid = paid + 100", "total - 100, net = net - 100, paid = paid - 100", "record_seq = 1"),
    with!(AppSpend, "app_spend", "paid", "paid + 100", "paid - 100", "app_id = 'app_web'"),
    with!(AppSpend, "app_spend", "refunded", "100", "0", "app_id = 'app_web'"),
    without!(AppSpend, "app_spend", "tenant_id = 'acme' AND app_id = 'app_web'"),
    tampering(
        Rule::Void,
        "INSERT INTO invoice_void SELECT tenant_id, number, issued_at FROM invoice WHERE tenant_id = 'acme' AND record_seq = 1",
        "DELETE FROM invoice_void WHERE tenant_id = 'acme' AND number = (SELECT number FROM invoice WHERE tenant_id = 'acme' AND record_seq = 1)",
    ),
    tampering(
        Rule::Void,
        "INSERT INTO invoice_void SELECT tenant_id, 'INV-1', issued_at FROM invoice WHERE tenant_id = 'acme' AND record_seq = 1",
        "DELETE FROM invoice_void WHERE tenant_id = 'acme' AND number = 'INV-1'",
    ),
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
pub(super) const INDEX_TAMPERINGS: &[Tampering] = &[
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

/// Changes of what a credit note took back: 30.00 of an invoice over 499.00 and 6 % of tax.
pub(super) const NOTE_TAMPERINGS: &[Tampering] = &[
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
        "'wallet'",
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

/// A one-off invoice that is made one of the subscription, and one of the subscription that is made
/// a one-off, with its record each.
pub(super) const ONE_OFF_TAMPERINGS: &[Tampering] = &[
    tampering(
        Rule::Event,
        "CREATE TABLE kept AS SELECT subscription_id FROM subscription WHERE tenant_id = 'acme';
         UPDATE invoice SET kind = 'external', plan = 'pro', billing_cycle = 'monthly',
            subscription_id = (SELECT subscription_id FROM kept)
         WHERE tenant_id = 'acme' AND kind = 'oneoff';
         UPDATE billing_record SET subscription_id = (SELECT subscription_id FROM kept)
         WHERE tenant_id = 'acme' AND subscription_id IS NULL",
        "UPDATE billing_record SET subscription_id = NULL WHERE tenant_id = 'acme' AND description = 'Setup';
         UPDATE invoice SET kind = 'oneoff', plan = NULL, billing_cycle = NULL, subscription_id = NULL
         WHERE tenant_id = 'acme' AND record_seq = (SELECT MAX(record_seq) FROM invoice WHERE tenant_id = 'acme');
         DROP TABLE kept",
    ),
    tampering(
        Rule::Event,
        "CREATE TABLE kept AS SELECT subscription_id, plan, billing_cycle, kind FROM invoice
            WHERE tenant_id = 'acme' AND record_seq = 3;
         UPDATE invoice SET kind = 'oneoff', plan = NULL, billing_cycle = NULL, subscription_id = NULL
         WHERE tenant_id = 'acme' AND record_seq = 3;
         UPDATE billing_record SET subscription_id = NULL WHERE tenant_id = 'acme' AND seq = 3",
        "UPDATE billing_record SET subscription_id = (SELECT subscription_id FROM kept)
         WHERE tenant_id = 'acme' AND seq = 3;
         UPDATE invoice SET kind = (SELECT kind FROM kept), plan = (SELECT plan FROM kept),
            billing_cycle = (SELECT billing_cycle FROM kept),
            subscription_id = (SELECT subscription_id FROM kept)
         WHERE tenant_id = 'acme' AND record_seq = 3;
         DROP TABLE kept",
    ),
    with!(Posting, "invoice", "tax", "tax + 1, net = net - 1", "tax - 1, net = net + 1", "kind = 'oneoff'"),
];

/// Changes of a refund of 30.00 that was paid, and of one of 5.00 that is open.
pub(super) const REFUND_TAMPERINGS: &[Tampering] = &[
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

/// Raises what was billed, paid and earned first, everywhere but in the chain.
pub(super) const CAREFUL: &str = "
    UPDATE billing_record SET amount = amount + 100 WHERE tenant_id = 'acme' AND seq = 1;
    UPDATE invoice_line SET amount = amount + 100 WHERE tenant_id = 'acme' AND record_seq = 1;
    UPDATE invoice SET net = net + 100, total = total + 100, paid = paid + 100
    WHERE tenant_id = 'acme' AND record_seq = 1;
    UPDATE ledger_transfer SET amount = amount + 100 WHERE tenant_id = 'acme'
    AND cause_id IN ('inv:INV-2025-000001', 'inv:INV-2025-000001:paid', 'revenue:2025-11');
    UPDATE revenue_month SET earned = earned + 100 WHERE tenant_id = 'acme' AND month = '2025-11';
    UPDATE ledger_book SET debit_receivable = debit_receivable + 100,
        credit_receivable = credit_receivable + 100, debit_cash = debit_cash + 100,
        credit_deferred_revenue = credit_deferred_revenue + 100,
        debit_deferred_revenue = debit_deferred_revenue + 100,
        credit_revenue = credit_revenue + 100 WHERE tenant_id = 'acme'";

/// Of a tenant with usage that was billed, and some that was not yet.
pub(super) const USAGE_TAMPERINGS: &[Tampering] = &[
    with!(
        Meter,
        "meter",
        "anchor",
        "'2026-01-30T12:00:00'",
        "'2026-01-31T12:00:00'",
        "ordinal = 1"
    ),
    with!(Meter, "meter", "ordinal", "2", "1", "ordinal IN (1, 2)"),
    with!(Meter, "meter", "trial", "NOT trial", "NOT trial", "ordinal = 1"),
    tampering(
        Rule::Meter,
        "UPDATE meter SET trial = TRUE, trial_end = since WHERE ordinal = 1",
        "UPDATE meter SET trial = FALSE, trial_end = NULL WHERE ordinal = 1",
    ),
    without!(Meter, "meter", "tenant_id = 'acme'"),
    with!(Overage, "metered_usage", "overage_units", "21", "20", "bills = 1"),
    with!(Overage, "metered_usage", "overage_amount", "1001", "1000", "bills = 1"),
    with!(Overage, "metered_usage", "included_units", "9", "10", "bills = 1"),
    with!(Overage, "metered_usage", "unit_price", "'0.006'", "'0.005'", "bills = 1"),
    with!(Overage, "metered_usage", "overage_amount", "1", "0", "bills = 0"),
    with!(UsageEvents, "metered_usage", "total_usage", "6", "7", "bills = 0"),
    with!(UsageEvents, "usage_day", "api_requests", "29", "30", "day = '2026-01-31'"),
    without!(UsageEvents, "usage_day", "tenant_id = 'acme' AND day = '2026-02-28'"),
    without!(EndpointMonth, "endpoint_month", "tenant_id = 'acme'"),
    without!(EndpointMonth, "endpoint_day", "tenant_id = 'acme' AND day = '2026-01-31'"),
    with!(EndpointMonth, "endpoint_month", "request_count", "4", "3", "month = '2026-01'"),
    with!(EndpointMonth, "endpoint_month", "error_count", "0", "1", "month = '2026-01'"),
    with!(EndpointMonth, "endpoint_month", "latency_s", "4", "3", "month = '2026-01'"),
    with!(EndpointMonth, "endpoint_month", "latency_us", "1", "0", "month = '2026-01'"),
];

/// Of a tenant of whose events some are packed away.
pub(super) const PACK_TAMPERINGS: &[Tampering] = &[
    tampering(
        Rule::UsagePack,
        "INSERT INTO usage_event (tenant_id, event_key, app_id, resource_type, amount, occurred_at,
            received_at, day)
         SELECT tenant_id, substr(entries, 1, 16), '', 'storage', 1, created_at, created_at, '2026-01-31'
         FROM usage_pack JOIN chain_event USING (tenant_id) WHERE position = 1 ORDER BY first_key LIMIT 1",
        "DELETE FROM usage_event WHERE resource_type = 'storage'",
    ),
    without!(
        UsagePack,
        "usage_pack",
        "tenant_id = 'acme' AND first_key = (SELECT first_key FROM usage_pack ORDER BY first_key LIMIT 1)"
    ),
    tampering(
        Rule::UsagePack,
        "CREATE TABLE kept AS SELECT * FROM usage_pack WHERE first_key = (
            SELECT first_key FROM usage_pack ORDER BY first_key LIMIT 1);
         UPDATE usage_pack SET entries = (
            SELECT entries FROM usage_pack ORDER BY first_key DESC LIMIT 1)
         WHERE first_key = (SELECT first_key FROM kept)",
        "UPDATE usage_pack SET entries = (SELECT entries FROM kept)
         WHERE first_key = (SELECT first_key FROM kept); DROP TABLE kept",
    ),
];
