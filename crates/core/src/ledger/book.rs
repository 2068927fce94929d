//! A tenant's book: totals, balances and sequences, and the one way to change them.

use std::sync::Arc;

use super::{
    Account, CreditView, Posting, PostingKind, Schedule, Side, Source, Transfer,
    posting::revenue_recognised,
};
use crate::{
    calendar::{Instant, Month, Zone},
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
    /// The months that earn what is deferred.
    pub schedule: Schedule,
    /// When the first of them is to be closed, exactly if there is one.
    pub close_at: Option<Instant>,
}

/// A month that was closed, and what that entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedMonth {
    /// The month.
    pub month: Month,
    /// The entries.
    pub entries: Vec<Entry>,
}

/// What is stored contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the months don't earn what is deferred, or there is no time for the first of them")]
pub struct NotABook;

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
    /// The month that was open, or is closed by it, exactly if it touches what is earned: the
    /// accounts `deferred_revenue`, `revenue` and `refunds`.
    pub month: Option<Month>,
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
    pub fn restore(state: BookState) -> Result<Self, NotABook> {
        let is_timed = state.close_at.is_none() == state.schedule.months().is_empty();
        if is_timed && state.is_scheduled() { Ok(Self { state }) } else { Err(NotABook) }
    }

    /// What is to be stored.
    pub const fn state(&self) -> &BookState {
        &self.state
    }

    /// Enters a posting and answers its entries, or refuses it and leaves the book as it was.
    ///
    /// The entries are as of `now` or the time of the last entry, whichever is later. A posting
    /// without transfers changes nothing. What it defers is earned by the months of its days, but
    /// what is for months before the one of `now` is earned in that.
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
        let at = next.at(now);
        let month = match posting.deferral() {
            Some(served) => {
                let open = next.schedule.defer(served, at, currency);
                next.close_at = next.schedule.due_at(&served.zone);
                let account = Account::DeferredRevenue;
                Some(open.ok_or(PostError::TotalTooLarge { account })?)
            }
            None => posting.zone().map(|zone| next.schedule.open_at(at, zone)),
        };
        let entries = next.enter_all(at, posting, month)?;
        if !entries.is_empty() {
            next.currency = Some(currency);
            debug_assert!(next.is_scheduled(), "{next:?}");
            self.state = next;
        }
        Ok(entries)
    }

    /// Closes the first month of what is deferred, if it is over in the tenant's zone: what it earned
    /// is deferred no more. Several months are closed one by one.
    ///
    /// Whether postings after the month's end are entered before or after it is closed changes no
    /// amount.
    pub fn close_month(
        &mut self,
        now: Instant,
        zone: &Zone,
    ) -> Result<Option<ClosedMonth>, PostError> {
        self.move_to(zone);
        if self.state.close_at.is_none_or(|end| end > now) {
            return Ok(None);
        }
        let mut next = self.state.clone();
        let Some((month, earned)) = next.schedule.close_first() else { return Ok(None) };
        next.close_at = next.schedule.due_at(zone);
        let account = Account::DeferredRevenue;
        let posting =
            revenue_recognised(month, earned).map_err(|_| PostError::TotalTooLarge { account })?;
        let entries = next.enter_all(next.at(now), &posting, Some(month))?;
        debug_assert!(next.is_scheduled(), "{next:?}");
        self.state = next;
        Ok(Some(ClosedMonth { month, entries }))
    }

    /// Lets months end as they do in `zone`, from now on.
    pub fn move_to(&mut self, zone: &Zone) {
        self.state.close_at = self.state.schedule.due_at(zone);
    }

    /// Lets nobody look for a month to close before `until`, or before it is over.
    pub fn put_off(&mut self, until: Instant) {
        self.state.close_at = self.state.close_at.map(|at| at.max(until));
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
    /// When something is entered that is decided now.
    fn at(&self, now: Instant) -> Instant {
        self.last_at.map_or(now, |last_at| last_at.max(now))
    }

    /// Whether the months earn what is deferred.
    fn is_scheduled(&self) -> bool {
        self.schedule.total() == Some(self.balance(Account::DeferredRevenue))
    }

    fn enter_all(
        &mut self,
        at: Instant,
        posting: &Posting,
        month: Option<Month>,
    ) -> Result<Vec<Entry>, PostError> {
        let legs = (1..).zip(posting.transfers());
        legs.map(|(leg, &transfer)| self.enter(at, posting, (leg, transfer), month)).collect()
    }

    fn enter(
        &mut self,
        at: Instant,
        posting: &Posting,
        (leg, transfer): (i64, Transfer),
        month: Option<Month>,
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
        self.last_at = Some(at);
        self.last_seq += 1;
        let (kind, cause_id) = (posting.kind(), Arc::clone(posting.cause_id()));
        let month = month.filter(|_| transfer.is_of_a_month());
        Ok(Entry { seq: self.last_seq, at, kind, cause_id, leg, transfer, credit, month })
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

impl Entry {
    /// What its month earns by it, and what it takes back of what was earned; the first is below
    /// zero where that is reversed, the second where a note is cancelled.
    pub fn revenue(&self) -> (Amount, Amount) {
        let of = |account, adds: Side| {
            let units = self.transfer.amount().units();
            let (debit, credit) = (self.transfer.debit(), self.transfer.credit());
            let (more, less) = match adds {
                Side::Debit => (debit, credit),
                Side::Credit => (credit, debit),
            };
            let sign = i64::from(more == account) - i64::from(less == account);
            Amount::from_units(sign * units)
        };
        (of(Account::Revenue, Side::Credit), of(Account::Refunds, Side::Debit))
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
mod tests;
