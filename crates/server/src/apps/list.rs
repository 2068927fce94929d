//! The list of a tenant's apps, by pages and as it is exported.

use countinghouse_core::{id::TenantId, metering::App};

use super::{store, view::SubscriptionAppView};
use crate::{
    db::{Db, Error, Purpose, Tx},
    http::{
        keyset::{COUNTED_MAX, Keyset},
        paging::{List, PageInfo},
        problem::ApiError,
        query::Query,
        stream::{CutOff, Out},
    },
};

/// How many apps are read at once for an export.
const EXPORTED: i64 = 200;

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
    Ok((shown(&mut tx, tenant, &found).await?, info))
}

/// Writes the apps of a tenant, newest first, as elements of an array.
pub async fn export(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    let mut before = None;
    loop {
        let found = store::page(tx, tenant.as_str(), before.as_deref(), (0, EXPORTED)).await?;
        let Some(last) = found.last() else { return Ok(()) };
        before = Some(last.id.to_string());
        for app in shown(tx, tenant, &found).await? {
            out.element();
            out.value(&app)?;
            out.make_room().await?;
        }
    }
}

/// Apps of a tenant with their prices.
async fn shown(
    tx: &mut Tx,
    tenant: &TenantId,
    apps: &[App],
) -> Result<Vec<SubscriptionAppView>, Error> {
    let own = tenant.as_str();
    let prices = store::newest_lists(tx, own, apps.iter().map(|it| it.app.as_str())).await?;
    let subscription = store::subscription(tx, own).await?;
    let show = |app: &App| {
        let prices = prices.get(app.app.as_str()).map(|list| &list.prices[..]);
        SubscriptionAppView::new(tenant, app, prices.unwrap_or_default(), subscription.as_deref())
    };
    Ok(apps.iter().map(show).collect())
}
