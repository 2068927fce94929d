//! Whom the refund of an invoice is due to.

use countinghouse_core::{id::UserId, invoicing::Invoice};

use crate::{
    db::{Error, Tx},
    subscriptions,
};

/// The administrator of the subscription that the invoice is for; of the tenant's latest one where it
/// is for none.
///
/// A subscription keeps its administrator, so whoever administered it when the invoice was issued does
/// so now.
pub(super) async fn payees(
    tx: &mut Tx,
    tenant: &str,
    invoice: &Invoice,
) -> Result<Vec<UserId>, Error> {
    let subscription = match invoice.subscription {
        Some(id) => subscriptions::find(tx, tenant, id).await?,
        None => subscriptions::latest_in(tx, tenant).await?,
    };
    Ok(subscription.into_iter().map(|it| it.admin).collect())
}
