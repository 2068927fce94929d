//! Whose usage is to be billed: of metering periods that are over and still open, and what came late and
//! has waited until the end of the month in which it came.

use countinghouse_core::{calendar::Instant, id::TenantId};

use crate::{
    db::{Db, Error, Tx},
    env::TenantClocks,
};

use super::store;

/// A tenant whose usage is to be billed, and since when. They sort in the order in which they
/// are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageDue {
    /// Since when.
    pub at: Instant,
    /// Whose it is.
    pub tenant: TenantId,
}

/// The next `limit` tenants after another whose usage is to be billed at `until`: one of them, or all
/// that live by the clock of the service.
pub async fn due_usage(
    db: &Db,
    whose: (Option<&TenantId>, TenantClocks),
    until: Instant,
    after: Option<&UsageDue>,
    limit: i64,
) -> Result<Vec<UsageDue>, Error> {
    store::due(db, whose, until, after, limit).await
}

/// Since when usage of a tenant is to be billed, if any is at `until`.
pub async fn first_due_usage(
    tx: &mut Tx,
    tenant: &TenantId,
    until: Instant,
) -> Result<Option<Instant>, Error> {
    store::first_due(tx, tenant, until).await
}
