//! What each kind of posting moves.

use proptest::prelude::*;

use super::*;
use crate::{
    calendar::{Date, Zone},
    ledger::{KINDS, KindRow, Service},
};

pub(in crate::ledger) fn gift() -> CreditView {
    CreditView { source: Source::Promo, source_id: None, remark: Some("welcome".into()) }
}

fn ways(posting: &Posting) -> Vec<(Account, Account, i64)> {
    let way = |moved: &Transfer| (moved.debit(), moved.credit(), moved.amount().units());
    posting.transfers().iter().map(way).collect()
}

/// What is served over a month from the middle of January on.
fn served(units: i64) -> Served {
    let day = |month| Date::new(2026, month, 15).expect("a date");
    let piece = Service::new(day(1), day(2), Amount::from_units(units));
    Served { pieces: vec![piece], zone: Zone::UTC }
}

fn units(deferred: i64, usage: i64, tax: i64) -> InvoiceParts {
    let [usage, tax] = [usage, tax].map(Amount::from_units);
    InvoiceParts { deferred: served(deferred), usage, tax }
}

fn note(unearned: i64, earned: i64, tax: i64, returned: i64) -> NoteParts {
    let [earned, tax, returned] = [earned, tax, returned].map(Amount::from_units);
    NoteParts { unearned: served(unearned), earned, tax, returned }
}

#[test]
fn a_note_takes_off_what_is_due_and_gives_back_what_was_paid_at_once() {
    let posting = note_issued("cn_1", &note(300, 20, 19, 100), gift()).expect("a note");

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

    let issued = note_issued("cn_1", &parts, gift()).expect("a note");
    let cancelled = note_cancelled("cn_1:cancel", &parts, gift()).expect("a note");

    let back: Vec<_> = ways(&cancelled).into_iter().rev().map(|(d, c, a)| (c, d, a)).collect();
    assert_eq!(back, ways(&issued));
    assert_eq!(ways(&cancelled)[0], (Credit, Receivable, 281));
}

#[test]
fn an_invoice_is_due_by_its_parts() {
    let posting = invoice_issued("inv_1", &units(300, 20, 19)).expect("an invoice");

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
    let posting = invoice_issued("inv_1", &units(300, 0, -19)).expect("an invoice");

    assert_eq!(ways(&posting), [(Receivable, DeferredRevenue, 300), (TaxPayable, Receivable, 19)]);
    assert!(ways(&invoice_issued("inv_2", &units(0, 0, 0)).expect("an invoice")).is_empty());
}

#[test]
fn a_voided_invoice_leaves_nothing_of_its_issue() {
    let parts = units(300, 20, -19);

    let issued = invoice_issued("inv_1", &parts).expect("an invoice");
    let voided = invoice_voided("inv_1:void", &parts).expect("a reversal");

    let back: Vec<_> = ways(&issued).into_iter().map(|(d, c, units)| (c, d, units)).collect();
    assert_eq!(ways(&voided), back);
    assert_eq!(voided.kind(), PostingKind::InvoiceVoided);
}

fn units_of(posting: Result<Posting, NegativeAmount>) -> Option<i64> {
    posting.expect("a posting").deferral().map(|served| served.net().units())
}

#[test]
fn what_is_deferred_is_what_moves_and_a_reversal_takes_the_same_days() {
    let (invoice, credit) = (units(300, 20, 19), note(300, 20, 19, 100));

    assert_eq!(
        invoice_voided("v", &invoice).map(|it| it.deferral().cloned()),
        Ok(Some(served(-300)))
    );
    assert_eq!(units_of(note_issued("cn", &credit, gift())), Some(-300));
    assert_eq!(units_of(note_cancelled("cn", &credit, gift())), Some(300));
}

#[test]
fn credit_that_pays_is_shown_as_an_invoice_payment() {
    let posting = credit_used("pay_1", Amount::from_units(5), "inv_1", None).expect("a payment");

    assert_eq!(ways(&posting), [(Credit, Receivable, 5)]);
    let view = posting.credit().expect("it is shown");
    assert_eq!((view.source, view.source_id.as_deref()), (Source::InvoicePayment, Some("inv_1")));
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
    (0..11, 0..50_000_i64, -20_000..20_000_i64, -20_000..20_000_i64).prop_map(
        |(kind, amount, usage, tax)| {
            let whole = Amount::from_units(amount);
            let note = |returned| note(amount, usage.abs(), tax, returned);
            let posting = match kind {
                0 => invoice_issued("inv", &units(amount, usage, tax)),
                1 => credit_used("use", whole, "inv", Some("paid by credit")),
                2 => money_received("pay", whole),
                3 => credit_granted("adj", whole, gift()),
                4 => invoice_voided("void", &units(amount, usage, tax)),
                5 => note_issued("cn", &note(amount / 2), gift()),
                6 => note_cancelled("cn:cancel", &note(amount / 2), gift()),
                7 => credit_returned("inv:void:credit", whole, "inv"),
                8 => money_received_late("late", whole, "inv"),
                9 => revenue_recognised(Month::of(Date::MIN), Amount::from_units(usage)),
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
