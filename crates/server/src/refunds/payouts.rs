//! The refunds that this process is paying, and its connection to the wallet service.

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use countinghouse_core::id::{RefundId, TenantId};

/// How long a connection to the wallet service may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The refunds that are being paid; one is shared by the whole process. So the wallet is not called
/// for one while it is called for it; what other processes do, the key of the call makes harmless.
#[derive(Debug, Default)]
pub struct Payouts {
    under_way: Mutex<BTreeSet<(TenantId, RefundId)>>,
    client: OnceLock<Option<reqwest::Client>>,
}

/// A refund that nobody else of this process pays while it is held.
#[derive(Debug)]
pub(super) struct Held<'a> {
    payouts: &'a Payouts,
    refund: (TenantId, RefundId),
}

impl Payouts {
    /// Holds a refund, unless it is held.
    pub(super) fn hold(&self, tenant: &TenantId, id: RefundId) -> Option<Held<'_>> {
        let refund = (tenant.clone(), id);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        // Made only where it is held: what is dropped lets go.
        under_way.insert(refund.clone()).then(|| Held { payouts: self, refund })
    }

    /// What calls the wallet service; it follows no redirects. None where it can't be made.
    pub(super) fn client(&self) -> Option<&reqwest::Client> {
        let make = || {
            let client = reqwest::Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none());
            client.build().inspect_err(|error| tracing::error!(?error, "no client")).ok()
        };
        self.client.get_or_init(make).as_ref()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut under_way = self.payouts.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.refund);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_is_held_once_until_it_is_let_go() {
        let payouts = Payouts::default();
        let tenant = TenantId::parse("acme").expect("an id");
        let (one, other) = (RefundId::from_parts(0, 1), RefundId::from_parts(0, 2));

        let held = payouts.hold(&tenant, one);

        assert!(held.is_some() && payouts.hold(&tenant, one).is_none());
        assert!(payouts.hold(&tenant, other).is_some());
        drop(held);
        assert!(payouts.hold(&tenant, one).is_some());
    }
}
