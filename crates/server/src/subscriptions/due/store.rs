//! What is due, in the database.

use countinghouse_core::{
    calendar::Instant,
    id::{SubscriptionId, TenantId},
};

use super::{Due, List, Walk};
use crate::{
    db::{Db, Error, Stmt, Time},
    env::TenantClocks,
};

/// The next of a list, over all tenants or of one. Over all, those who live by a clock of their own
/// are left to it.
pub(super) async fn due(db: &Db, walk: &Walk, limit: i64) -> Result<Vec<Due>, Error> {
    let stmt = match walk.list {
        List::PeriodEnds => Stmt::new(
            "SELECT s.tenant_id, s.subscription_id, s.period_end FROM subscription AS s
             WHERE s.status IN ('trial', 'active', 'past_due') AND s.period_end <= $1
                AND (s.period_end, s.tenant_id) > ($2, $3)",
        ),
        List::Notices => Stmt::new(
            "SELECT s.tenant_id, s.subscription_id, s.notice_at FROM subscription AS s
             WHERE s.status IN ('trial', 'active', 'past_due') AND s.notice_at <= $1
                AND (s.notice_at, s.tenant_id) > ($2, $3)
                AND s.auto_renew AND NOT s.cancel_at_period_end",
        ),
    };
    let (after_at, after_tenant) = walk.after();
    let stmt = stmt.bind(walk.until).bind(after_at).bind(after_tenant).bind(limit);
    let stmt = match (&walk.only, walk.clocks) {
        (Some(tenant), _) => stmt.push(" AND s.tenant_id = $5").bind(tenant.as_str()),
        (None, TenantClocks::Ignored) => stmt,
        (None, TenantClocks::Followed) => stmt.push(
            " AND NOT EXISTS (SELECT 1 FROM tenant AS t
                WHERE t.tenant_id = s.tenant_id AND t.clock_at IS NOT NULL)",
        ),
    };
    let stmt = stmt.push(match walk.list {
        List::PeriodEnds => " ORDER BY s.period_end, s.tenant_id LIMIT $4",
        List::Notices => " ORDER BY s.notice_at, s.tenant_id LIMIT $4",
    });
    let rows: Vec<(String, String, Time)> = db.fetch_all(stmt).await?;
    rows.into_iter().map(read).collect()
}

fn read((tenant, subscription, at): (String, String, Time)) -> Result<Due, Error> {
    let corrupt = |column| Error::corrupt("subscription", &subscription, column);
    let tenant = TenantId::parse(&tenant).map_err(|_| corrupt("tenant_id"))?;
    let id: SubscriptionId = subscription.parse().map_err(|_| corrupt("subscription_id"))?;
    let at: Instant = at.instant()?;
    Ok(Due { tenant, subscription: id, at })
}
