//! The accounts of a tenant.

use std::fmt;

/// One of the nine accounts that every tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// What the tenant owes on invoices.
    Receivable,
    /// What the tenant has in advance: its credit balance.
    Credit,
    /// Money that was received.
    Cash,
    /// What was paid out to wallets.
    Wallet,
    /// What has been earned.
    Revenue,
    /// What was billed and is not earned yet.
    DeferredRevenue,
    /// Tax that is owed to the state.
    TaxPayable,
    /// What was earned and given back.
    Refunds,
    /// What was given away.
    Promotions,
}

/// The side of an account on which its balance is a positive number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Debits make it larger: what is owned or was spent.
    Debit,
    /// Credits make it larger: what is owed or was earned.
    Credit,
}

/// A text names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of an account such as receivable")]
pub struct NotAnAccount;

impl Account {
    /// Every account, in the order in which they are stored.
    pub const ALL: [Self; 9] = [
        Self::Receivable,
        Self::Credit,
        Self::Cash,
        Self::Wallet,
        Self::Revenue,
        Self::DeferredRevenue,
        Self::TaxPayable,
        Self::Refunds,
        Self::Promotions,
    ];

    /// Reads a name as stored.
    pub fn parse(text: &str) -> Result<Self, NotAnAccount> {
        Self::ALL.into_iter().find(|account| account.as_str() == text).ok_or(NotAnAccount)
    }

    /// Its name in the store and in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Credit => "credit",
            Self::Cash => "cash",
            Self::Wallet => "wallet",
            Self::Revenue => "revenue",
            Self::DeferredRevenue => "deferred_revenue",
            Self::TaxPayable => "tax_payable",
            Self::Refunds => "refunds",
            Self::Promotions => "promotions",
        }
    }

    /// The side on which its balance is a positive number.
    pub const fn normal_side(self) -> Side {
        match self {
            Self::Receivable | Self::Cash | Self::Refunds | Self::Promotions => Side::Debit,
            Self::Credit
            | Self::Wallet
            | Self::Revenue
            | Self::DeferredRevenue
            | Self::TaxPayable => Side::Credit,
        }
    }

    /// Its place in [`Self::ALL`].
    pub(super) const fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_reads_back_and_stands_where_it_says() {
        for (place, account) in Account::ALL.into_iter().enumerate() {
            assert_eq!(Account::parse(account.as_str()), Ok(account));
            assert_eq!(account.place(), place);
        }
        assert_eq!(Account::parse("petty_cash"), Err(NotAnAccount));
        assert_eq!(Account::parse("Credit"), Err(NotAnAccount));
    }
}
