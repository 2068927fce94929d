//! Tenants, and who is named without being one.

use futures_util::StreamExt as _;

use crate::db::{Error, Stmt, Tx};

/// How many tenants are looked up at a time.
const PAGE: i64 = 1_000;

/// The next tenants, in the order of the database; the platform is none.
pub(in super::super) async fn page(tx: &mut Tx, after: &str) -> Result<Vec<String>, Error> {
    let stmt =
        Stmt::new("SELECT tenant_id FROM tenant WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2");
    let rows: Vec<(String,)> = tx.fetch_all(stmt.bind(after).bind(PAGE)).await?;
    Ok(rows.into_iter().map(|(tenant,)| tenant).collect())
}

/// How many transfers and records there should be, all tenants together, by their counters.
pub(in super::super) async fn size(tx: &mut Tx) -> Result<u64, Error> {
    let mut size = 0_u64;
    let stmt = Stmt::new(
        "SELECT last_seq FROM ledger_book
         UNION ALL SELECT last_seq FROM record_counter WHERE app_id = ''",
    );
    let mut rows = tx.stream::<(i64,)>(stmt)?;
    while let Some(row) = rows.next().await {
        let (last,) = row?;
        size = size.saturating_add(u64::try_from(last).unwrap_or(0));
    }
    Ok(size)
}

/// The tables that name tenants.
const NAMING: &[&str] = &[
    "ledger_book",
    "ledger_transfer",
    "revenue_month",
    "app_spend",
    "tax_export",
    "chain_event",
    "chain_head",
    "outbox_message",
    "subscription",
    "tenant_plan",
    "gate_override",
    "record_counter",
    "billing_record",
    "invoice_line",
    "invoice",
    "invoice_series",
    "dunning_step",
    "invoice_void",
    "dunning_settings",
    "record_chunk",
    "record_chunk_page",
    "record_status_block",
    "subscription_app",
    "app_price",
    "meter",
    "usage_event",
    "usage_pack",
    "usage_pass",
    "usage_day",
    "usage_day_priced",
    "usage_correction",
    "endpoint_day",
    "endpoint_month",
    "usage_alert",
    "usage_alert_firing",
    "metered_usage",
    "tenant_profile",
    "command_answer",
];

/// The first table that names somebody who is not entered as a tenant, and whom. Only the distinct
/// names are looked at, one jump through the key for each.
pub(in super::super) async fn not_entered(
    tx: &mut Tx,
) -> Result<Option<(&'static str, String)>, Error> {
    for &table in NAMING {
        let stmt = Stmt::new("WITH RECURSIVE named (id) AS (SELECT MIN(tenant_id) FROM ")
            .push(table)
            .push(" UNION ALL SELECT (SELECT MIN(tenant_id) FROM ")
            .push(table)
            .push(
                " WHERE tenant_id > named.id) FROM named WHERE named.id IS NOT NULL)
                 SELECT id FROM named WHERE id IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM tenant WHERE tenant_id = named.id) LIMIT 1",
            );
        let row: Option<(String,)> = tx.fetch_optional(stmt).await?;
        if let Some((tenant,)) = row {
            return Ok(Some((table, tenant)));
        }
    }
    Ok(None)
}

/// The plan of a tenant's live subscription, and the one that the catalogue has for it.
pub(in super::super) async fn plans(
    tx: &mut Tx,
    tenant: &str,
) -> Result<(Option<String>, Option<String>), Error> {
    let stmt = Stmt::new(
        "SELECT plan, CAST(1 AS BIGINT) AS place FROM subscription WHERE tenant_id = $1
             AND status IN ('trial', 'active', 'past_due', 'suspended')
         UNION ALL SELECT plan, CAST(2 AS BIGINT) FROM tenant_plan WHERE tenant_id = $1",
    );
    let rows: Vec<(String, i64)> = tx.fetch_all(stmt.bind(tenant)).await?;
    let at = |place| rows.iter().find(|row| row.1 == place).map(|(plan, _)| plan.clone());
    Ok((at(1), at(2)))
}
