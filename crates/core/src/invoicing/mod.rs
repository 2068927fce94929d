//! Invoices and the billing records that stand for them.
//!
//! Decides what an invoice says, what of it is due, and what a payment's answer does to it. What is
//! *not* here: why something is billed ([`subscriptions`](crate::subscriptions)), and how the money
//! moves ([`ledger`](crate::ledger)); an invoice names the postings it needs.

mod draft;
mod dunned;
mod invoice;
mod note;
mod number;
mod one_off;
mod refund;
mod status;

pub use self::{
    draft::{Draft, Line, LineTax, PricedLine, served},
    invoice::{
        Due, Invoice, InvoiceKind, Issue, IssueError, NotOpen, SettleError, Settlement, issue,
    },
    note::{CancelNoteError, CreditNote, NoteError, Noted, RatePart, note_parts},
    number::{InvoiceNumber, NotANumber, NoteNumber, Series},
    one_off::{ONE_OFF_LINES_MAX, covered, in_words},
    refund::RefundAmountError,
    status::{InvoiceStatus, RecordStatus, RecordType},
};
