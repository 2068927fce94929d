//! Withdrawing a document that nothing was paid for.

use countinghouse_core::{invoicing::RecordStatus, ledger::invoice_voided};

use super::{
    document::{Ground, parts},
    events,
};
use crate::{env::Env, http::problem::ApiError};

impl Ground {
    /// Withdraws the document that was issued last on this ground: what its issue posted is posted
    /// back, and its number stays. It is a conflict where it is paid, or credit paid a part of it.
    pub fn void_last(&mut self, env: &Env) -> Result<(), ApiError> {
        let at = self.at(env);
        let Some(mut last) = self.issued.pop() else { return Ok(()) };
        if last.invoice.due.credit_applied.is_positive() {
            return Err(ApiError::Conflict("credit paid a part of the invoice".to_owned()));
        }
        let void = last.invoice.void().map_err(|error| ApiError::Conflict(error.to_string()))?;
        let cause = format!("inv:{}:void", void.number);
        let posting = invoice_voided(&cause, parts(last.bill.record_type, &last.draft));
        self.post(at, void.due.currency, &posting.map_err(ApiError::internal)?, env)?;
        if let Some(subscription) = void.subscription {
            let event = events::invoice_voided(&void);
            self.chain.append(env, &self.tenant, subscription, event, at);
        }
        (last.invoice, last.status) = (void, RecordStatus::Void);
        self.issued.push(last);
        Ok(())
    }
}
