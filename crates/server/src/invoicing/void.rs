//! Withdrawing a document that nothing was paid for.

use countinghouse_core::{
    invoicing::{Invoice, RecordStatus},
    ledger::{InvoiceParts, credit_returned, invoice_voided},
};

use super::{
    document::{Ground, parts},
    events,
};
use crate::{env::Env, http::problem::ApiError};

impl Ground {
    /// Withdraws the document that was issued last on this ground: what its issue posted is posted
    /// back, and its number stays. It is a conflict where it is paid, or credit paid a part of it.
    pub fn void_last(&mut self, env: &Env) -> Result<(), ApiError> {
        let Some(mut last) = self.issued.pop() else { return Ok(()) };
        if last.invoice.due.credit_applied.is_positive() {
            return Err(ApiError::Conflict("credit paid a part of the invoice".to_owned()));
        }
        let parts = parts(last.bill.record_type, &last.draft, last.at, &self.profile.zone);
        let void = self.void(&last.invoice, &parts, env)?;
        (last.invoice, last.status) = (void, RecordStatus::Void);
        self.issued.push(last);
        Ok(())
    }

    /// Withdraws an invoice that is open, and gives it as it is then: what its issue posted is
    /// posted back, the credit that had paid a part of it returns, and its number stays.
    pub(super) fn void(
        &mut self,
        invoice: &Invoice,
        parts: &InvoiceParts,
        env: &Env,
    ) -> Result<Invoice, ApiError> {
        let at = self.at(env);
        let void = invoice.void().map_err(|error| ApiError::Conflict(error.to_string()))?;
        let (number, currency) = (void.number.to_string(), void.due.currency);
        let posting = invoice_voided(&format!("inv:{number}:void"), parts);
        self.post(at, currency, &posting.map_err(ApiError::internal)?, env)?;
        let cause = format!("inv:{number}:void:credit");
        let posting = credit_returned(&cause, void.due.credit_applied, &number);
        self.post(at, currency, &posting.map_err(ApiError::internal)?, env)?;
        if let Some(subscription) = void.subscription {
            let event = events::invoice_voided(&void);
            self.chain.append(env, &self.tenant, subscription, event, at);
        }
        self.correct_request((invoice, &void), at, env);
        self.voided.push((void.number, at));
        Ok(void)
    }
}
