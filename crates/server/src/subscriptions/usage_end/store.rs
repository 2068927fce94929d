//! When periods of subscriptions end, in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::calendar::Instant;

use crate::db::{Db, Error, Stmt, Time};

/// When the running periods of these tenants' subscriptions end by themselves, of those that do.
pub(super) async fn period_ends(
    db: &Db,
    tenants: BTreeSet<&str>,
) -> Result<BTreeMap<String, Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, period_end FROM subscription
         WHERE status IN ('trial', 'active', 'past_due') AND tenant_id",
    );
    let rows: Vec<(String, Time)> = db.fetch_all(stmt.push_any_text(tenants)).await?;
    rows.into_iter().map(|(tenant, end)| Ok((tenant, end.instant()?))).collect()
}
