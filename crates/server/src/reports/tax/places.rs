//! How many exports are downloaded at once.
//!
//! Who has an address needs no token and may read as slowly as it likes, and a download holds a
//! connection of those for exports until it is read. So a tenant has one at a time, and all of them
//! together leave half of these connections to others.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use countinghouse_core::id::TenantId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::http::problem::ApiError;

/// How long a download waits for those of other tenants.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// The downloads of this process.
#[derive(Debug)]
pub struct Downloads {
    tenants: Arc<Mutex<HashSet<TenantId>>>,
    places: Arc<Semaphore>,
    wait: Duration,
}

/// The place of a download, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _of_tenant: OfTenant,
    _of_all: OwnedSemaphorePermit,
}

/// That a download of a tenant is running.
#[derive(Debug)]
struct OfTenant {
    tenant: TenantId,
    tenants: Arc<Mutex<HashSet<TenantId>>>,
}

impl Downloads {
    /// Downloads that take at most half of these connections, but one at least.
    pub fn over(connections: usize) -> Self {
        let places = Arc::new(Semaphore::new((connections / 2).max(1)));
        Self { tenants: Arc::default(), places, wait: WAIT_MAX }
    }

    /// A place for a download of a tenant. Where that has one already, or others have all, it is to
    /// be asked for again.
    pub(super) async fn place(&self, tenant: &TenantId) -> Result<Place, ApiError> {
        let of_tenant = self.of_tenant(tenant).ok_or(ApiError::Busy)?;
        let of_all = timeout(self.wait, Arc::clone(&self.places).acquire_owned()).await;
        let of_all = of_all.map_err(|_| ApiError::Busy)?.map_err(ApiError::internal)?;
        Ok(Place { _of_tenant: of_tenant, _of_all: of_all })
    }

    fn of_tenant(&self, tenant: &TenantId) -> Option<OfTenant> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = tenants.insert(tenant.clone());
        is_first.then(|| OfTenant { tenant: tenant.clone(), tenants: Arc::clone(&self.tenants) })
    }
}

impl Drop for OfTenant {
    fn drop(&mut self) {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tenant_has_one_place_and_all_have_half_of_the_connections() {
        let [a, b, c] = ["a", "b", "c"].map(|it| TenantId::parse(it).expect("an id"));
        let downloads = Downloads { wait: Duration::ZERO, ..Downloads::over(5) };

        let first = downloads.place(&a).await.expect("a place");
        let again = downloads.place(&a).await.err();
        let _other = downloads.place(&b).await.expect("a place");
        let third = downloads.place(&c).await.err();
        drop(first);
        let after = downloads.place(&c).await;

        assert!(matches!((again, third), (Some(ApiError::Busy), Some(ApiError::Busy))));
        assert!(after.is_ok());
        assert!(Downloads::over(1).place(&a).await.is_ok(), "there is one at least");
    }
}
