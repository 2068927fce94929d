//! What of an invoice can be refunded, and what a refund does to it.
//!
//! A refund holds its amount from when it is asked for, so that nothing else takes it; once it is paid
//! out, a credit note says so. What is *not* here: who asks, agrees and pays
//! ([`refunds`](crate::refunds)).

use super::{Invoice, InvoiceStatus};
use crate::money::Amount;

/// Why an amount of an invoice can't be refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundAmountError {
    /// A refund is of more than nothing.
    #[error("a refund is of more than nothing")]
    Nothing,
    /// Less was received and not given back.
    #[error("{left} more of the invoice can be refunded")]
    TooMuch {
        /// What is left.
        left: Amount,
    },
    /// Nothing of it was paid for, or all is given back.
    #[error("the invoice is {status}, so nothing of it can be refunded")]
    NotPaid {
        /// Where it stands.
        status: &'static str,
    },
}

impl Invoice {
    /// What may still be refunded: money that was received, less what was given back of it or is held
    /// for that. Credit that paid a part of it is no money.
    pub fn refundable(&self) -> Amount {
        let due = &self.due;
        let gone = [due.refunded, due.refunding, due.returned].map(Amount::units);
        let left = due.paid.units() - gone.iter().sum::<i64>();
        Amount::from_units(left.clamp(0, due.uncredited().units().max(0)))
    }

    /// It with an amount held for a refund.
    pub fn hold(&self, amount: Amount) -> Result<Self, RefundAmountError> {
        if !amount.is_positive() {
            return Err(RefundAmountError::Nothing);
        }
        if self.status != InvoiceStatus::Paid {
            return Err(RefundAmountError::NotPaid { status: self.status.as_str() });
        }
        let left = self.refundable();
        if amount > left {
            return Err(RefundAmountError::TooMuch { left });
        }
        Ok(self.holding(amount.units()))
    }

    /// It without an amount that was held for a refund, which is not to be any more.
    #[must_use]
    pub fn release(&self, amount: Amount) -> Self {
        self.holding(-amount.units())
    }

    /// It after an amount that was held was paid out; refunded as a whole where nothing is left of it.
    #[must_use]
    pub fn refunded(&self, amount: Amount) -> Self {
        let mut after = self.holding(-amount.units());
        after.due.refunded = Amount::from_units(self.due.refunded.units() + amount.units());
        after.status = after.status_when_settled();
        after
    }

    /// Where it stands when nothing is due of it.
    pub(super) fn status_when_settled(&self) -> InvoiceStatus {
        let is_given_back = self.due.uncredited().is_zero() && self.due.refunding.is_zero();
        if self.due.refunded.is_positive() && is_given_back {
            InvoiceStatus::Refunded
        } else {
            InvoiceStatus::Paid
        }
    }

    fn holding(&self, more: i64) -> Self {
        let mut after = self.clone();
        after.due.refunding = Amount::from_units(self.due.refunding.units() + more);
        after
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{calendar::Instant, invoicing::note::tests::paid_invoice};

    fn major(amount: i64) -> Amount {
        Amount::from_major(amount)
    }

    fn at() -> Instant {
        Instant::from_second(9).expect("in range")
    }

    #[test]
    fn credit_that_paid_a_part_is_no_money() {
        let invoice = paid_invoice(40);

        assert_eq!(invoice.refundable(), major(60));
        let left = major(60);
        assert_eq!(invoice.hold(major(61)), Err(RefundAmountError::TooMuch { left }));
        let after = invoice.hold(major(60)).expect("it was received").refunded(major(60));
        assert_eq!((after.status, after.due.uncredited()), (InvoiceStatus::Paid, major(40)));
        let noted = after.note(major(40), at()).expect("it is left").invoice;
        assert_eq!(noted.status, InvoiceStatus::Refunded);
    }

    #[test]
    fn what_is_held_is_left_alone_until_it_is_released() {
        let held = paid_invoice(0).hold(major(70)).expect("it was received");

        assert!(held.note(major(31), at()).is_err());
        assert_eq!(held.hold(major(31)), Err(RefundAmountError::TooMuch { left: major(30) }));
        assert_eq!(held.release(major(70)), paid_invoice(0));
        assert!(held.release(major(70)).note(major(100), at()).is_ok());
    }

    #[test]
    fn nothing_is_refunded_of_what_is_not_paid() {
        let open = Invoice { status: InvoiceStatus::Issued, ..paid_invoice(0) };

        assert_eq!(open.hold(major(1)), Err(RefundAmountError::NotPaid { status: "issued" }));
        assert_eq!(paid_invoice(0).hold(Amount::ZERO), Err(RefundAmountError::Nothing));
    }

    proptest! {
        #[test]
        fn notes_and_refunds_in_any_order_never_exceed_what_came(
            credit in 0..100_i64,
            acts in prop::collection::vec((0..4_u8, 1..60_i64), 0..30),
        ) {
            let mut invoice = paid_invoice(credit);
            let mut held: Vec<Amount> = Vec::new();
            for (act, amount) in acts {
                let amount = major(amount);
                match act {
                    0 => if let Ok(after) = invoice.hold(amount) {
                        invoice = after;
                        held.push(amount);
                    },
                    1 => if let Some(amount) = held.pop() {
                        invoice = invoice.refunded(amount);
                    },
                    2 => if let Some(amount) = held.pop() {
                        invoice = invoice.release(amount);
                    },
                    _ => if let Ok(noted) = invoice.note(amount, at()) {
                        prop_assert_eq!(noted.lowered, Amount::ZERO);
                        invoice = noted.invoice;
                    },
                }
                let due = &invoice.due;
                let sum = |parts: &[Amount]| parts.iter().map(|it| it.units()).sum::<i64>();
                let out = [due.refunded, due.refunding];
                prop_assert!(sum(&out) <= due.paid.units());
                prop_assert!(sum(&out) + due.returned.units() <= due.total.units());
                prop_assert_eq!(due.refunding.units(), sum(&held));
                let is_all = due.refunded.is_positive() && sum(&[due.refunded, due.returned]) == due.total.units();
                prop_assert_eq!(invoice.status == InvoiceStatus::Refunded, is_all);
            }
        }
    }
}
