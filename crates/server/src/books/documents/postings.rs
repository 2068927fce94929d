//! Invoices against the ledger and the chain: what was posted for each, and what was chained.

use std::collections::HashMap;

use countinghouse_core::money::Amount;
use serde::Deserialize;

use super::store::{InvoiceRow, PostedRow};
use crate::books::{
    chains::IssuedRow,
    money::Sum,
    report::{Findings, Rule},
};

/// What a cause did to the accounts that an invoice can be read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Posted {
    /// What is owed after it, more or less.
    receivable: Sum,
    /// What tax is owed to the state after it, more or less.
    tax: Sum,
}

/// What an event says of an invoice that was issued.
#[derive(Debug, Deserialize)]
struct Issued {
    number: String,
    currency: String,
    total: String,
}

/// What comes after `inv:` and the number in the causes of an invoice's postings.
const CAUSES: [&str; 4] = ["", ":credit", ":paid", ":void"];

/// The causes of all that is posted for invoices but notes.
pub(in crate::books) fn causes(invoices: &[InvoiceRow]) -> Vec<String> {
    let of = |it: &InvoiceRow| CAUSES.map(|what| format!("inv:{}{what}", it.number));
    invoices.iter().flat_map(of).collect()
}

/// Compares invoices with what their causes posted.
pub(in crate::books) fn compare(
    tenant: &str,
    invoices: &[InvoiceRow],
    posted: Vec<PostedRow>,
    found: &mut Findings,
) {
    let mut by_cause: HashMap<String, Posted> = HashMap::new();
    for row in posted {
        let sums = by_cause.entry(row.cause_id).or_default();
        match row.debit.as_str() {
            "receivable" => sums.receivable.add(row.amount),
            "tax_payable" => sums.tax.take(row.amount),
            _ => (),
        }
        match row.credit.as_str() {
            "receivable" => sums.receivable.take(row.amount),
            "tax_payable" => sums.tax.add(row.amount),
            _ => (),
        }
    }
    for invoice in invoices {
        for (what, expected) in CAUSES.into_iter().zip(expected(invoice)) {
            let cause = format!("inv:{}{what}", invoice.number);
            let posted = by_cause.remove(&cause).unwrap_or_default();
            found.expect(posted == expected, Rule::Posting, tenant, || {
                let told = |it: Posted| format!("{} due and {} of tax", it.receivable, it.tax);
                format!("`{cause}` posted {}, not {}", told(posted), told(expected))
            });
        }
    }
}

/// What an invoice's causes should have posted, in the order of [`CAUSES`].
fn expected(invoice: &InvoiceRow) -> [Posted; 4] {
    let less = |units: i64| {
        let mut sum = Sum::default();
        sum.take(units);
        sum
    };
    let issued = Posted { receivable: invoice.total.into(), tax: invoice.tax.into() };
    let settled = |units| Posted { receivable: less(units), tax: Sum::default() };
    let voided = match invoice.status.as_str() {
        "void" => Posted { receivable: less(invoice.total), tax: less(invoice.tax) },
        _ => Posted::default(),
    };
    [issued, settled(invoice.credit_applied), settled(invoice.paid), voided]
}

/// Compares the invoices of subscriptions with as many events, in their order.
pub(in crate::books) fn compare_events(
    tenant: &str,
    invoices: &[InvoiceRow],
    events: &[IssuedRow],
    found: &mut Findings,
) {
    let mut events = events.iter();
    for invoice in invoices {
        let Some(subscription) = &invoice.subscription_id else { continue };
        let event = events.next();
        let says_so = event.is_some_and(|event| {
            event.subscription_id == *subscription && says(&event.payload, invoice)
        });
        found.expect(says_so, Rule::Event, tenant, || match event {
            Some(event) => format!("event {} is not the issue of {}", event.seq, invoice.number),
            None => format!("no event says that {} was issued", invoice.number),
        });
    }
}

/// Whether an event's payload is of this invoice.
fn says(payload: &str, invoice: &InvoiceRow) -> bool {
    let Ok(issued) = serde_json::from_str::<Issued>(payload) else { return false };
    let total = Amount::parse_in_any(&issued.total);
    issued.number == invoice.number
        && issued.currency == invoice.currency
        && total.is_ok_and(|total| total.units() == invoice.total)
}
