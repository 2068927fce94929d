//! Steps of dunning, while a clock moves.

use countinghouse_core::{
    calendar::Instant, dunning::StepKind, id::TenantId, invoicing::InvoiceNumber,
};
use futures_util::future::BoxFuture;

use super::due::{Due, DueWork, Step};
use crate::{
    command::Commands,
    db::{Error, Tx},
    dunning::{self, DunningStep},
    http::problem::ApiError,
    invoicing,
};

/// The next step of each invoice that is not paid.
pub(super) struct DunningWork;

impl DueWork for DunningWork {
    fn next<'a>(
        &'a self,
        tx: &'a mut Tx,
        tenant: &'a TenantId,
        until: Instant,
    ) -> BoxFuture<'a, Result<Option<Due>, Error>> {
        Box::pin(async move {
            let first = invoicing::first_dunning_due(tx, tenant, until).await?;
            let Some(first) = first else { return Ok(None) };
            let step = dunning::next_step(tx, tenant, first.invoice).await?;
            let Some(step) = step else { return Ok(None) };
            let (at, id) = (first.at, first.invoice.to_string());
            // A trial puts off what would end it.
            let kind = if step.at > at { "dunning.put_off" } else { name(step.kind) };
            Ok(Some(Due { at, kind, id }))
        })
    }

    fn run<'a>(
        &'a self,
        commands: &'a Commands,
        tenant: &'a TenantId,
        step: Step,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let number = step.due.id.parse::<InvoiceNumber>().map_err(ApiError::internal)?;
            let command = DunningStep { tenant: tenant.clone(), invoice: number, is_alone: false };
            commands.run(step.of(command), None).await.map(|_| ())
        })
    }
}

/// What a step is called among all that happens by itself.
const fn name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Overdue => "dunning.overdue",
        StepKind::Retry => "dunning.retry",
        StepKind::Suspend => "dunning.suspend",
        StepKind::Cancel => "dunning.cancel",
    }
}
