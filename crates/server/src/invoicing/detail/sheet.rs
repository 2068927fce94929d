//! An invoice as a table: one row a line item, with what the whole invoice says in each.

use super::{Detail, DetailLine};
use crate::http::{csv::Table, download::Download, problem::ApiError};

const HEADS: &[&str] = &[
    "invoice_number",
    "status",
    "issued_at",
    "due_date",
    "paid_at",
    "currency",
    "app_id",
    "plan",
    "billing_cycle",
    "line",
    "description",
    "resource_type",
    "quantity",
    "unit_price",
    "amount",
    "tax_rate",
    "tax_amount",
    "service_start",
    "service_end",
    "invoice_subtotal",
    "invoice_tax",
    "invoice_amount",
];

/// The table of an invoice.
pub(super) fn of(it: &Detail) -> Result<Download, ApiError> {
    let mut table = Table::new(HEADS)?;
    for (number, line) in (1..).zip(&it.lines) {
        table.row(row(it, number, line))?;
    }
    table.finish(format!("{}.csv", it.number))
}

fn row(it: &Detail, number: usize, line: &DetailLine) -> [Option<String>; HEADS.len()] {
    let (plan, cycle) = it.plan.clone().unzip();
    [
        Some(it.number.clone()),
        Some(it.status.as_str().to_owned()),
        Some(it.issued_at.to_string()),
        Some(it.due_at.to_string()),
        it.paid_at.map(|at| at.to_string()),
        Some(it.due.currency.to_string()),
        it.app.clone(),
        plan,
        cycle,
        Some(number.to_string()),
        Some(line.description.clone()),
        Some(line.resource_type.clone()),
        Some(line.quantity.to_string()),
        Some(line.unit_price.to_string()),
        Some(line.net.to_string()),
        Some(line.rate.to_string()),
        Some(line.tax.to_string()),
        line.service.map(|period| period.start().to_string()),
        line.service.map(|period| period.end().to_string()),
        Some(it.net.to_string()),
        Some(it.tax.to_string()),
        Some(it.due.total.to_string()),
    ]
}
