//! Issuing an invoice, and what a payment's answer does to it.

use super::{Draft, InvoiceNumber, InvoiceStatus, RecordStatus};
use crate::{
    calendar::{Instant, Period},
    dunning::Dunning,
    id::SubscriptionId,
    money::{Amount, Currency},
};

/// Why an invoice is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceKind {
    /// A period of a subscription. Each period has one.
    Period,
    /// A change of plan or cycle in a period. A period may have many.
    Change,
    /// A payment that somebody else reported. Any number may cover a period.
    External,
    /// An administrator wrote it. It is of no subscription.
    OneOff,
    /// What was used beyond what is included, where that does not end with a period.
    Usage,
}

/// An invoice with its number. What it says never changes again; what is due of it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its number.
    pub number: InvoiceNumber,
    /// Whose it is.
    pub subscription: Option<SubscriptionId>,
    /// Why it is there.
    pub kind: InvoiceKind,
    /// The period that it bills.
    pub period: Period,
    /// When it was issued.
    pub issued_at: Instant,
    /// When it is due.
    pub due_at: Instant,
    /// What is due of it.
    pub due: Due,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// When nothing was due any more.
    pub paid_at: Option<Instant>,
    /// How far its dunning is.
    pub dunning: Dunning,
}

/// What is due of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The currency of the amounts.
    pub currency: Currency,
    /// What it asks for, tax included.
    pub total: Amount,
    /// What the credit balance covered.
    pub credit_applied: Amount,
    /// What credit notes took off it before it was paid.
    pub noted: Amount,
    /// What credit notes gave back of what had been paid.
    pub returned: Amount,
    /// What was paid.
    pub paid: Amount,
    /// What was paid back out of what was paid.
    pub refunded: Amount,
    /// What is held for refunds that are asked for.
    pub refunding: Amount,
}

/// What the issue of an invoice rests on, besides its lines.
#[derive(Clone, Copy, Debug)]
pub struct Issue {
    /// The next number.
    pub number: InvoiceNumber,
    /// Whose it is.
    pub subscription: Option<SubscriptionId>,
    /// Why it is there.
    pub kind: InvoiceKind,
    /// The period that it bills.
    pub period: Period,
    /// The tenant's credit that may be used for it.
    pub credit: Amount,
    /// How many days it may take to be paid.
    pub due_days: u8,
    /// Now.
    pub at: Instant,
}

/// Why an invoice can't be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// It would take back more than it bills.
    #[error("an invoice can't ask for less than nothing")]
    Negative,
    /// Its due date is beyond the calendar.
    #[error("the due date is beyond the calendar")]
    BeyondCalendar,
}

/// What a payment's answer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing: it was done before, or says nothing new.
    Unchanged,
    /// The money came.
    Paid {
        /// The invoice after it.
        invoice: Invoice,
        /// What came.
        received: Amount,
    },
    /// The money came for an invoice that was withdrawn meanwhile: it becomes credit.
    Late {
        /// The invoice after it, withdrawn as before.
        invoice: Invoice,
        /// What came.
        received: Amount,
    },
    /// The attempt failed.
    Failed,
}

/// Why a payment's answer does not fit the invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The amount is not what is due.
    #[error("the amount due on the invoice is {due}")]
    OtherAmount {
        /// What is due.
        due: Amount,
    },
    /// The currency is not the invoice's.
    #[error("the invoice is in {currency}")]
    OtherCurrency {
        /// The invoice's.
        currency: Currency,
    },
    /// It is settled in another way.
    #[error("the invoice is {status}, so its payment can't have failed or be open")]
    NotOpen {
        /// Where it stands.
        status: &'static str,
    },
}

/// Something is not open any more, so it can't be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the invoice is {status}, so it can't be voided")]
pub struct NotOpen {
    /// Where it stands.
    pub status: &'static str,
}

/// Issues `draft`: credit first; what is covered, and a total of nothing, is paid at once.
pub fn issue(draft: &Draft, issue: Issue) -> Result<Invoice, IssueError> {
    if draft.total.is_negative() {
        return Err(IssueError::Negative);
    }
    let due_at =
        issue.at.plus_days(i64::from(issue.due_days)).map_err(|_| IssueError::BeyondCalendar)?;
    let due = Due {
        currency: draft.currency,
        total: draft.total,
        credit_applied: issue.credit.min(draft.total),
        noted: Amount::ZERO,
        returned: Amount::ZERO,
        paid: Amount::ZERO,
        refunded: Amount::ZERO,
        refunding: Amount::ZERO,
    };
    let covered = due.amount().is_zero();
    Ok(Invoice {
        number: issue.number,
        subscription: issue.subscription,
        kind: issue.kind,
        period: issue.period,
        issued_at: issue.at,
        due_at,
        due,
        status: if covered { InvoiceStatus::Paid } else { InvoiceStatus::Issued },
        paid_at: covered.then_some(issue.at),
        dunning: if covered { Dunning::default() } else { Dunning::asked(due_at) },
    })
}

impl Due {
    /// What is still to be paid. The parts never exceed the total, so it is never negative.
    pub fn amount(&self) -> Amount {
        let parts = [self.credit_applied, self.noted, self.paid].map(Amount::units);
        Amount::from_units(self.total.units() - parts.iter().sum::<i64>())
    }

    /// What credit notes and refunds gave back of what had been paid.
    pub fn given_back(&self) -> Amount {
        Amount::from_units(self.returned.units() + self.refunded.units())
    }

    /// What credit notes may still take back of it, tax included. What is held for refunds is not
    /// theirs.
    pub fn uncredited(&self) -> Amount {
        let taken = [self.noted, self.returned, self.refunded, self.refunding].map(Amount::units);
        Amount::from_units(self.total.units() - taken.iter().sum::<i64>())
    }
}

impl Invoice {
    /// Whether something is due.
    pub fn is_open(&self) -> bool {
        matches!(self.status, InvoiceStatus::Issued | InvoiceStatus::Overdue)
    }

    /// What the answer `said` about a payment of `amount` does. A repeat does nothing.
    pub fn settle(
        &self,
        amount: Amount,
        currency: Currency,
        said: RecordStatus,
        at: Instant,
    ) -> Result<Settlement, SettleError> {
        if currency != self.due.currency {
            return Err(SettleError::OtherCurrency { currency: self.due.currency });
        }
        if self.status == InvoiceStatus::Void && said == RecordStatus::Paid {
            return self.settle_void(amount);
        }
        if !self.is_open() {
            return self.repeat(amount, said);
        }
        let due = self.due.amount();
        if amount != due {
            return Err(SettleError::OtherAmount { due });
        }
        Ok(match said {
            RecordStatus::Paid => {
                Settlement::Paid { invoice: self.paid(amount, at), received: amount }
            }
            RecordStatus::Failed => Settlement::Failed,
            _ => Settlement::Unchanged,
        })
    }

    /// Withdraws it. Its number stays, and what it said.
    pub fn void(&self) -> Result<Self, NotOpen> {
        if !self.is_open() {
            return Err(NotOpen { status: self.status.as_str() });
        }
        Ok(Self { status: InvoiceStatus::Void, dunning: self.dunning.dropped(), ..self.clone() })
    }

    fn paid(&self, amount: Amount, at: Instant) -> Self {
        let paid = Amount::from_units(self.due.paid.units() + amount.units());
        Self {
            due: Due { paid, ..self.due },
            status: InvoiceStatus::Paid,
            paid_at: Some(at),
            dunning: self.dunning.dropped(),
            ..self.clone()
        }
    }

    /// Money for what was withdrawn. It is never lost, and counted once.
    fn settle_void(&self, amount: Amount) -> Result<Settlement, SettleError> {
        let came = !self.due.paid.is_zero();
        let due = if came { self.due.paid } else { self.due.amount() };
        if amount != due {
            return Err(SettleError::OtherAmount { due });
        }
        if came {
            return Ok(Settlement::Unchanged);
        }
        let invoice = Self { due: Due { paid: amount, ..self.due }, ..self.clone() };
        Ok(Settlement::Late { invoice, received: amount })
    }

    /// An answer about an invoice that is not open: fine if it is what settled it.
    fn repeat(&self, amount: Amount, said: RecordStatus) -> Result<Settlement, SettleError> {
        let is_settled = matches!(self.status, InvoiceStatus::Paid | InvoiceStatus::Refunded);
        if said != RecordStatus::Paid || !is_settled {
            return Err(SettleError::NotOpen { status: self.status.as_str() });
        }
        if amount != self.due.paid {
            return Err(SettleError::OtherAmount { due: Amount::ZERO });
        }
        Ok(Settlement::Unchanged)
    }
}

impl InvoiceKind {
    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Change => "change",
            Self::External => "external",
            Self::OneOff => "oneoff",
            Self::Usage => "usage",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Period, Self::Change, Self::External, Self::OneOff, Self::Usage];
        all.into_iter().find(|it| it.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        invoicing::PricedLine,
        money::{TaxMode, TaxRate, UnitPrice},
        tenants::TaxTerms,
    };

    fn invoice(total: i64, credit: i64) -> Invoice {
        let at = Instant::from_second(0).expect("in range");
        let period = Period::new(at, at.plus_days(30).expect("in range")).expect("a period");
        let line = PricedLine {
            description: "Pro".to_owned(),
            resource_type: "subscription".to_owned(),
            quantity: 1,
            unit_price: UnitPrice::from(Amount::from_major(total)),
            service: Some(period),
            tax: None,
        };
        let terms = TaxTerms { rate: TaxRate::ZERO, mode: TaxMode::Exclusive };
        let draft = Draft::new(vec![line], terms, Currency::CNY).expect("a draft");
        let number = InvoiceNumber { year: 1970, serial: 1 };
        let (subscription, kind) = (None, InvoiceKind::External);
        let credit = Amount::from_major(credit);
        issue(&draft, Issue { number, subscription, kind, period, credit, due_days: 14, at })
            .expect("an invoice")
    }

    #[test]
    fn what_is_open_can_be_voided_and_then_asks_for_nothing_more() {
        let open = invoice(100, 40);

        let void = open.void().expect("it is open");

        assert_eq!(void.status, InvoiceStatus::Void);
        assert!(!void.is_open());
        assert_eq!((void.number, void.due, void.paid_at), (open.number, open.due, None));
    }

    #[test]
    fn money_for_what_was_voided_is_taken_once() {
        let at = Instant::from_second(9).expect("in range");
        let void = invoice(100, 40).void().expect("it is open");
        let pay = |it: &Invoice, major| {
            it.settle(Amount::from_major(major), Currency::CNY, RecordStatus::Paid, at)
        };

        let Ok(Settlement::Late { invoice: after, received }) = pay(&void, 60) else {
            panic!("it is not taken")
        };

        assert_eq!((after.status, received), (InvoiceStatus::Void, Amount::from_major(60)));
        assert_eq!(pay(&after, 60), Ok(Settlement::Unchanged));
        let due = Amount::from_major(60);
        assert_eq!(pay(&after, 59), Err(SettleError::OtherAmount { due }));
        assert_eq!(pay(&void, 100), Err(SettleError::OtherAmount { due }));
    }

    #[test]
    fn what_is_paid_or_void_can_not_be_voided() {
        let paid = invoice(100, 100);
        let void = invoice(100, 0).void().expect("it is open");

        assert_eq!(paid.void(), Err(NotOpen { status: "paid" }));
        assert_eq!(void.void(), Err(NotOpen { status: "void" }));
    }
}
