//! Records as a table: one row a line item, with what its record says in each.

use super::view::{LineView, RecordView};
use crate::http::{csv::Table, download::Download, problem::ApiError};

const HEADS: &[&str] = &[
    "record_id",
    "invoice_number",
    "type",
    "status",
    "created_at",
    "app_id",
    "currency",
    "record_description",
    "record_amount",
    "line",
    "description",
    "resource_type",
    "quantity",
    "unit_price",
    "amount",
    "tax_rate",
    "tax_amount",
];

/// The table of some records.
pub(super) fn of(records: &[RecordView]) -> Result<Download, ApiError> {
    let mut table = Table::new(HEADS)?;
    for record in records {
        for (number, line) in (1..).zip(&record.line_items) {
            table.row(row(record, number, line))?;
        }
    }
    table.finish("billing-records.csv")
}

fn row(it: &RecordView, number: usize, line: &LineView) -> [Option<String>; HEADS.len()] {
    [
        Some(it.record_id.clone()),
        Some(it.invoice_number.clone()),
        Some(it.r#type.clone()),
        Some(it.status.clone()),
        Some(it.created_at.0.to_string()),
        it.app_id.clone(),
        Some(it.currency.clone()),
        Some(it.description.clone()),
        Some(it.amount.0.to_string()),
        Some(number.to_string()),
        Some(line.description.clone()),
        Some(line.resource_type.clone()),
        Some(line.quantity.to_string()),
        Some(line.unit_price.0.to_string()),
        Some(line.amount.0.to_string()),
        Some(line.tax_rate.0.to_string()),
        Some(line.tax_amount.0.to_string()),
    ]
}
