//! What books take and refuse, how their months are closed, and what holds of all of them.

use proptest::prelude::*;

use super::*;
use crate::{
    calendar::Date,
    ledger::{
        InvoiceParts, Served, Service, credit_granted, credit_used, invoice_issued, invoice_voided,
        money_received,
        posting::tests::{any_posting, gift},
    },
};

fn at(second: i64) -> Instant {
    Instant::from_second(second).expect("in range")
}

fn granted(major: i64) -> Posting {
    credit_granted("adj_1", Amount::from_major(major), gift()).expect("not below zero")
}

fn used(major: i64) -> Posting {
    credit_used("use_1", Amount::from_major(major), "inv_1", None).expect("not below zero")
}

#[test]
fn a_posting_is_numbered_and_its_credit_is_counted() {
    let mut book = Book::default();

    let entries = book.post(at(5), Currency::CNY, &granted(50)).expect("it is allowed");

    let entry = &entries[0];
    assert_eq!((entries.len(), entry.seq, entry.leg, entry.at), (1, 1, 1, at(5)));
    let credit = entry.credit.as_ref().expect("it touches credit");
    assert_eq!((credit.credit_seq, credit.source_seq), (1, 1));
    assert_eq!(credit.amount, Amount::from_major(50));
    assert_eq!(credit.balance_after, Amount::from_major(50));
    assert_eq!(book.balance(Account::Promotions), Amount::from_major(50));
    assert_eq!(book.currency(), Some(Currency::CNY));
}

#[test]
fn each_source_counts_its_own() {
    let mut book = Book::default();
    let mut last = |posting: &Posting| {
        let mut entries = book.post(at(0), Currency::CNY, posting).expect("it is allowed");
        let credit = entries.pop().and_then(|entry| entry.credit).expect("it touches credit");
        (credit.credit_seq, credit.source_seq, credit.amount.to_string())
    };

    assert_eq!(last(&granted(50)), (1, 1, "50".into()));
    assert_eq!(last(&used(20)), (2, 1, "-20".into()));
    assert_eq!(last(&granted(1)), (3, 2, "1".into()));
}

#[test]
fn credit_that_is_not_there_is_not_taken() {
    let mut book = Book::default();
    book.post(at(0), Currency::CNY, &granted(50)).expect("it is allowed");
    let before = book.clone();

    let refused = book.post(at(1), Currency::CNY, &used(51));

    let balance = Amount::from_major(50);
    assert_eq!(refused, Err(PostError::InsufficientCredit { balance }));
    assert_eq!(book, before);
}

#[test]
fn all_of_the_credit_may_be_used() {
    let mut book = Book::default();
    book.post(at(0), Currency::CNY, &granted(50)).expect("it is allowed");

    book.post(at(0), Currency::CNY, &used(50)).expect("it is all there");

    assert!(book.credit_balance().is_zero());
}

#[test]
fn the_first_posting_fixes_the_currency() {
    let euro = Currency::parse("EUR").expect("a currency");
    let mut book = Book::default();
    book.post(at(0), euro, &granted(1)).expect("it is allowed");
    let before = book.clone();

    let refused = book.post(at(0), Currency::CNY, &granted(1));

    assert_eq!(refused, Err(PostError::OtherCurrency { currency: euro, given: Currency::CNY }));
    assert_eq!(book, before);
}

#[test]
fn a_posting_of_nothing_fixes_nothing() {
    let mut book = Book::default();

    let entries = book.post(at(0), Currency::CNY, &granted(0)).expect("it is allowed");

    assert!(entries.is_empty());
    assert_eq!(book, Book::default());
}

#[test]
fn time_never_runs_backwards() {
    let mut book = Book::default();
    book.post(at(100), Currency::CNY, &granted(1)).expect("it is allowed");

    let earlier = book.post(at(99), Currency::CNY, &granted(1)).expect("it is allowed");
    let later = book.post(at(101), Currency::CNY, &granted(1)).expect("it is allowed");

    assert_eq!((earlier[0].at, later[0].at), (at(100), at(101)));
}

#[test]
fn a_total_may_reach_the_largest_and_not_pass_it() {
    let mut state = BookState::default();
    state.debits[Account::Cash.place()] =
        MAX_TOTAL.checked_sub(Amount::from_major(1)).expect("in range");
    let mut book = Book::restore(state).expect("a book");
    let one = money_received("pay_1", Amount::from_major(1)).expect("not below zero");

    let reached = book.post(at(0), Currency::CNY, &one);
    let before = book.clone();
    let passed = book.post(at(0), Currency::CNY, &one);

    assert!(reached.is_ok());
    assert_eq!(passed, Err(PostError::TotalTooLarge { account: Account::Cash }));
    assert_eq!(book, before);
}

fn on(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

/// A year from the 15th of January 2026 on, for 1,200.
fn year() -> InvoiceParts {
    let day = |year| Date::new(year, 1, 15).expect("a date");
    let piece = Service::new(day(2026), day(2027), Amount::from_major(1_200));
    let deferred = Served { pieces: vec![piece], zone: Zone::UTC };
    InvoiceParts { deferred, usage: Amount::ZERO, tax: Amount::ZERO }
}

fn closed(book: &mut Book, now: Instant) -> Vec<(String, String)> {
    let close = || book.close_month(now, &Zone::UTC).expect("in range");
    let told = |it: ClosedMonth| {
        let [entry] = <[Entry; 1]>::try_from(it.entries).expect("one transfer");
        assert_eq!(
            (&*entry.cause_id, entry.month),
            (&*format!("revenue:{}", it.month), Some(it.month))
        );
        assert_eq!(entry.kind, PostingKind::RevenueRecognised);
        (it.month.to_string(), entry.transfer.amount().to_string())
    };
    std::iter::from_fn(close).map(told).collect()
}

#[test]
fn months_are_closed_one_by_one_when_they_are_over() {
    let mut book = Book::default();
    let issued = invoice_issued("inv", &year()).expect("an invoice");
    let entries = book.post(on("2026-01-15T09:00:00Z"), Currency::CNY, &issued).expect("in range");
    assert_eq!(entries[0].month.map(|it| it.to_string()).as_deref(), Some("2026-01"));
    assert_eq!(book.state().close_at, Some(on("2026-02-01T00:00:00Z")));

    assert_eq!(closed(&mut book, on("2026-01-31T23:59:59Z")), []);
    let february = closed(&mut book, on("2026-02-01T00:00:00Z"));
    let spring = closed(&mut book, on("2026-04-30T00:00:00Z"));
    let rest = closed(&mut book, on("2027-02-01T00:00:00Z"));

    let of = |month: &str, amount: &str| (month.to_owned(), amount.to_owned());
    assert_eq!(february, [of("2026-01", "55.89")]);
    assert_eq!(spring, [of("2026-02", "92.06"), of("2026-03", "101.91")]);
    assert_eq!((rest.len(), rest.last()), (10, Some(&of("2027-01", "46.03"))));
    assert_eq!(book.balance(Account::Revenue), Amount::from_major(1_200));
    assert!(book.balance(Account::DeferredRevenue).is_zero());
    assert_eq!(book.state().close_at, None);
}

#[test]
fn what_a_closed_month_earned_is_taken_back_from_the_open_one() {
    let mut book = Book::default();
    let issued = invoice_issued("inv", &year()).expect("an invoice");
    book.post(on("2026-01-15T09:00:00Z"), Currency::CNY, &issued).expect("in range");
    closed(&mut book, on("2026-02-01T00:00:00Z"));

    let voided = invoice_voided("inv:void", &year()).expect("a reversal");
    let entries = book.post(on("2026-02-10T09:00:00Z"), Currency::CNY, &voided).expect("in range");

    assert_eq!(entries[0].month.map(|it| it.to_string()).as_deref(), Some("2026-02"));
    assert_eq!(book.state().schedule.to_string(), "2026-02:-558900");
    let back = book.close_month(on("2026-03-01T00:00:00Z"), &Zone::UTC).expect("in range");
    let transfer = back.expect("it is over").entries[0].transfer;
    assert_eq!((transfer.debit(), transfer.credit()), (Account::Revenue, Account::DeferredRevenue));
    assert!(book.balance(Account::Revenue).is_zero());
}

#[test]
fn months_end_where_the_tenant_lives_and_may_be_put_off() {
    let mut book = Book::default();
    let issued = invoice_issued("inv", &year()).expect("an invoice");
    book.post(on("2026-01-15T09:00:00Z"), Currency::CNY, &issued).expect("in range");
    let shanghai = Zone::parse("Asia/Shanghai").expect("a zone");

    book.move_to(&shanghai);
    assert_eq!(book.state().close_at, Some(on("2026-01-31T16:00:00Z")));
    book.put_off(on("2026-03-05T00:00:00Z"));
    assert_eq!(book.state().close_at, Some(on("2026-03-05T00:00:00Z")));
    let first = book.close_month(on("2026-03-05T00:00:00Z"), &shanghai).expect("in range");

    assert_eq!(first.map(|it| it.month.to_string()).as_deref(), Some("2026-01"));
    assert_eq!(book.state().close_at, Some(on("2026-02-28T16:00:00Z")));
}

#[test]
fn a_book_whose_months_earn_something_else_is_none() {
    let state = |months: &str, close_at: Option<Instant>| {
        let mut state = BookState { close_at, ..BookState::default() };
        state.credits[Account::DeferredRevenue.place()] = Amount::from_units(100);
        state.schedule = Schedule::parse(None, months).expect("a schedule");
        Book::restore(state).is_ok()
    };

    assert!(state("2026-02:300 2026-03:-200", Some(on("2026-03-01T00:00:00Z"))));
    assert!(!state("2026-02:300 2026-03:-200", None));
    assert!(!state("2026-02:300", Some(on("2026-03-01T00:00:00Z"))));
    assert!(!state("", None));
    assert!(Book::restore(BookState::default()).is_ok());
}

fn total(totals: &[Amount]) -> Amount {
    Amount::checked_sum(totals.iter().copied()).expect("small")
}

proptest! {
    #[test]
    fn any_postings_leave_a_book_in_balance(
        postings in prop::collection::vec((any_posting(), 0..100_i64, any::<bool>()), 0..60),
    ) {
        let euro = Currency::parse("EUR").expect("a currency");
        let mut book = Book::default();
        let mut entered: Vec<Entry> = Vec::new();

        let postings = postings.iter().filter(|it| it.0.kind() != PostingKind::RevenueRecognised);
        for (posting, second, other) in postings {
            let currency = if *other && second % 7 == 0 { euro } else { Currency::CNY };
            let before = book.clone();
            if let Ok(entries) = book.post(at(*second), currency, posting) {
                prop_assert_eq!(entries.len(), posting.transfers().len());
                entered.extend(entries);
            } else {
                prop_assert_eq!(&book, &before);
            }
            prop_assert_eq!(total(&book.state().debits), total(&book.state().credits));
            prop_assert!(!book.credit_balance().is_negative());
            prop_assert!(Book::restore(book.state().clone()).is_ok());
        }

        let credits: Vec<_> = entered.iter().filter_map(|entry| entry.credit.as_ref()).collect();
        let sum = Amount::checked_sum(credits.iter().map(|credit| credit.amount));
        prop_assert_eq!(sum, Some(book.credit_balance()));
        let last = credits.last().map_or(Amount::ZERO, |credit| credit.balance_after);
        prop_assert_eq!(last, book.credit_balance());
        prop_assert!(entered.is_sorted_by_key(|entry| entry.at));
        prop_assert!((1..).zip(&entered).all(|(seq, entry)| entry.seq == seq));
        prop_assert!((1..).zip(&credits).all(|(seq, credit)| credit.credit_seq == seq));
        for source in Source::ALL {
            let of_source = credits.iter().filter(|credit| credit.view.source == source);
            prop_assert!((1..).zip(of_source).all(|(seq, credit)| credit.source_seq == seq));
        }
        for account in Account::ALL {
            let moved = |of: fn(&Transfer) -> Account| {
                let own = entered.iter().filter(move |entry| of(&entry.transfer) == account);
                Amount::checked_sum(own.map(|entry| entry.transfer.amount()))
            };
            prop_assert_eq!(moved(Transfer::debit), Some(book.state().debits[account.place()]));
            prop_assert_eq!(moved(Transfer::credit), Some(book.state().credits[account.place()]));
        }
    }
}
