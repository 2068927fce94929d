//! Money from one account to another.

use super::Account;
use crate::money::Amount;

/// An amount above zero that one account is debited and another is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    debit: Account,
    credit: Account,
    amount: Amount,
}

/// Why two accounts and an amount are no transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATransfer {
    /// The amount is zero or below.
    #[error("a transfer moves an amount above zero")]
    NotPositive,
    /// Both accounts are the same.
    #[error("a transfer moves between two accounts")]
    SameAccount,
}

impl Transfer {
    /// Debits one account and credits the other.
    pub fn new(debit: Account, credit: Account, amount: Amount) -> Result<Self, NotATransfer> {
        if debit == credit {
            return Err(NotATransfer::SameAccount);
        }
        if !amount.is_positive() {
            return Err(NotATransfer::NotPositive);
        }
        Ok(Self { debit, credit, amount })
    }

    /// The account that is debited.
    pub const fn debit(&self) -> Account {
        self.debit
    }

    /// The account that is credited.
    pub const fn credit(&self) -> Account {
        self.credit
    }

    /// How much, above zero.
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// Whether it moves what is earned, or was to be: it counts in a month then.
    pub fn is_of_a_month(&self) -> bool {
        [Account::DeferredRevenue, Account::Revenue, Account::Refunds]
            .into_iter()
            .any(|account| self.touches(account))
    }

    /// Whether it debits or credits an account.
    pub fn touches(&self, account: Account) -> bool {
        self.debit == account || self.credit == account
    }

    /// The same amount the other way.
    pub(super) const fn reversed(&self) -> Self {
        Self { debit: self.credit, credit: self.debit, amount: self.amount }
    }

    /// What it does to the credit balance: positive if it adds to it, `None` if nothing.
    pub fn credit_change(&self) -> Option<Amount> {
        match (self.debit, self.credit) {
            (Account::Credit, _) => self.amount.checked_neg(),
            (_, Account::Credit) => Some(self.amount),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_moves_something_between_two_accounts() {
        let new = |debit, credit, units| Transfer::new(debit, credit, Amount::from_units(units));

        assert!(new(Account::Cash, Account::Receivable, 1).is_ok());
        assert_eq!(new(Account::Cash, Account::Receivable, 0), Err(NotATransfer::NotPositive));
        assert_eq!(new(Account::Cash, Account::Receivable, -1), Err(NotATransfer::NotPositive));
        assert_eq!(new(Account::Cash, Account::Cash, 1), Err(NotATransfer::SameAccount));
    }

    #[test]
    fn only_the_credit_account_changes_the_credit_balance() {
        let change = |debit, credit| {
            let transfer = Transfer::new(debit, credit, Amount::from_units(5)).expect("a transfer");
            transfer.credit_change().map(Amount::units)
        };

        assert_eq!(change(Account::Promotions, Account::Credit), Some(5));
        assert_eq!(change(Account::Credit, Account::Receivable), Some(-5));
        assert_eq!(change(Account::Cash, Account::Receivable), None);
    }
}
