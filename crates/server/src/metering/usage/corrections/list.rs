//! The list of figures that were set right, by pages and as it is exported.

use countinghouse_core::id::{TenantId, UserId};

use super::{store::trace, view::UsageCorrectionView};
use crate::{
    db::{Db, Purpose, Tx},
    http::{
        paging::{PageInfo, Paging, SeqRange},
        problem::ApiError,
        query::Query,
        stream::{CutOff, Out},
    },
};

/// How many are looked through at once for an export.
const EXPORTED: i64 = 500;

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
    let rows = trace::page(&mut tx, tenant.as_str(), None, paging.range(total)).await?;
    tx.rollback().await?;
    let show = |row| UsageCorrectionView::new(tenant, row);
    let items = rows.into_iter().map(show).collect::<Result<_, _>>()?;
    Ok((items, paging.info(total, &list)))
}

/// Writes the figures of a tenant that were set right, newest first, as elements of an array: those
/// that `user` set right, or all.
pub async fn export(
    tx: &mut Tx,
    tenant: &TenantId,
    user: Option<&UserId>,
    out: &mut Out,
) -> Result<(), CutOff> {
    let mut to = trace::last_seq(tx, tenant.as_str()).await?;
    while to > 0 {
        let range = SeqRange { after: to - EXPORTED, to };
        for row in trace::page(tx, tenant.as_str(), user, range).await? {
            out.element();
            out.value(&UsageCorrectionView::new(tenant, row)?)?;
            out.make_room().await?;
        }
        to -= EXPORTED;
    }
    Ok(())
}
