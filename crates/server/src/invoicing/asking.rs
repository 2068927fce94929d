//! Asking for the payment of an invoice, and how far its dunning is.

use countinghouse_core::{
    calendar::Instant,
    invoicing::{Invoice, InvoiceStatus},
};

use super::document::{Collecting, Ground};
use crate::{
    env::Env,
    http::{number::Number, text::Timestamp},
    outbox::{Message, RequestReason, WithdrawalReason},
};

impl Ground {
    /// The same ground, but nobody is asked for the payment of what is issued on it, neither at once
    /// nor later: what is due of it was made up.
    #[must_use]
    pub fn asking_nobody(mut self) -> Self {
        self.collecting = Collecting::LeftAlone;
        self
    }

    /// Asks for the first payment of an invoice that is just issued, if something is due of it.
    pub(super) fn collect(&mut self, invoice: Invoice, at: Instant, env: &Env) -> Invoice {
        if self.collecting == Collecting::LeftAlone || !invoice.is_open() {
            return invoice.left_alone();
        }
        self.ask_for_payment(&invoice, at, env);
        invoice
    }

    /// Asks whoever collects payments for that of an invoice: its last attempt that was counted.
    pub fn ask_for_payment(&mut self, invoice: &Invoice, at: Instant, env: &Env) {
        self.request(invoice, RequestReason::Attempt, at, env);
    }

    /// Tells whoever collects the payment of an invoice what became of what is due of it, otherwise
    /// than by a payment: what is due now, or that it is nothing any more. Who was never asked for it
    /// is told nothing.
    pub(super) fn correct_request(
        &mut self,
        (before, after): (&Invoice, &Invoice),
        at: Instant,
        env: &Env,
    ) {
        let asked = |it: &Invoice| it.is_open().then(|| it.due.amount());
        if after.dunning.attempts == 0 || asked(before) == asked(after) {
            return;
        }
        if after.is_open() {
            self.request(after, RequestReason::AmountChanged, at, env);
            return;
        }
        let is_void = after.status == InvoiceStatus::Void;
        let message = Message::PaymentWithdrawn {
            subscription_id: after.subscription,
            invoice_number: after.number,
            attempt: last_attempt(after),
            reason: if is_void { WithdrawalReason::Voided } else { WithdrawalReason::Credited },
        };
        self.outbox.push(env, at, message);
    }

    fn request(&mut self, invoice: &Invoice, reason: RequestReason, at: Instant, env: &Env) {
        let message = Message::PaymentRequested {
            subscription_id: invoice.subscription,
            invoice_number: invoice.number,
            attempt: last_attempt(invoice),
            reason,
            amount_due: Number(invoice.due.amount()),
            currency: invoice.due.currency,
            due_at: Timestamp(invoice.due_at),
        };
        self.outbox.push(env, at, message);
    }
}

/// The number of the last attempt that was asked for.
fn last_attempt(invoice: &Invoice) -> u32 {
    invoice.dunning.attempts.saturating_sub(1)
}
