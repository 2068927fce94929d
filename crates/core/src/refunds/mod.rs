//! Refunds by four eyes: asked for by one administrator, approved by another, paid out once.
//!
//! What is *not* here: how much of an invoice can be refunded, and what a refund does to it
//! ([`invoicing`](crate::invoicing)); and who holds the money.

use std::fmt;

use crate::{calendar::Instant, id::UserId, invoicing::NoteNumber, ledger::Account};

/// How far a refund is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was asked for.
    Submitted,
    /// Somebody else agreed.
    Approved(Decided),
    /// Somebody refused it.
    Rejected(Decided),
    /// It is being paid, or was: nobody knows yet.
    Executing(Paying),
    /// It was paid.
    Completed(Paid),
}

/// Who agreed or refused, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Instant,
}

/// A refund that is being paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paying {
    /// Who agreed.
    pub approved: Decided,
    /// Whom it is paid to.
    pub payee: UserId,
    /// Who pays.
    pub wallet: Wallet,
    /// Since when.
    pub since: Instant,
}

/// Who holds the money that refunds are paid from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wallet {
    /// The ledger itself. It pays by what is written when a refund is completed, so until then it paid
    /// nothing.
    BuiltIn,
    /// A service, by its name. It may have paid what it was asked for, whatever it answered.
    Service(String),
}

/// A refund that was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// How it was paid.
    pub paying: Paying,
    /// What the wallet calls the payment.
    pub transaction: String,
    /// The credit note over it.
    pub note: NoteNumber,
    /// When it was known to be paid.
    pub at: Instant,
}

/// Why something can't be done to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// Two people are needed.
    #[error("whoever asked for a refund may not approve it")]
    SamePerson,
    /// It is too far, or not far enough.
    #[error("the refund is {status}, so it can't be {asked}")]
    Status {
        /// Where it stands.
        status: &'static str,
        /// What was to be done.
        asked: &'static str,
    },
    /// The money is the subscription's administrator's.
    #[error("the refund is due to another user")]
    OtherPayee,
    /// A wallet was asked that is not the one that would pay now, and may have paid.
    #[error("another wallet was asked to pay the refund, and only that one knows whether it paid")]
    OtherWallet,
}

/// What executing a refund comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Execution {
    /// It begins.
    Begins(Paying),
    /// It began before, and is to be gone on with.
    GoesOn(Paying),
    /// It is paid.
    Done(Paid),
}

impl State {
    /// Its name on the wire and in the store.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Approved(_) => "approved",
            Self::Rejected(_) => "rejected",
            Self::Executing(_) => "executing",
            Self::Completed(_) => "completed",
        }
    }

    /// Whether it holds its amount, so that nothing else takes that.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Submitted | Self::Approved(_) | Self::Executing(_))
    }

    /// Agreed to by somebody who is not whoever asked.
    pub fn approve(&self, asked_by: &UserId, decided: Decided) -> Result<Self, RefundError> {
        if *self != Self::Submitted {
            return Err(self.refuses("approved"));
        }
        if decided.by == *asked_by {
            return Err(RefundError::SamePerson);
        }
        Ok(Self::Approved(decided))
    }

    /// Refused by anybody, whoever asked for it too.
    pub fn reject(&self, decided: Decided) -> Result<Self, RefundError> {
        match self {
            Self::Submitted => Ok(Self::Rejected(decided)),
            _ => Err(self.refuses("rejected")),
        }
    }

    /// Paid by `wallet` to `payee`, who must be one of those it is due to; again and again until it is
    /// done, but to nobody else, and by no other wallet once one may have paid.
    pub fn execute(
        &self,
        (payee, due_to): (&UserId, &[UserId]),
        wallet: &Wallet,
        at: Instant,
    ) -> Result<Execution, RefundError> {
        match self {
            Self::Approved(_) if !due_to.contains(payee) => Err(RefundError::OtherPayee),
            Self::Approved(approved) => Ok(Execution::Begins(Paying {
                approved: approved.clone(),
                payee: payee.clone(),
                wallet: wallet.clone(),
                since: at,
            })),
            Self::Executing(paying) if paying.payee == *payee => match &paying.wallet {
                same if same == wallet => Ok(Execution::GoesOn(paying.clone())),
                Wallet::BuiltIn => {
                    Ok(Execution::Begins(Paying { wallet: wallet.clone(), ..paying.clone() }))
                }
                Wallet::Service(_) => Err(RefundError::OtherWallet),
            },
            Self::Completed(paid) if paid.paying.payee == *payee => {
                Ok(Execution::Done(paid.clone()))
            }
            Self::Executing(_) | Self::Completed(_) => Err(RefundError::OtherPayee),
            Self::Submitted | Self::Rejected(_) => Err(self.refuses("executed")),
        }
    }

    /// Gone, which nothing is that was paid or may have been.
    pub fn delete(&self) -> Result<(), RefundError> {
        match self {
            Self::Executing(_) | Self::Completed(_) => Err(self.refuses("deleted")),
            Self::Submitted | Self::Approved(_) | Self::Rejected(_) => Ok(()),
        }
    }

    const fn refuses(&self, asked: &'static str) -> RefundError {
        RefundError::Status { status: self.as_str(), asked }
    }
}

impl Wallet {
    /// What the built-in one is called in the store, which no service is.
    pub const BUILT_IN: &str = "built_in";

    /// Its name in the store.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BuiltIn => Self::BUILT_IN,
            Self::Service(name) => name,
        }
    }

    /// The wallet of a name.
    pub fn named(name: &str) -> Self {
        match name {
            Self::BUILT_IN => Self::BuiltIn,
            _ => Self::Service(name.to_owned()),
        }
    }

    /// The account that what it pays leaves by.
    pub const fn account(&self) -> Account {
        match self {
            Self::BuiltIn => Account::Wallet,
            Self::Service(_) => Account::Cash,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests;
