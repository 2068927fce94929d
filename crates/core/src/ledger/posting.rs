//! What moves money: one function for each kind of posting.

use std::sync::Arc;

use super::{
    Account::{
        self, Cash, Credit, DeferredRevenue, Promotions, Receivable, Refunds, Revenue, TaxPayable,
    },
    PostingKind, Source, Transfer,
};
use crate::money::Amount;

/// The transfers of one cause, to enter a book together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    kind: PostingKind,
    cause_id: Arc<str>,
    transfers: Vec<Transfer>,
    credit: Option<CreditView>,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvoiceParts {
    /// Net of the lines that are served over their period, earned as it passes.
    pub deferred: Amount,
    /// Net of the lines for usage, which is earned already.
    pub usage: Amount,
    /// Tax on all of them.
    pub tax: Amount,
}

/// The parts of a credit note; each may be below zero where the invoice took something back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoteParts {
    /// Net that is not earned yet.
    pub unearned: Amount,
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
pub fn invoice_issued(cause_id: &str, parts: InvoiceParts) -> Result<Posting, NegativeAmount> {
    let legs = [
        way(Receivable, DeferredRevenue, parts.deferred)?,
        way(Receivable, Revenue, parts.usage)?,
        way(Receivable, TaxPayable, parts.tax)?,
    ];
    Ok(Posting::new(PostingKind::InvoiceIssued, cause_id, legs, None))
}

/// An invoice was withdrawn before anything was received for it: the exact reversal of its issue.
///
/// Credit that had paid a part of it is another posting.
pub fn invoice_voided(cause_id: &str, parts: InvoiceParts) -> Result<Posting, NegativeAmount> {
    let issued = invoice_issued(cause_id, parts)?;
    let transfers = issued.transfers.iter().map(Transfer::reversed).collect();
    Ok(Posting { kind: PostingKind::InvoiceVoided, transfers, ..issued })
}

/// A credit note took back a part of an invoice: less is due, and what had been paid of it goes
/// back as credit. The cause is the note.
///
/// All of it is taken off the receivable first, so that a note is one credit transaction at most.
pub fn note_issued(
    cause_id: &str,
    parts: NoteParts,
    view: CreditView,
) -> Result<Posting, NegativeAmount> {
    let legs = [
        way(DeferredRevenue, Receivable, parts.unearned)?,
        way(Refunds, Receivable, parts.earned)?,
        way(TaxPayable, Receivable, parts.tax)?,
        leg(Receivable, Credit, parts.returned)?,
    ];
    Ok(Posting::new(PostingKind::NoteIssued, cause_id, legs, Some(view)))
}

/// A credit note was cancelled: the exact reversal of its issue, credit first.
pub fn note_cancelled(
    cause_id: &str,
    parts: NoteParts,
    view: CreditView,
) -> Result<Posting, NegativeAmount> {
    let issued = note_issued(cause_id, parts, view)?;
    let transfers = issued.transfers.iter().rev().map(Transfer::reversed).collect();
    Ok(Posting { kind: PostingKind::NoteCancelled, transfers, ..issued })
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
        Self { kind, cause_id: cause_id.into(), transfers, credit }
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
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::{KINDS, KindRow};

    pub(in crate::ledger) fn gift() -> CreditView {
        CreditView { source: Source::Promo, source_id: None, remark: Some("welcome".into()) }
    }

    fn ways(posting: &Posting) -> Vec<(Account, Account, i64)> {
        let way = |moved: &Transfer| (moved.debit(), moved.credit(), moved.amount().units());
        posting.transfers().iter().map(way).collect()
    }

    fn units(deferred: i64, usage: i64, tax: i64) -> InvoiceParts {
        let [deferred, usage, tax] = [deferred, usage, tax].map(Amount::from_units);
        InvoiceParts { deferred, usage, tax }
    }

    fn note(unearned: i64, earned: i64, tax: i64, returned: i64) -> NoteParts {
        let [unearned, earned, tax, returned] =
            [unearned, earned, tax, returned].map(Amount::from_units);
        NoteParts { unearned, earned, tax, returned }
    }

    #[test]
    fn a_note_takes_off_what_is_due_and_gives_back_what_was_paid_at_once() {
        let posting = note_issued("cn_1", note(300, 20, 19, 100), gift()).expect("a note");

        assert_eq!(
            ways(&posting),
            [
                (DeferredRevenue, Receivable, 300),
                (Refunds, Receivable, 20),
                (TaxPayable, Receivable, 19),
                (Receivable, Credit, 100)
            ]
        );
    }

    #[test]
    fn a_cancelled_note_leaves_nothing_of_its_issue() {
        let parts = note(300, 0, -19, 281);

        let issued = note_issued("cn_1", parts, gift()).expect("a note");
        let cancelled = note_cancelled("cn_1:cancel", parts, gift()).expect("a note");

        let back: Vec<_> = ways(&cancelled).into_iter().rev().map(|(d, c, a)| (c, d, a)).collect();
        assert_eq!(back, ways(&issued));
        assert_eq!(ways(&cancelled)[0], (Credit, Receivable, 281));
    }

    #[test]
    fn an_invoice_is_due_by_its_parts() {
        let posting = invoice_issued("inv_1", units(300, 20, 19)).expect("an invoice");

        assert_eq!(
            ways(&posting),
            [
                (Receivable, DeferredRevenue, 300),
                (Receivable, Revenue, 20),
                (Receivable, TaxPayable, 19)
            ]
        );
    }

    #[test]
    fn a_part_that_takes_back_goes_the_other_way_and_one_of_nothing_is_left_out() {
        let posting = invoice_issued("inv_1", units(300, 0, -19)).expect("an invoice");

        assert_eq!(
            ways(&posting),
            [(Receivable, DeferredRevenue, 300), (TaxPayable, Receivable, 19)]
        );
        assert!(ways(&invoice_issued("inv_2", units(0, 0, 0)).expect("an invoice")).is_empty());
    }

    #[test]
    fn a_voided_invoice_leaves_nothing_of_its_issue() {
        let parts = units(300, 20, -19);

        let issued = invoice_issued("inv_1", parts).expect("an invoice");
        let voided = invoice_voided("inv_1:void", parts).expect("a reversal");

        let back: Vec<_> = ways(&issued).into_iter().map(|(d, c, units)| (c, d, units)).collect();
        assert_eq!(ways(&voided), back);
        assert_eq!(voided.kind(), PostingKind::InvoiceVoided);
    }

    #[test]
    fn credit_that_pays_is_shown_as_an_invoice_payment() {
        let posting =
            credit_used("pay_1", Amount::from_units(5), "inv_1", None).expect("a payment");

        assert_eq!(ways(&posting), [(Credit, Receivable, 5)]);
        let view = posting.credit().expect("it is shown");
        assert_eq!(
            (view.source, view.source_id.as_deref()),
            (Source::InvoicePayment, Some("inv_1"))
        );
    }

    #[test]
    fn an_amount_below_zero_is_refused() {
        let below = Amount::from_units(-1);

        assert_eq!(credit_used("c", below, "inv_1", None), Err(NegativeAmount));
        assert_eq!(money_received("c", below), Err(NegativeAmount));
        assert_eq!(credit_granted("c", below, gift()), Err(NegativeAmount));
        assert_eq!(credit_taken_back("c", below, gift()), Err(NegativeAmount));
    }

    /// Any posting there is, with amounts up to a few major units.
    pub(in crate::ledger) fn any_posting() -> impl Strategy<Value = Posting> {
        (0..10, 0..50_000_i64, -20_000..20_000_i64, -20_000..20_000_i64).prop_map(
            |(kind, amount, usage, tax)| {
                let whole = Amount::from_units(amount);
                let note = |returned| note(amount, usage.abs(), tax, returned);
                let posting = match kind {
                    0 => invoice_issued("inv", units(amount, usage, tax)),
                    1 => credit_used("use", whole, "inv", Some("paid by credit")),
                    2 => money_received("pay", whole),
                    3 => credit_granted("adj", whole, gift()),
                    4 => invoice_voided("void", units(amount, usage, tax)),
                    5 => note_issued("cn", note(amount / 2), gift()),
                    6 => note_cancelled("cn:cancel", note(amount / 2), gift()),
                    7 => credit_returned("inv:void:credit", whole, "inv"),
                    8 => money_received_late("late", whole, "inv"),
                    _ => credit_taken_back("back", whole, gift()),
                };
                posting.expect("the amounts are not below zero")
            },
        )
    }

    proptest! {
        #[test]
        fn money_moves_only_as_the_table_says(posting in any_posting()) {
            for transfer in posting.transfers() {
                let listed = |row: &KindRow| {
                    let there = (row.debit, row.credit) == (transfer.debit(), transfer.credit());
                    let back = (row.credit, row.debit) == (transfer.debit(), transfer.credit());
                    row.kind == posting.kind() && (there || (back && row.kind.may_go_back()))
                };
                prop_assert!(KINDS.iter().any(listed), "{:?}", transfer);
                prop_assert!(transfer.credit_change().is_none() || posting.credit().is_some());
            }
        }
    }
}
