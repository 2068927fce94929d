//! Metered usage in the database.

use countinghouse_core::calendar::Instant;

use super::super::super::store::MeteredRow;
use crate::db::{Error, Stmt, Tx};

/// The rows whose periods reach into a time; of one app or of all.
pub(super) async fn overlapping(
    tx: &mut Tx,
    tenant: &str,
    app: Option<&str>,
    (from, to): (Instant, Instant),
) -> Result<Vec<MeteredRow>, Error> {
    let stmt = Stmt::new(
        "SELECT period_start, app_id, resource_type, period_end, total_usage, measured_at,
            included_units, unit_price, overage_units, overage_amount, status, late_units, late_due,
            bills
         FROM metered_usage WHERE tenant_id = $1 AND period_start < $2 AND period_end > $3",
    );
    let stmt = stmt.bind(tenant).bind(to).bind(from);
    let stmt = match app {
        Some(app) => stmt.push(" AND app_id = $4").bind(app),
        None => stmt,
    };
    tx.fetch_all(stmt).await
}
