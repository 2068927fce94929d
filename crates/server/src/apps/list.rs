//! The list of a tenant's apps.

use countinghouse_core::{id::TenantId, metering::App};

use super::{store, view::SubscriptionAppView};
use crate::{
    db::{Db, Purpose},
    http::{
        keyset::{COUNTED_MAX, Keyset},
        paging::{List, PageInfo},
        problem::ApiError,
        query::Query,
    },
};

/// A page of the apps of a tenant, newest first.
pub(super) async fn page(
    db: &Db,
    tenant: &TenantId,
    query: &Query,
) -> Result<(Vec<SubscriptionAppView>, PageInfo), ApiError> {
    let list: List<'_> = &["apps", tenant.as_str()];
    let mut fields = query.fields()?;
    let keyset = Keyset::read(&mut fields, list);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let own = tenant.as_str();
    let counted = store::count(&mut tx, own, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, own, keyset.after(), keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(|app| app.id.to_string());
    let info = keyset.info(counted, end.as_deref(), list);
    let prices = store::newest_lists(&mut tx, own, found.iter().map(|it| it.app.as_str())).await?;
    let subscription = store::subscription(&mut tx, own).await?;
    let show = |app: &App| {
        let prices = prices.get(app.app.as_str()).map(|list| &list.prices[..]);
        SubscriptionAppView::new(tenant, app, prices.unwrap_or_default(), subscription.as_deref())
    };
    Ok((found.iter().map(show).collect(), info))
}
