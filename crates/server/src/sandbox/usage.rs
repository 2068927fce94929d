//! The end of a metering period, as a tenant's clock comes by.

use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::BoxFuture;

use super::due::{Due, DueWork, Step};
use crate::{
    command::Commands,
    db::{Error, Tx},
    http::problem::ApiError,
    metering,
    subscriptions::CloseUsage,
};

/// Metering periods that end while the subscription's goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsageEnds;

impl DueWork for UsageEnds {
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>> {
        Box::pin(async move {
            let first = metering::first_due_usage(tx, tenant, until).await?;
            let id = tenant.to_string();
            Ok(first.map(|at| Due { at, kind: "usage.closed", id }))
        })
    }

    fn run<'a>(
        &'a self,
        commands: &'a Commands,
        tenant: &'a TenantId,
        step: Step,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let close = CloseUsage { tenant: tenant.clone(), due: step.due.at };
            commands.run(step.of(close), None).await.map(|_| ())
        })
    }
}
