//! Notes on invoices, worked out by hand, and what holds of all of them.

use proptest::prelude::*;

use super::*;
use crate::{
    calendar::Period,
    dunning::Dunning,
    invoicing::{Draft, InvoiceKind, InvoiceNumber, Issue, PricedLine, RecordStatus, Settlement},
    money::{TaxMode, UnitPrice},
    tenants::TaxTerms,
};

fn at(second: i64) -> Instant {
    Instant::from_second(second).expect("in range")
}

fn major(amount: i64) -> Amount {
    Amount::from_major(amount)
}

/// An invoice of 100, of which credit paid so much.
fn invoice(credit: i64) -> Invoice {
    let period = Period::new(at(0), at(86_400)).expect("a period");
    let line = PricedLine {
        description: "Pro".to_owned(),
        resource_type: "subscription".to_owned(),
        quantity: 1,
        unit_price: UnitPrice::from(major(100)),
        service: Some(period),
        tax: None,
    };
    let terms = TaxTerms { rate: TaxRate::ZERO, mode: TaxMode::Exclusive };
    let draft = Draft::new(vec![line], terms, Currency::CNY).expect("a draft");
    let number = InvoiceNumber { year: 1970, serial: 1 };
    let (subscription, kind, credit) = (None, InvoiceKind::Period, major(credit));
    let issue = Issue { number, subscription, kind, period, credit, due_days: 14, at: at(0) };
    super::super::issue(&draft, issue).expect("an invoice")
}

/// An invoice of 100 that is paid, a part of it by credit.
pub(in crate::invoicing) fn paid_invoice(credit: i64) -> Invoice {
    let invoice = invoice(credit);
    if invoice.is_open() { paid(&invoice) } else { invoice }
}

fn paid(invoice: &Invoice) -> Invoice {
    let due = invoice.due.amount();
    match invoice.settle(due, Currency::CNY, RecordStatus::Paid, at(5)) {
        Ok(Settlement::Paid { invoice, .. }) => invoice,
        other => panic!("it is not paid: {other:?}"),
    }
}

fn note(noted: &Noted) -> CreditNote {
    CreditNote {
        number: NoteNumber { year: 1970, serial: 1 },
        parts: Vec::new(),
        served: Vec::new(),
        earned: Vec::new(),
        lowered: noted.lowered,
        returned: noted.returned,
        paid_out: Amount::ZERO,
        issued_at: at(9),
    }
}

#[test]
fn what_is_due_goes_first_and_what_was_paid_goes_back() {
    let noted = invoice(40).note(major(80), at(9)).expect("it takes a note");

    assert_eq!((noted.lowered, noted.returned), (major(60), major(20)));
    assert_eq!(noted.invoice.status, InvoiceStatus::Paid);
    assert_eq!(noted.invoice.paid_at, Some(at(9)));
    assert_eq!(noted.invoice.due.uncredited(), major(20));
}

#[test]
fn what_was_paid_all_goes_back_and_stays_paid() {
    let noted = paid(&invoice(0)).note(major(30), at(9)).expect("it takes a note");

    assert_eq!((noted.lowered, noted.returned), (Amount::ZERO, major(30)));
    assert_eq!((noted.invoice.status, noted.invoice.paid_at), (InvoiceStatus::Paid, Some(at(5))));
}

#[test]
fn no_more_is_taken_back_than_there_is_and_nothing_of_what_is_void() {
    let open = invoice(0);
    let once = open.note(major(70), at(9)).expect("it takes a note").invoice;
    let void = open.void().expect("it is open");

    let left = major(30);
    let cent_more = Amount::from_units(left.units() + 100);
    assert_eq!(once.note(cent_more, at(9)), Err(NoteError::TooMuch { left }));
    assert!(once.note(left, at(9)).is_ok());
    assert_eq!(open.note(Amount::ZERO, at(9)), Err(NoteError::Nothing));
    assert_eq!(void.note(major(1), at(9)), Err(NoteError::NotLive { status: "void" }));
}

#[test]
fn a_cancelled_note_leaves_the_invoice_as_it_was() {
    for before in [invoice(0), invoice(40), paid(&invoice(0)), paid(&invoice(40))] {
        let noted = before.note(major(80), at(9)).expect("it takes a note");

        let without =
            noted.invoice.without_note(&note(&noted), at(10)).expect("nothing happened since");

        let was_settled = before.is_open() && !noted.invoice.is_open();
        let reopened_at = was_settled.then_some(at(10));
        let dunning = Dunning { reopened_at, ..before.dunning };
        assert_eq!(without, Invoice { dunning, ..before });
    }
}

#[test]
fn what_is_due_again_goes_on_with_its_dunning() {
    let failed = Dunning { failed_at: Some(at(4)), ..invoice(0).dunning };
    let before = Invoice { dunning: failed, ..invoice(0) };
    let due_at = before.due_at;
    for (before, late_is) in [(invoice(0), InvoiceStatus::Issued), (before, InvoiceStatus::Overdue)]
    {
        let noted = before.note(major(100), at(9)).expect("it takes a note");
        assert_eq!(noted.invoice.dunning.next_at, None);

        let late = noted.invoice.without_note(&note(&noted), due_at).expect("it can be cancelled");

        // Only what failed may be overdue; the rest becomes so by its next step.
        assert_eq!((late.status, late.paid_at), (late_is, None));
        // Days are counted from now on, so no step of what failed is missed.
        assert_eq!(late.dunning.next_at, Some(due_at));
        assert_eq!(late.dunning.reopened_at, Some(due_at));
    }
}

#[test]
fn what_nobody_was_asked_for_is_left_alone_when_it_is_due_again() {
    let noted = invoice(0).left_alone().note(major(100), at(9)).expect("it takes a note");

    let again = noted.invoice.without_note(&note(&noted), at(30)).expect("it can be cancelled");

    assert_eq!((again.dunning.attempts, again.dunning.next_at), (0, None));
}

#[test]
fn a_note_stays_once_what_it_left_was_paid() {
    let noted = invoice(0).note(major(30), at(9)).expect("it takes a note");
    let settled = paid(&noted.invoice);

    assert_eq!(settled.due.paid, major(70));
    assert_eq!(settled.without_note(&note(&noted), at(10)), Err(CancelNoteError::Settled));
}

/// An invoice's parts at up to three rates, each net with the tax that goes with it.
fn any_parts() -> impl Strategy<Value = Vec<RatePart>> {
    prop::collection::vec(-20_000..80_000_i64, 1..4).prop_map(|parts| {
        let rate = |place: usize| TaxRate::parse(["0", "0.06", "0.13"][place]).expect("a rate");
        let tax = |place: usize, net: i64| net * [0, 6, 13][place] / 100;
        let one = |(place, net): (usize, i64)| RatePart {
            rate: rate(place),
            net: Amount::from_units(net * 100),
            tax: Amount::from_units(tax(place, net) * 100),
        };
        parts.into_iter().enumerate().map(one).collect()
    })
}

/// The same with as much more as makes the whole positive.
fn above_nothing(mut parts: Vec<RatePart>) -> Vec<RatePart> {
    let lacking = 100 - total(&parts);
    if lacking > 0 {
        let more = parts[0].net.units() + lacking;
        parts[0].net = Amount::from_units(more);
    }
    parts
}

fn total(parts: &[RatePart]) -> i64 {
    parts.iter().map(|part| part.net.units() + part.tax.units()).sum()
}

/// What notes that stand took back of each net and each tax.
fn taken(parts: &[RatePart], notes: &[Vec<RatePart>]) -> Vec<(i64, i64)> {
    let of = |rate: TaxRate| {
        let parts = notes.iter().flatten().filter(move |it| it.rate == rate);
        parts.fold((0, 0), |sum, it| (sum.0 + it.net.units(), sum.1 + it.tax.units()))
    };
    parts.iter().map(|part| of(part.rate)).collect()
}

/// Whether nothing was given back of a piece, and no more than it has taken.
fn is_part(taken: i64, piece: Amount) -> bool {
    (piece.units().min(0)..=piece.units().max(0)).contains(&taken)
}

proptest! {
    #[test]
    fn notes_take_back_no_more_than_was_billed_at_each_rate_and_over_the_whole_exactly_it(
        parts in any_parts().prop_map(above_nothing),
        acts in prop::collection::vec((0..1_000_i64, any::<prop::sample::Index>(), 0..4_u8), 0..12),
    ) {
        let whole = total(&parts);
        let mut notes: Vec<Vec<RatePart>> = Vec::new();
        let noted = |notes: &[Vec<RatePart>]| notes.iter().map(|it| total(it)).sum::<i64>();
        let acts = acts.into_iter().map(|(part, which, act)| (part, (act == 3).then_some(which)));
        for (part, cancelled) in acts.chain([(1_000, None)]) {
            if let Some(which) = cancelled.filter(|_| !notes.is_empty()) {
                notes.remove(which.index(notes.len()));
                continue;
            }
            let left = whole - noted(&notes);
            let amount = Amount::from_units(left / 100 * part / 1_000 * 100);
            let before: Vec<RatePart> = notes.iter().flatten().copied().collect();

            let note = note_parts(&parts, &before, amount, Currency::CNY).expect("it is left");

            prop_assert_eq!(total(&note), amount.units());
            notes.push(note);
            for ((net, tax), part) in taken(&parts, &notes).into_iter().zip(&parts) {
                prop_assert!(is_part(net, part.net) && is_part(tax, part.tax), "{:?}", notes);
            }
        }

        let all: Vec<_> = parts.iter().map(|it| (it.net.units(), it.tax.units())).collect();
        prop_assert_eq!(taken(&parts, &notes), all);
    }

    #[test]
    fn without_cancelling_notes_take_of_each_tax_what_one_note_would(
        nets in prop::collection::vec(1..80_000_i64, 1..4),
        cuts in prop::collection::vec(0..1_000_i64, 1..6),
    ) {
        let rates = ["0", "0.06", "0.13"].map(|it| TaxRate::parse(it).expect("a rate"));
        let part = |(net, (rate, percent)): (i64, (TaxRate, i64))| RatePart {
            rate,
            net: Amount::from_units(net * 100),
            tax: Amount::from_units(net * percent / 100 * 100),
        };
        let parts: Vec<RatePart> =
            nets.into_iter().zip(rates.into_iter().zip([0, 6, 13])).map(part).collect();
        let (whole, mut before, mut sum) = (total(&parts), Vec::new(), 0);
        for cut in cuts {
            let amount = (whole - sum) / 100 * cut / 1_000 * 100;
            let amount_of = Amount::from_units(amount);
            before.extend(note_parts(&parts, &before, amount_of, Currency::CNY).expect("it is left"));
            sum += amount;

            let at_once = Amount::from_units(sum);
            let one = note_parts(&parts, &[], at_once, Currency::CNY).expect("it is within");
            for (taken, part) in taken(&parts, &[before.clone()]).into_iter().zip(&one) {
                // A share of largest remainder may fall by one unit as the whole grows.
                prop_assert!((taken.0 - part.net.units()).abs() <= 100, "{:?} {:?}", before, one);
                prop_assert!((taken.1 - part.tax.units()).abs() <= 100, "{:?} {:?}", before, one);
            }
        }
    }

    #[test]
    fn what_is_more_than_the_invoice_has_no_parts(parts in any_parts(), more in 1..1_000_i64) {
        let whole = total(&parts);
        let amount = Amount::from_units(whole.max(0) + more * 100);

        prop_assert_eq!(note_parts(&parts, &[], amount, Currency::CNY), None);
    }
}
