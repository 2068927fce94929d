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
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::http::problem::ApiError;

/// How long a download waits for others.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// The downloads of this process.
#[derive(Debug)]
pub struct Downloads {
    running: Arc<Running>,
    places: Arc<Semaphore>,
    wait: Duration,
}

/// Whose downloads are running.
#[derive(Debug, Default)]
struct Running {
    tenants: Mutex<HashSet<TenantId>>,
    /// Told when one ends.
    ended: Notify,
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
    running: Arc<Running>,
}

impl Downloads {
    /// Downloads that take at most half of these connections, but one at least.
    pub fn over(connections: usize) -> Self {
        let places = Arc::new(Semaphore::new((connections / 2).max(1)));
        Self { running: Arc::default(), places, wait: WAIT_MAX }
    }

    /// A place for a download of a tenant. Where its last one, or those of others, do not end soon, it
    /// is to be asked for again.
    pub(super) async fn place(&self, tenant: &TenantId) -> Result<Place, ApiError> {
        let place = async {
            let of_tenant = self.of_tenant(tenant).await;
            let of_all = Arc::clone(&self.places).acquire_owned().await;
            Ok(Place { _of_tenant: of_tenant, _of_all: of_all.map_err(ApiError::internal)? })
        };
        timeout(self.wait, place).await.map_err(|_| ApiError::Busy)?
    }

    async fn of_tenant(&self, tenant: &TenantId) -> OfTenant {
        loop {
            let ended = self.running.ended.notified();
            if self.running.begin(tenant) {
                return OfTenant { tenant: tenant.clone(), running: Arc::clone(&self.running) };
            }
            ended.await;
        }
    }
}

impl Running {
    /// Notes that a download of a tenant begins, unless one is running.
    fn begin(&self, tenant: &TenantId) -> bool {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone())
    }
}

impl Drop for OfTenant {
    fn drop(&mut self) {
        let mut tenants = self.running.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.remove(&self.tenant);
        self.running.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_the_last_download_of_a_tenant_gets_its_place() {
        let tenant = TenantId::parse("a").expect("an id");
        let downloads = Downloads::over(2);
        let first = downloads.place(&tenant).await.expect("a place");

        let (second, ()) = tokio::join!(downloads.place(&tenant), async {
            tokio::task::yield_now().await;
            drop(first);
        });

        assert!(second.is_ok());
    }

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
