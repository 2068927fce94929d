//! Invoices against the ledger and the chain: what was posted for each, and what was chained.

use std::collections::{HashMap, VecDeque};

use countinghouse_core::{calendar::Instant, money::Amount};
use serde::Deserialize;

use super::store::{InvoiceRow, PostedRow};
use crate::books::{
    chains::EventRow,
    fingerprint::{Fingerprint, Posted},
    money::Sum,
    report::{Findings, Rule},
};
use crate::db::Time;

/// An event that says that an invoice was issued.
#[derive(Debug)]
pub(in crate::books) struct Issued {
    seq: i64,
    subscription: String,
    /// What it says; nothing if that can't be read.
    says: Option<Says>,
}

/// What such an event says.
#[derive(Debug, Deserialize)]
struct Says {
    number: String,
    kind: String,
    currency: String,
    total: String,
    period_start: String,
    period_end: String,
}

/// What comes after `inv:` and the number in the causes of an invoice's postings.
const CAUSES: [&str; 5] = ["", ":credit", ":paid", ":void", ":void:credit"];

impl Issued {
    /// What an event says, if it is of that kind.
    pub(in crate::books) fn of(row: EventRow) -> Option<Self> {
        (row.kind == "invoice.issued").then(|| Self {
            seq: row.seq,
            says: serde_json::from_str(&row.payload).ok(),
            subscription: row.subscription_id,
        })
    }

    /// Its number among the tenant's events.
    pub(in crate::books) const fn seq(&self) -> i64 {
        self.seq
    }

    fn is_of(&self, subscription: &str, invoice: &InvoiceRow) -> bool {
        let says_so = |says: &Says| {
            let total = Amount::parse_in_any(&says.total);
            let is = |said: &str, stored: Time| {
                let stored = stored.instant().ok();
                Instant::parse(said).ok() == stored && stored.is_some()
            };
            says.number == invoice.number
                && says.kind == invoice.kind
                && is(&says.period_start, invoice.period_start)
                && is(&says.period_end, invoice.period_end)
                && says.currency == invoice.currency
                && total.is_ok_and(|total| total.units() == invoice.total)
        };
        self.subscription == subscription && self.says.as_ref().is_some_and(says_so)
    }
}

/// Takes what the causes of invoices should have posted off what they did.
pub(in crate::books) fn take_off(invoices: &[InvoiceRow], posted: &mut Fingerprint) {
    for invoice in invoices {
        for (cause, expected) in expected(invoice) {
            posted.take(&cause, expected);
        }
    }
}

/// The causes of all that is posted for invoices but notes.
pub(in crate::books) fn causes(invoices: &[InvoiceRow]) -> Vec<String> {
    invoices.iter().flat_map(expected).map(|(cause, _)| cause).collect()
}

/// Compares invoices with what their causes posted, one by one.
pub(in crate::books) fn compare(
    tenant: &str,
    invoices: &[InvoiceRow],
    posted: Vec<PostedRow>,
    found: &mut Findings,
) {
    let mut by_cause: HashMap<String, Posted> = HashMap::new();
    for row in posted {
        by_cause.entry(row.cause_id).or_default().add(&row.debit, &row.credit, row.amount);
    }
    for (cause, expected) in invoices.iter().flat_map(expected) {
        let posted = by_cause.remove(&cause).unwrap_or_default();
        found.expect(posted == expected, Rule::Posting, tenant, || {
            let told = |it: Posted| format!("{} due and {} of tax", it.receivable, it.tax);
            format!("`{cause}` posted {}, not {}", told(posted), told(expected))
        });
    }
}

/// The causes of an invoice, and what each should have posted.
fn expected(invoice: &InvoiceRow) -> [(String, Posted); 5] {
    let less = |units: i64| {
        let mut sum = Sum::default();
        sum.take(units);
        sum
    };
    let issued = Posted { receivable: invoice.total.into(), tax: invoice.tax.into() };
    let settled = |units| Posted { receivable: less(units), tax: Sum::default() };
    let (voided, returned) = match invoice.status.as_str() {
        "void" => (
            Posted { receivable: less(invoice.total), tax: less(invoice.tax) },
            Posted { receivable: invoice.credit_applied.into(), tax: Sum::default() },
        ),
        _ => (Posted::default(), Posted::default()),
    };
    // Money for what was voided went to the credit balance.
    let paid = if invoice.status == "void" { 0 } else { invoice.paid };
    let (applied, paid) = (settled(invoice.credit_applied), settled(paid));
    let mut posted = [issued, applied, paid, voided, returned].into_iter();
    CAUSES.map(|what| {
        let cause = format!("inv:{}{what}", invoice.number);
        (cause, posted.next().unwrap_or_default())
    })
}

/// Compares the invoices of subscriptions with the next events, in their order.
pub(in crate::books) fn compare_events(
    tenant: &str,
    invoices: &[InvoiceRow],
    events: &mut VecDeque<Issued>,
    found: &mut Findings,
) {
    for invoice in invoices {
        let Some(subscription) = &invoice.subscription_id else { continue };
        let event = events.pop_front();
        let says_so = event.as_ref().is_some_and(|event| event.is_of(subscription, invoice));
        found.expect(says_so, Rule::Event, tenant, || match event {
            Some(event) => format!("event {} is not the issue of {}", event.seq, invoice.number),
            None => format!("no event says that {} was issued", invoice.number),
        });
    }
}
