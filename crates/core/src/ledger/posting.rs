//! What moves money: one function for each kind of posting.

use std::sync::Arc;

use super::{
    Account::{
        self, Cash, Credit, DeferredRevenue, Promotions, Receivable, Refunds, Revenue, TaxPayable,
    },
    PostingKind, Served, Source, Transfer,
};
use crate::{
    calendar::{Month, Zone},
    money::Amount,
};

/// The transfers of one cause, to enter a book together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    kind: PostingKind,
    cause_id: Arc<str>,
    transfers: Vec<Transfer>,
    credit: Option<CreditView>,
    /// What it adds to what is deferred, exactly if it moves something to or from that.
    deferral: Option<Served>,
    /// The zone whose month earns what is earned by it, if something may be.
    zone: Option<Zone>,
}

/// What the tenant is shown of a change of its credit balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditView {
    /// Why it changed.
    pub source: Source,
    /// What it is about, such as the invoice's id; may repeat.
    pub source_id: Option<Arc<str>>,
    /// A note to whoever reads it.
    pub remark: Option<Arc<str>>,
}

/// The parts of an invoice's total; each may be below zero where lines take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceParts {
    /// Net of the lines that are served over their days, earned as these pass.
    pub deferred: Served,
    /// Net of the lines for usage, which is earned already.
    pub usage: Amount,
    /// Tax on all of them.
    pub tax: Amount,
}

/// The parts of a credit note; each may be below zero where the invoice took something back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteParts {
    /// Net that is not earned yet, and the days over which it was to be.
    pub unearned: Served,
    /// Net that is earned.
    pub earned: Amount,
    /// Tax on all of it.
    pub tax: Amount,
    /// How much of it had been paid, and goes back as credit.
    pub returned: Amount,
}

/// An amount below zero was to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount below zero cannot be moved")]
pub struct NegativeAmount;

/// An invoice was finalized: its total becomes due. The cause is the invoice.
///
/// An invoice of nothing has no transfers.
pub fn invoice_issued(cause_id: &str, parts: &InvoiceParts) -> Result<Posting, NegativeAmount> {
    let legs = [
        way(Receivable, DeferredRevenue, parts.deferred.net())?,
        way(Receivable, Revenue, parts.usage)?,
        way(Receivable, TaxPayable, parts.tax)?,
    ];
    Ok(Posting::new(PostingKind::InvoiceIssued, cause_id, legs, None).deferring(&parts.deferred))
}

/// An invoice was withdrawn before anything was received for it: the exact reversal of its issue.
///
/// Credit that had paid a part of it is another posting.
pub fn invoice_voided(cause_id: &str, parts: &InvoiceParts) -> Result<Posting, NegativeAmount> {
    let issued = invoice_issued(cause_id, parts)?;
    let transfers = issued.transfers.iter().map(Transfer::reversed).collect();
    let deferral = issued.deferral.as_ref().map(Served::reversed);
    Ok(Posting { kind: PostingKind::InvoiceVoided, transfers, deferral, ..issued })
}

/// A month was closed: what its days earned is deferred no more. The cause is the month, so it is
/// closed once.
///
/// It is the book that closes its months ([`Book::close_month`](super::Book::close_month)).
pub(super) fn revenue_recognised(month: Month, earned: Amount) -> Result<Posting, NegativeAmount> {
    let legs = [way(DeferredRevenue, Revenue, earned)?];
    Ok(Posting::new(PostingKind::RevenueRecognised, &format!("revenue:{month}"), legs, None))
}

/// A credit note took back a part of an invoice: less is due, and what had been paid of it goes
/// back as credit. The cause is the note.
///
/// All of it is taken off the receivable first, so that a note is one credit transaction at most.
pub fn note_issued(
    cause_id: &str,
    parts: &NoteParts,
    view: CreditView,
) -> Result<Posting, NegativeAmount> {
    let legs = [
        way(DeferredRevenue, Receivable, parts.unearned.net())?,
        way(Refunds, Receivable, parts.earned)?,
        way(TaxPayable, Receivable, parts.tax)?,
        leg(Receivable, Credit, parts.returned)?,
    ];
    let posting = Posting::new(PostingKind::NoteIssued, cause_id, legs, Some(view));
    Ok(posting.deferring(&parts.unearned.reversed()))
}

/// A credit note was cancelled: the exact reversal of its issue, credit first.
pub fn note_cancelled(
    cause_id: &str,
    parts: &NoteParts,
    view: CreditView,
) -> Result<Posting, NegativeAmount> {
    let issued = note_issued(cause_id, parts, view)?;
    let transfers = issued.transfers.iter().rev().map(Transfer::reversed).collect();
    let deferral = issued.deferral.as_ref().map(Served::reversed);
    Ok(Posting { kind: PostingKind::NoteCancelled, transfers, deferral, ..issued })
}

/// A refund was paid out of an account: a note over it, but that what had been paid goes back in money
/// instead of as credit. The cause is the note.
pub fn refund_paid(
    cause_id: &str,
    parts: &NoteParts,
    (amount, from): (Amount, Account),
) -> Result<Posting, NegativeAmount> {
    let legs = [
        way(DeferredRevenue, Receivable, parts.unearned.net())?,
        way(Refunds, Receivable, parts.earned)?,
        way(TaxPayable, Receivable, parts.tax)?,
        leg(Receivable, from, amount)?,
    ];
    let posting = Posting::new(PostingKind::RefundPaid, cause_id, legs, None);
    Ok(posting.deferring(&parts.unearned.reversed()))
}

/// Credit that had paid an invoice came back, since the invoice was withdrawn.
pub fn credit_returned(
    cause_id: &str,
    amount: Amount,
    invoice: &str,
) -> Result<Posting, NegativeAmount> {
    let legs = [leg(Receivable, Credit, amount)?];
    let view = Some(of_invoice(invoice, None));
    Ok(Posting::new(PostingKind::CreditReturned, cause_id, legs, view))
}

/// Credit paid an invoice, or a part of it.
pub fn credit_used(
    cause_id: &str,
    amount: Amount,
    invoice: &str,
    remark: Option<&str>,
) -> Result<Posting, NegativeAmount> {
    let legs = [leg(Credit, Receivable, amount)?];
    let view = Some(of_invoice(invoice, remark));
    Ok(Posting::new(PostingKind::CreditUsed, cause_id, legs, view))
}

/// Money for an invoice came in.
pub fn money_received(cause_id: &str, amount: Amount) -> Result<Posting, NegativeAmount> {
    let legs = [leg(Cash, Receivable, amount)?];
    Ok(Posting::new(PostingKind::MoneyReceived, cause_id, legs, None))
}

/// Money came in for an invoice that had been voided meanwhile: it becomes credit.
pub fn money_received_late(
    cause_id: &str,
    amount: Amount,
    invoice: &str,
) -> Result<Posting, NegativeAmount> {
    let legs = [leg(Cash, Credit, amount)?];
    let view = Some(of_invoice(invoice, None));
    Ok(Posting::new(PostingKind::MoneyReceived, cause_id, legs, view))
}

/// Credit was given.
pub fn credit_granted(
    cause_id: &str,
    amount: Amount,
    view: CreditView,
) -> Result<Posting, NegativeAmount> {
    let legs = [leg(Promotions, Credit, amount)?];
    Ok(Posting::new(PostingKind::CreditGranted, cause_id, legs, Some(view)))
}

/// Credit that had been given was taken back; the amount is how much, not below zero.
pub fn credit_taken_back(
    cause_id: &str,
    amount: Amount,
    view: CreditView,
) -> Result<Posting, NegativeAmount> {
    let legs = [leg(Credit, Promotions, amount)?];
    Ok(Posting::new(PostingKind::CreditTakenBack, cause_id, legs, Some(view)))
}

impl Posting {
    fn new<const N: usize>(
        kind: PostingKind,
        cause_id: &str,
        legs: [Option<Transfer>; N],
        credit: Option<CreditView>,
    ) -> Self {
        let transfers = legs.into_iter().flatten().collect();
        Self { kind, cause_id: cause_id.into(), transfers, credit, deferral: None, zone: None }
    }

    /// The same, with what is deferred by it. What comes to nothing moves nothing, and leaves each
    /// month as it is.
    fn deferring(self, served: &Served) -> Self {
        let deferral = (!served.net().is_zero()).then(|| served.clone());
        Self { deferral, zone: Some(served.zone.clone()), ..self }
    }

    /// What it is for.
    pub const fn kind(&self) -> PostingKind {
        self.kind
    }

    /// What caused it; the same cause posts once.
    pub const fn cause_id(&self) -> &Arc<str> {
        &self.cause_id
    }

    /// Its transfers; those of zero are left out.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// What it adds to what is deferred; below zero, what it takes.
    pub(super) const fn deferral(&self) -> Option<&Served> {
        self.deferral.as_ref()
    }

    /// The zone whose month counts for what is earned at once, or was earned and is taken back.
    pub(super) const fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// What the tenant is shown, if it may change the credit balance.
    pub const fn credit(&self) -> Option<&CreditView> {
        self.credit.as_ref()
    }
}

/// What the tenant is shown of credit that pays an invoice, or comes back from one.
fn of_invoice(invoice: &str, remark: Option<&str>) -> CreditView {
    let (source, source_id) = (Source::InvoicePayment, Some(invoice.into()));
    CreditView { source, source_id, remark: remark.map(Arc::from) }
}

/// One leg of a posting that goes the other way where its amount is below zero.
fn way(
    debit: Account,
    credit: Account,
    amount: Amount,
) -> Result<Option<Transfer>, NegativeAmount> {
    match amount.checked_neg() {
        Some(back) if back.is_positive() => leg(credit, debit, back),
        _ => leg(debit, credit, amount),
    }
}

/// One leg of a posting, left out where there is nothing to move.
fn leg(
    debit: Account,
    credit: Account,
    amount: Amount,
) -> Result<Option<Transfer>, NegativeAmount> {
    if amount.is_zero() {
        return Ok(None);
    }
    Transfer::new(debit, credit, amount).map(Some).map_err(|_| NegativeAmount)
}

#[cfg(test)]
pub(super) mod tests;
