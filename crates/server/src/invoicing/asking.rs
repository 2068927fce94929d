//! Asking for the payment of an invoice, and how far its dunning is.

use countinghouse_core::{calendar::Instant, invoicing::Invoice};

use super::document::{Collecting, Ground};
use crate::{
    env::Env,
    http::{number::Number, text::Timestamp},
    outbox::Message,
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
        let message = Message::PaymentRequested {
            subscription_id: invoice.subscription,
            invoice_number: invoice.number,
            attempt: invoice.dunning.attempts.saturating_sub(1),
            amount_due: Number(invoice.due.amount()),
            currency: invoice.due.currency,
            due_at: Timestamp(invoice.due_at),
        };
        self.outbox.push(env, at, message);
    }
}
