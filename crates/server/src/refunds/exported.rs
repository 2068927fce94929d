//! Refunds in the export of a user's data.

use countinghouse_core::id::{TenantId, UserId};

use super::{store, view::ApprovalView};
use crate::{
    db::Tx,
    http::stream::{CutOff, Out},
};

/// How many are read by one statement.
const BATCH: i64 = 1_000;

/// Writes the refunds of a tenant, newest first, as elements of an array: those that `user` asked for
/// or was paid, or all.
pub async fn export(
    tx: &mut Tx,
    tenant: &TenantId,
    user: Option<&UserId>,
    out: &mut Out,
) -> Result<(), CutOff> {
    let mut before = None;
    loop {
        let before_id = before.as_deref();
        let found = store::of_tenant(tx, tenant.as_str(), user, (before_id, BATCH)).await?;
        let Some((_, last)) = found.last() else { return Ok(()) };
        before = Some(last.id.to_string());
        for (tenant, it) in &found {
            out.element();
            out.value(&ApprovalView::new(tenant, it))?;
            out.make_room().await?;
        }
    }
}
