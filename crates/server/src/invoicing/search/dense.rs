//! Lists by app and dates only: dense ranges, which take arithmetic and no search.

use countinghouse_core::id::{AppId, TenantId};

use super::{super::records, Ask, Found, store};
use crate::{
    db::{Db, Error, Purpose},
    http::paging::Paging,
};

/// A page of the list. The cursor of an app's list counts in the places of that list.
pub(super) async fn page(
    db: &Db,
    tenant: &TenantId,
    ask: &Ask,
    paging: Paging,
) -> Result<Found, Error> {
    let app = ask.app.as_ref().map(AppId::as_str);
    if ask.from.is_none() && ask.before.is_none() {
        let page = records::page(db, tenant, app, paging).await?;
        let lines = records::lines(db, tenant, &page.records).await?;
        let after = paging.range(page.total).after;
        return Ok(Found::dense(page.records, lines, page.total, (after > 0).then_some(after)));
    }

    let mut tx = db.snapshot(Purpose::Page).await?;
    let tenant = tenant.as_str();
    let (after, to) = ask.places(&mut tx, tenant, app).await?;
    let newest = paging.from().unwrap_or_else(|| to.saturating_sub(paging.skipped()));
    let newest = newest.clamp(after, to);
    let oldest = (newest - paging.size()).max(after);
    let records = store::records_between(&mut tx, tenant, app, oldest, newest).await?;
    let lines = store::lines_of(&mut tx, tenant, &records).await?;
    tx.rollback().await?;
    Ok(Found::dense(records, lines, to - after, (oldest > after).then_some(oldest)))
}
