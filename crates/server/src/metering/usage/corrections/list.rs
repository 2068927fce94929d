//! The list of figures that were set right.

use countinghouse_core::id::TenantId;

use super::{store::trace, view::UsageCorrectionView};
use crate::{
    db::{Db, Purpose},
    http::{
        paging::{PageInfo, Paging},
        problem::ApiError,
        query::Query,
    },
};

/// A page of the figures that were set right, the newest first.
pub(super) async fn page(
    db: &Db,
    tenant: &TenantId,
    query: &Query,
) -> Result<(Vec<UsageCorrectionView>, PageInfo), ApiError> {
    let list = ["usage corrections", tenant.as_str()];
    let mut fields = query.fields()?;
    let paging = Paging::read(&mut fields, &list);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let total = trace::last_seq(&mut tx, tenant.as_str()).await?;
    let rows = trace::page(&mut tx, tenant.as_str(), paging.range(total)).await?;
    tx.rollback().await?;
    let show = |row| UsageCorrectionView::new(tenant, row);
    let items = rows.into_iter().map(show).collect::<Result<_, _>>()?;
    Ok((items, paging.info(total, &list)))
}
