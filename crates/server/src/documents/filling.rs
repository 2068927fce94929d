//! What is stored of an invoice or a credit note, as the document that says it.

use countinghouse_core::{
    calendar::{Period, Zone, date_of},
    invoicing::{InvoiceStatus, RatePart},
    money::{Amount, TaxMode, UnitPrice},
    tenants::Seller,
};

use super::{
    CreditNote, Days, Document, Invoice, Kind, Line, Party, Pricing, Standing, TaxPart, Wording,
    wording::Label,
};
use crate::invoicing::{Detail, DetailLine, NoteDetail, NoteReason};

/// The document of an invoice.
pub(super) fn of_invoice(it: &Detail) -> Document {
    let invoice = Invoice {
        due_on: date_of(it.due_at, &it.zone),
        period: Some(days(it.period, &it.zone)),
        credit_applied: it.due.credit_applied,
        noted: it.due.noted,
        paid: it.due.paid,
        returned: it.due.given_back(),
        due: it.amount_due(),
        standing: standing(it),
    };
    Document {
        kind: Kind::Invoice(invoice),
        number: it.number.clone(),
        wording: Wording::of(&it.language),
        seller: seller(&it.seller),
        buyer: buyer(it),
        issued_on: date_of(it.issued_at, &it.zone),
        currency: it.due.currency,
        pricing: match it.tax_mode {
            TaxMode::Exclusive => Pricing::BeforeTax,
            TaxMode::Inclusive => Pricing::TaxIncluded,
        },
        lines: it.lines.iter().map(|line| of_line(line, &it.zone)).collect(),
        net: it.net,
        taxes: taxes(it, it.rates()),
        total: it.due.total,
    }
}

/// The document of a credit note: a line for each rate of tax that it takes back of.
pub(super) fn of_note(it: &NoteDetail) -> Document {
    let invoice = &it.invoice;
    let wording = Wording::of(&invoice.language);
    let note = CreditNote {
        invoice_number: invoice.number.clone(),
        invoice_issued_on: date_of(invoice.issued_at, &invoice.zone),
        reason: it.remark.clone().or_else(|| reason(it.reason, wording)),
        lowered: it.lowered,
        returned: it.returned,
        is_cancelled: it.is_cancelled,
    };
    let parts: Vec<RatePart> = it
        .parts
        .iter()
        .filter(|part| !part.net.is_zero() || !part.tax.is_zero())
        .copied()
        .collect();
    let line = |part: &RatePart| Line {
        description: format!("{} {}", wording.say(Label::CreditOf), invoice.number),
        service: None,
        quantity: 1,
        unit_price: UnitPrice::from(part.net),
        rate: part.rate,
        net: part.net,
    };
    Document {
        kind: Kind::CreditNote(note),
        number: it.number.clone(),
        wording,
        seller: seller(&invoice.seller),
        buyer: buyer(invoice),
        issued_on: date_of(it.issued_at, &it.zone),
        currency: invoice.due.currency,
        pricing: Pricing::BeforeTax,
        lines: parts.iter().map(line).collect(),
        net: it.net,
        taxes: taxes(invoice, parts),
        total: it.total,
    }
}

fn of_line(line: &DetailLine, zone: &Zone) -> Line {
    Line {
        description: line.description.clone(),
        service: line.service.map(|period| days(period, zone)),
        quantity: line.quantity,
        unit_price: line.unit_price,
        rate: line.rate,
        net: line.net,
    }
}

/// The days that a period touches, its last one included.
fn days(period: Period, zone: &Zone) -> Days {
    let last = period.end().plus_seconds(-1).unwrap_or(period.end());
    Days { first: date_of(period.start(), zone), last: date_of(last, zone) }
}

fn standing(it: &Detail) -> Standing {
    match it.status {
        InvoiceStatus::Issued => Standing::Due,
        InvoiceStatus::Overdue => Standing::Overdue,
        InvoiceStatus::Paid => Standing::Paid(it.paid_at.map(|at| date_of(at, &it.zone))),
        InvoiceStatus::Refunded => Standing::Refunded,
        InvoiceStatus::Void => Standing::Void,
    }
}

/// Without a name there is no seller.
fn seller(it: &Seller) -> Option<Party> {
    let Seller { name, address, tax_id } = it.clone();
    Some(Party { name: name?, address, tax_id })
}

/// A tenant that never said who it is is called by its id.
fn buyer(it: &Detail) -> Party {
    let buyer = it.buyer.clone();
    Party {
        name: buyer.legal_name.unwrap_or_else(|| it.tenant.to_string()),
        address: buyer.address,
        tax_id: buyer.tax_id,
    }
}

fn taxes(it: &Detail, parts: Vec<RatePart>) -> Vec<TaxPart> {
    let part = |RatePart { rate, net, tax }| TaxPart {
        rate,
        net,
        tax,
        reason: it.exemption(rate).filter(|_| tax == Amount::ZERO).map(str::to_owned),
    };
    parts.into_iter().map(part).collect()
}

/// Why a note was issued that nobody said anything of.
fn reason(reason: NoteReason, wording: Wording) -> Option<String> {
    let label = match reason {
        NoteReason::Proration => Label::ReasonProration,
        NoteReason::Cancellation => Label::ReasonCancellation,
        NoteReason::Rollback => Label::ReasonRollback,
        NoteReason::Requested | NoteReason::Refund => return None,
    };
    Some(wording.say(label))
}
