//! Months that are to be closed, in the database.

use countinghouse_core::{calendar::Instant, id::TenantId};

use crate::{
    db::{Db, Error, Stmt, Time},
    env::TenantClocks,
};

/// Whose month is to be closed, and since when.
#[derive(Clone, Debug)]
pub(super) struct DueMonth {
    pub(super) at: Instant,
    pub(super) tenant: TenantId,
}

/// The next `limit` after another whose month is to be closed at `until` or before: of one tenant, or
/// of all that live by the clock of the service.
pub(super) async fn due(
    db: &Db,
    (only, clocks): (Option<&TenantId>, TenantClocks),
    until: Instant,
    after: Option<&DueMonth>,
    limit: i64,
) -> Result<Vec<DueMonth>, Error> {
    let (after_at, after_tenant) =
        after.map_or((Instant::MIN, ""), |after| (after.at, after.tenant.as_str()));
    let stmt = Stmt::new(
        "SELECT b.close_at, b.tenant_id FROM ledger_book AS b
         WHERE b.close_at <= $1 AND (b.close_at, b.tenant_id) > ($2, $3)",
    );
    let stmt = stmt.bind(until).bind(after_at).bind(after_tenant).bind(limit);
    let stmt = match (only, clocks) {
        (Some(only), _) => stmt.push(" AND b.tenant_id = $5").bind(only.as_str()),
        (None, TenantClocks::Ignored) => stmt,
        (None, TenantClocks::Followed) => stmt.push(
            " AND NOT EXISTS (SELECT 1 FROM tenant AS t
                WHERE t.tenant_id = b.tenant_id AND t.clock_at IS NOT NULL)",
        ),
    };
    let stmt = stmt.push(" ORDER BY b.close_at, b.tenant_id LIMIT $4");
    let rows: Vec<(Time, String)> = db.fetch_all(stmt).await?;
    rows.into_iter().map(read).collect()
}

fn read((at, tenant): (Time, String)) -> Result<DueMonth, Error> {
    let corrupt = |_| Error::corrupt("ledger_book", &tenant, "tenant_id");
    Ok(DueMonth { at: at.instant()?, tenant: TenantId::parse(&tenant).map_err(corrupt)? })
}
