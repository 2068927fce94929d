//! What the chain says of invoices. The shapes are frozen: an event is hashed as it was written.

use countinghouse_core::{
    chain::{EventKind, Payload},
    id::RefundId,
    invoicing::{CreditNote, Draft, Invoice},
};

/// A kind of event, and what it says.
type Event = (EventKind, Payload);

/// An invoice was finalized.
pub(super) fn invoice_issued(draft: &Draft, invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", invoice.number.to_string())
        .text("kind", invoice.kind.as_str())
        .text("currency", draft.currency.as_str())
        .amount("net", draft.net)
        .amount("tax", draft.tax)
        .amount("total", draft.total)
        .amount("credit_applied", invoice.due.credit_applied)
        .instant("period_start", invoice.period.start())
        .instant("period_end", invoice.period.end())
        .instant("due_at", invoice.due_at);
    (EventKind::InvoiceIssued, payload)
}

/// An invoice was withdrawn.
pub(super) fn invoice_voided(invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .amount("total", invoice.due.total);
    (EventKind::InvoiceVoided, payload)
}

/// Credit paid an invoice, or a part of it.
pub(super) fn credit_applied(invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .amount("amount", invoice.due.credit_applied);
    (EventKind::CreditApplied, payload)
}

/// Nothing is due any more.
pub(super) fn invoice_paid(invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .amount("received", invoice.due.paid);
    (EventKind::InvoicePaid, payload)
}

/// A payment was tried in vain.
pub(super) fn payment_failed(invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .amount("due", invoice.due.amount());
    (EventKind::PaymentFailed, payload)
}

/// A credit note took back a part of an invoice.
pub(super) fn note_issued(note: &CreditNote, invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", note.number.to_string())
        .text("invoice", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .amount("net", note.net())
        .amount("tax", note.tax())
        .amount("lowered", note.lowered)
        .amount("returned", note.returned);
    (EventKind::NoteIssued, payload)
}

/// A refund was paid out of what had been paid for an invoice.
pub(super) fn refund_paid(note: &CreditNote, refund: RefundId, invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", note.number.to_string())
        .text("invoice", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .text("refund", refund.to_string())
        .amount("net", note.net())
        .amount("tax", note.tax())
        .amount("amount", note.paid_out);
    (EventKind::RefundPaid, payload)
}

/// A credit note was cancelled.
pub(super) fn note_cancelled(note: &CreditNote, invoice: &Invoice) -> Event {
    let payload = Payload::new()
        .text("number", note.number.to_string())
        .text("invoice", invoice.number.to_string())
        .text("currency", invoice.due.currency.as_str())
        .amount("total", note.total());
    (EventKind::NoteCancelled, payload)
}
