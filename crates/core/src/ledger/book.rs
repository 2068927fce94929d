//! A tenant's book: totals, balances and sequences, and the one way to change them.

use std::sync::Arc;

use super::{Account, CreditView, Posting, PostingKind, Side, Source, Transfer};
use crate::{
    calendar::Instant,
    money::{Amount, Currency, MAX_TOTAL},
};

/// The state of a tenant's ledger. A new tenant's is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    state: BookState,
}

/// A book as it is stored, in one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookState {
    /// The tenant's currency, once something was posted.
    pub currency: Option<Currency>,
    /// When the last transfer was entered.
    pub last_at: Option<Instant>,
    /// The number of the last transfer; 0 before the first.
    pub last_seq: i64,
    /// The number of the last credit transaction; 0 before the first.
    pub credit_seq: i64,
    /// The number of the last credit transaction of each source, in the order of [`Source::ALL`].
    pub source_seqs: [i64; Source::ALL.len()],
    /// All that accounts were ever debited, in the order of [`Account::ALL`].
    pub debits: [Amount; Account::ALL.len()],
    /// All that accounts were ever credited, in the order of [`Account::ALL`].
    pub credits: [Amount; Account::ALL.len()],
}

/// A transfer as it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number among the tenant's transfers, from 1, without gaps.
    pub seq: i64,
    /// When it was entered; never before the one before.
    pub at: Instant,
    /// What it is for.
    pub kind: PostingKind,
    /// What caused it.
    pub cause_id: Arc<str>,
    /// Its number among the transfers of its cause, from 1.
    pub leg: i64,
    /// From which account to which, and how much.
    pub transfer: Transfer,
    /// Its view as a credit transaction, exactly if it touches the account `credit`.
    pub credit: Option<CreditEntry>,
}

/// A credit transaction: a transfer as the tenant sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditEntry {
    /// Its number among the tenant's credit transactions, from 1, without gaps.
    pub credit_seq: i64,
    /// Its number among those of its source, from 1, without gaps.
    pub source_seq: i64,
    /// Above zero if it adds to the balance, below if it takes from it.
    pub amount: Amount,
    /// The balance after it, never below zero.
    pub balance_after: Amount,
    /// Why, and about what.
    pub view: CreditView,
}

/// Why a posting cannot enter a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The tenant has another currency, fixed by its first posting.
    #[error("the tenant is billed in {currency}, not in {given}")]
    OtherCurrency {
        /// The tenant's currency.
        currency: Currency,
        /// The currency of the posting.
        given: Currency,
    },
    /// More credit would be taken than there is.
    #[error("the credit balance is {balance}")]
    InsufficientCredit {
        /// What there is before the transfer that would take too much.
        balance: Amount,
    },
    /// A lifetime total, and maybe a balance with it, would be above [`MAX_TOTAL`].
    #[error("the total of the account {account} would be above {MAX_TOTAL}")]
    TotalTooLarge {
        /// The account.
        account: Account,
    },
}

impl Book {
    /// A book as it was stored.
    pub const fn restore(state: BookState) -> Self {
        Self { state }
    }

    /// What is to be stored.
    pub const fn state(&self) -> &BookState {
        &self.state
    }

    /// Enters a posting and answers its entries, or refuses it and leaves the book as it was.
    ///
    /// The entries are as of `now` or the time of the last entry, whichever is later. A posting
    /// without transfers changes nothing.
    pub fn post(
        &mut self,
        now: Instant,
        currency: Currency,
        posting: &Posting,
    ) -> Result<Vec<Entry>, PostError> {
        let own = self.state.currency.unwrap_or(currency);
        if own != currency {
            return Err(PostError::OtherCurrency { currency: own, given: currency });
        }
        let mut next = self.state.clone();
        let legs = (1..).zip(posting.transfers());
        let entries = legs
            .map(|(leg, &transfer)| next.enter(now, posting, leg, transfer))
            .collect::<Result<Vec<Entry>, PostError>>()?;
        if !entries.is_empty() {
            next.currency = Some(currency);
            self.state = next;
        }
        Ok(entries)
    }

    /// The balance of an account, above zero on its normal side.
    pub fn balance(&self, account: Account) -> Amount {
        self.state.balance(account)
    }

    /// The credit balance, never below zero.
    pub fn credit_balance(&self) -> Amount {
        self.balance(Account::Credit)
    }

    /// The tenant's currency, once something was posted.
    pub const fn currency(&self) -> Option<Currency> {
        self.state.currency
    }
}

impl BookState {
    fn enter(
        &mut self,
        now: Instant,
        posting: &Posting,
        leg: i64,
        transfer: Transfer,
    ) -> Result<Entry, PostError> {
        let balance = self.balance(Account::Credit);
        add(&mut self.debits, transfer.debit(), transfer.amount())?;
        add(&mut self.credits, transfer.credit(), transfer.amount())?;
        let credit = match (transfer.credit_change(), posting.credit()) {
            (Some(_), _) if self.balance(Account::Credit).is_negative() => {
                return Err(PostError::InsufficientCredit { balance });
            }
            (Some(amount), Some(view)) => Some(self.number_credit(amount, view)),
            _ => None,
        };
        let at = self.last_at.map_or(now, |last_at| last_at.max(now));
        self.last_at = Some(at);
        self.last_seq += 1;
        let (kind, cause_id) = (posting.kind(), Arc::clone(posting.cause_id()));
        Ok(Entry { seq: self.last_seq, at, kind, cause_id, leg, transfer, credit })
    }

    fn number_credit(&mut self, amount: Amount, view: &CreditView) -> CreditEntry {
        let source_seq = &mut self.source_seqs[view.source.place()];
        *source_seq += 1;
        self.credit_seq += 1;
        CreditEntry {
            credit_seq: self.credit_seq,
            source_seq: *source_seq,
            amount,
            balance_after: self.balance(Account::Credit),
            view: view.clone(),
        }
    }

    fn balance(&self, account: Account) -> Amount {
        let (debits, credits) = (self.debits[account.place()], self.credits[account.place()]);
        let balance = match account.normal_side() {
            Side::Debit => debits.checked_sub(credits),
            Side::Credit => credits.checked_sub(debits),
        };
        balance.expect("both totals are between zero and the largest there may be")
    }
}

/// Adds to the lifetime total of an account. What it may hold bounds the balance too.
fn add(
    totals: &mut [Amount; Account::ALL.len()],
    account: Account,
    amount: Amount,
) -> Result<(), PostError> {
    let total = &mut totals[account.place()];
    let sum = total.checked_add(amount).filter(|sum| sum.is_within(MAX_TOTAL));
    *total = sum.ok_or(PostError::TotalTooLarge { account })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::{
        credit_granted, credit_used, money_received,
        posting::tests::{any_posting, gift},
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
        let mut book = Book::restore(state);
        let one = money_received("pay_1", Amount::from_major(1)).expect("not below zero");

        let reached = book.post(at(0), Currency::CNY, &one);
        let before = book.clone();
        let passed = book.post(at(0), Currency::CNY, &one);

        assert!(reached.is_ok());
        assert_eq!(passed, Err(PostError::TotalTooLarge { account: Account::Cash }));
        assert_eq!(book, before);
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

            for (posting, second, other) in &postings {
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
}
