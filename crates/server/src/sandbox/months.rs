//! The end of a month in which something was earned, as a tenant's clock comes by.

use countinghouse_core::{calendar::Instant, id::TenantId};
use futures_util::future::BoxFuture;

use super::due::{Due, DueWork, Step};
use crate::{
    command::{Alone, Commands},
    db::{Error, Tx},
    http::problem::ApiError,
    ledger::{self, CloseMonth},
};

/// Months whose revenue is recognised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Months;

impl DueWork for Months {
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>> {
        Box::pin(async move {
            let book = ledger::book(tx, tenant.as_str()).await?;
            let first = book.state().schedule.months().first();
            let due = book.state().close_at.zip(first).map(|(at, (month, _))| Due {
                at,
                kind: "revenue.recognised",
                id: month.to_string(),
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
            let close = CloseMonth { tenant: tenant.clone(), due: step.due.at };
            commands.run(step.of(Alone(close)), None).await.map(|_| ())
        })
    }
}
