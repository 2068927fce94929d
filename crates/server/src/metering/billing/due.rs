//! Whose metering period is over and still open.

use countinghouse_core::{calendar::Instant, id::TenantId};

use crate::{
    db::{Db, Error, Tx},
    env::TenantClocks,
};

use super::store;

/// A tenant with a metering period that is over, and since when. They sort in the order in which they
/// are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageDue {
    /// Since when.
    pub at: Instant,
    /// Whose it is.
    pub tenant: TenantId,
}

/// The next `limit` tenants after another with a metering period that was over at `until`: one of
/// them, or all that live by the clock of the service.
pub async fn due_usage(
    db: &Db,
    whose: (Option<&TenantId>, TenantClocks),
    until: Instant,
    after: Option<&UsageDue>,
    limit: i64,
) -> Result<Vec<UsageDue>, Error> {
    store::due(db, whose, until, after, limit).await
}

/// When the first open metering period of a tenant was over, if one was at `until`.
pub async fn first_due_usage(
    tx: &mut Tx,
    tenant: &TenantId,
    until: Instant,
) -> Result<Option<Instant>, Error> {
    store::first_due(tx, tenant, until).await
}
