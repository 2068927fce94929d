//! One posting of credit a transaction: lock the book, enter the transfer, carry the book forward.

/// The account totals of a book that a gift does not touch.
const UNTOUCHED: [&str; 16] = [
    "debit_receivable",
    "debit_credit",
    "debit_cash",
    "debit_wallet",
    "debit_revenue",
    "debit_deferred_revenue",
    "debit_tax_payable",
    "debit_refunds",
    "credit_receivable",
    "credit_cash",
    "credit_wallet",
    "credit_revenue",
    "credit_deferred_revenue",
    "credit_tax_payable",
    "credit_refunds",
    "credit_promotions",
];

/// Opens the books of `raw-0`, `raw-1`, … with one gift each. `now` is SQL.
pub(crate) fn books(tenants: u64, now: &str) -> String {
    let names = UNTOUCHED.join(", ");
    let zeros = ["0"; UNTOUCHED.len()].join(", ");
    format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {tenants} - 1)
         INSERT INTO ledger_book (tenant_id, currency, last_at, last_seq, credit_seq, promo_seq,
            proration_seq, refund_seq, manual_adjust_seq, invoice_payment_seq,
            debit_promotions, credit_credit, deferred, {names})
         SELECT 'raw-' || i, 'CNY', {now}, 1, 1, 1, 0, 0, 0, 0, 10000, 10000, '', {zeros} FROM n"
    )
}

/// A `pgbench` script that gives one of the tenants `raw-…` one unit of credit.
pub(crate) fn posting_script(tenants: u64) -> String {
    let last = tenants.saturating_sub(1);
    format!(
        r"\set tenant random(0, {last})
BEGIN;
SELECT last_seq, credit_seq, promo_seq, credit_credit, debit_promotions FROM ledger_book
WHERE tenant_id = 'raw-' || CAST(:tenant AS text) FOR NO KEY UPDATE \gset
INSERT INTO ledger_transfer (tenant_id, seq, cause_id, leg, kind, debit, credit, amount, created_at,
    credit_id, credit_seq, source, source_seq, balance_after, source_id, remark)
VALUES ('raw-' || CAST(:tenant AS text), :last_seq + 1,
    'adj:' || replace(CAST(gen_random_uuid() AS text), '-', ''), 1, 'credit_granted', 'promotions',
    'credit', 10000, now(),
    'ctr_' || left(replace(CAST(gen_random_uuid() AS text), '-', ''), 26),
    :credit_seq + 1, 'promo', :promo_seq + 1, :credit_credit + 10000, NULL, 'a benchmark');
UPDATE ledger_book SET last_at = now(), last_seq = :last_seq + 1, credit_seq = :credit_seq + 1,
    promo_seq = :promo_seq + 1, credit_credit = :credit_credit + 10000,
    debit_promotions = :debit_promotions + 10000
WHERE tenant_id = 'raw-' || CAST(:tenant AS text);
COMMIT;
"
    )
}
