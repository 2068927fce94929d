//! The steps that were taken.

use countinghouse_core::{
    calendar::Instant,
    dunning::{Step, StepKind},
    invoicing::InvoiceNumber,
};

use crate::db::{Error, Rows, Stmt, Time, Tx};

const STEP: &[&str] = &["tenant_id", "invoice_number", "kind", "number", "due_at", "done_at"];

/// The steps that were taken for invoices of a tenant, each with the invoice.
pub(super) async fn of_invoices(
    tx: &mut Tx,
    tenant: &str,
    invoices: impl IntoIterator<Item = InvoiceNumber>,
) -> Result<Vec<(InvoiceNumber, Step)>, Error> {
    let stmt = Stmt::new(
        "SELECT invoice_number, kind, due_at FROM dunning_step
         WHERE tenant_id = $1 AND invoice_number",
    );
    let numbers = invoices.into_iter().map(|number| number.to_string());
    let rows: Vec<(String, String, Time)> =
        tx.fetch_all(stmt.bind(tenant).push_any_text(numbers)).await?;
    let read = |(number, kind, at): (String, String, Time)| {
        let corrupt = |column| Error::corrupt("dunning_step", &number, column);
        let kind = StepKind::parse(&kind).ok_or_else(|| corrupt("kind"))?;
        let invoice = number.parse().map_err(|_| corrupt("invoice_number"))?;
        Ok((invoice, Step { at: at.instant()?, kind }))
    };
    rows.into_iter().map(read).collect()
}

/// Enters a step that is taken at `done_at`; a retry with the number of its attempt, any other with how
/// many of its kind came before.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    invoice: InvoiceNumber,
    (step, number): (Step, u32),
    done_at: Instant,
) -> Result<(), Error> {
    let mut rows = Rows::new("dunning_step", STEP);
    rows.push(vec![
        tenant.into(),
        invoice.to_string().into(),
        step.kind.as_str().into(),
        i64::from(number).into(),
        step.at.into(),
        done_at.into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}
