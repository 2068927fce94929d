//! The calls of endpoints as they are exported: by day, as they were told.

use countinghouse_core::id::TenantId;
use futures_util::StreamExt as _;

use super::{store, view::EndpointDayView};
use crate::{
    db::Tx,
    http::stream::{CutOff, Out},
};

/// Writes the calls of a tenant's endpoints, the newest day first, as elements of an array.
pub async fn export(tx: &mut Tx, tenant: &TenantId, out: &mut Out) -> Result<(), CutOff> {
    let mut days = store::all_days(tx, tenant.as_str())?;
    while let Some((place, calls)) = days.next().await.transpose()? {
        out.element();
        out.value(&EndpointDayView::of(place, calls))?;
        out.make_room().await?;
    }
    Ok(())
}
