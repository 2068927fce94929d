//! The endpoints that are called most.

use countinghouse_core::calendar::Date;

use super::{
    super::{Calendar, Whose},
    span::Span,
    store,
    view::{EndpointUsageListView, EndpointUsageView},
};
use crate::{
    db::Purpose,
    env::Env,
    http::{problem::ApiError, text::TenantText},
};

/// The `count` endpoints that were called most on the last `days`; of those called as often the first
/// by name.
pub(super) async fn top(
    env: &Env,
    whose: &Whose,
    (days, count): (i64, i64),
) -> Result<EndpointUsageListView, ApiError> {
    let mut tx = env.db.snapshot(Purpose::Page).await?;
    let Calendar { today, .. } = Calendar::load(&mut tx, env, whose.tenant()).await?;
    let first = today.plus_days(1 - days).unwrap_or(Date::MIN);
    let (tenant, app) = (whose.tenant(), whose.app());
    let span = Span::new(first, today);
    let mut calls = store::top(&mut tx, tenant, app, &span, count).await?;
    tx.rollback().await?;
    // The engines would sort texts differently, so all are here that share the last place.
    calls.sort_by(|(one, its), (other, others)| {
        others.requests.cmp(&its.requests).then_with(|| one.cmp(other))
    });
    calls.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    Ok(EndpointUsageListView {
        tenant_id: TenantText(whose.tenant.clone()),
        app_id: whose.app_text(),
        days,
        endpoints: calls.into_iter().map(EndpointUsageView::of).collect(),
    })
}
