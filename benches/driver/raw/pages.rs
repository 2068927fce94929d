//! The two statements of a page, with random pages.

/// Rows of a page.
const ROWS: u64 = 20;

/// A `pgbench` script that reads a random page of a tenant's records, and their lines.
pub(crate) fn pages_script(tenant: &str, total: u64) -> String {
    let last = (total / ROWS).saturating_sub(1);
    let numbers: Vec<String> =
        (0..ROWS).map(|row| format!("CAST(:newest AS BIGINT) - {row}")).collect();
    let numbers = numbers.join(", ");
    format!(
        r"\set page random(0, {last})
\set skipped :page * {ROWS}
\set newest {total} - :skipped
SELECT c.last_seq AS total, r.seq, r.record_id, r.invoice_number, r.app_id, r.type,
       r.status, r.amount, r.currency, r.description, r.created_at
FROM record_counter AS c
JOIN billing_record AS r ON r.tenant_id = c.tenant_id
    AND r.seq <= c.last_seq - :skipped AND r.seq > c.last_seq - :skipped - {ROWS}
WHERE c.tenant_id = '{tenant}' AND c.app_id = '' ORDER BY r.seq DESC;
SELECT record_seq, description, resource_type, quantity, unit_price, amount, tax_rate, tax_amount
FROM invoice_line WHERE tenant_id = '{tenant}' AND record_seq = ANY(ARRAY[{numbers}])
ORDER BY record_seq DESC, line;
"
    )
}
