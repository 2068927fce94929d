//! What was billed so far: how many records there are, and which periods have their invoice.

use std::collections::BTreeSet;

use countinghouse_core::{calendar::Instant, id::SubscriptionId, invoicing::InvoiceKind};

use super::store;
use crate::db::{Error, Stmt, Time, Tx};

/// How many records a tenant has, and when the last one arrived.
pub async fn extent(tx: &mut Tx, tenant: &str) -> Result<(i64, Option<Instant>), Error> {
    let counters = store::counters(tx, tenant, []).await?;
    Ok((counters.all, counters.last_at))
}

/// The starts of the periods of a subscription that have their invoice.
pub async fn billed_periods(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
) -> Result<BTreeSet<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT period_start FROM invoice
         WHERE tenant_id = $1 AND subscription_id = $2 AND kind = $3",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string()).bind(InvoiceKind::Period.as_str());
    let rows: Vec<(Time,)> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|(start,)| start.instant()).collect()
}
