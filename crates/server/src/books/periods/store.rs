//! Subscriptions as they stand.

use crate::db::{Error, Stmt, Time, Tx};

/// The periods that a tenant's subscriptions are in: the subscription, when it began, when it ends.
pub(super) async fn running(tx: &mut Tx, tenant: &str) -> Result<Vec<(String, Time, Time)>, Error> {
    let stmt = Stmt::new(
        "SELECT subscription_id, period_start, period_end FROM subscription
         WHERE tenant_id = $1 ORDER BY ordinal",
    );
    tx.fetch_all(stmt.bind(tenant)).await
}
