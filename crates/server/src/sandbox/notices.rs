//! Notices before a tenant's period ends, as its clock comes by.

use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::BoxFuture;

use super::due::{Due, DueWork, Step};
use crate::{
    command::{Alone, Commands},
    db::{Error, Tx},
    http::problem::ApiError,
    subscriptions::{self, Notify},
};

/// `trial.will_end` and `invoice.upcoming`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notices;

impl DueWork for Notices {
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>> {
        Box::pin(async move {
            let latest = subscriptions::latest_in(tx, tenant.as_str()).await?;
            let due = latest.and_then(|it| {
                Some(Due { at: it.notice_due_at()?, kind: "notice", id: it.id.to_string() })
            });
            Ok(due.filter(|due| due.at <= until))
        })
    }

    fn run<'a>(
        &'a self,
        commands: &'a Commands,
        tenant: &'a TenantId,
        step: Step,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let subscription = step.due.id.parse().map_err(ApiError::internal)?;
            let notify = Notify { tenant: tenant.clone(), subscription, due: step.due.at };
            commands.run(step.of(Alone(notify)), None).await.map(|_| ())
        })
    }
}
