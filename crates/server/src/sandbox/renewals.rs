//! The end of a tenant's period, as its clock comes by.

use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    subscriptions::{Status, Subscription},
};
use futures_util::future::BoxFuture;

use super::due::{Due, DueWork, Step};
use crate::{
    command::{Alone, Commands},
    db::{Error, Tx},
    http::problem::ApiError,
    subscriptions::{self, Renew},
};

/// The ends of periods: `trial_end`, `renewal`, or `expiry` where none follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeriodEnds;

impl DueWork for PeriodEnds {
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>> {
        Box::pin(async move {
            let latest = subscriptions::latest_in(tx, tenant.as_str()).await?;
            Ok(latest.as_ref().and_then(period_end).filter(|due| due.at <= until))
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
            let renew = Renew { tenant: tenant.clone(), subscription, due: step.due.at };
            commands.run(step.of(Alone(renew)), None).await.map(|_| ())
        })
    }
}

fn period_end(it: &Subscription) -> Option<Due> {
    let kind = match it.status {
        _ if !it.auto_renew || it.cancel_at_period_end => "expiry",
        Status::Trial => "trial_end",
        _ => "renewal",
    };
    Some(Due { at: it.due_at()?, kind, id: it.id.to_string() })
}
