//! Granting credit, and taking it back, between documents.

use countinghouse_core::{
    ledger::{CreditView, credit_granted, credit_taken_back},
    money::{Amount, Currency},
};

use super::document::Ground;
use crate::{env::Env, http::problem::ApiError};

impl Ground {
    /// Changes the credit balance by an amount in the tenant's currency; below zero takes back. It
    /// is a conflict where there is less. The cause posts once.
    pub fn adjust_credit(
        &mut self,
        cause: &str,
        amount: Amount,
        currency: Currency,
        view: CreditView,
        env: &Env,
    ) -> Result<(), ApiError> {
        let size = amount.checked_abs().unwrap_or(Amount::ZERO);
        let kind = if amount.is_negative() { credit_taken_back } else { credit_granted };
        let posting = kind(cause, size, view).map_err(ApiError::internal)?;
        self.post(self.at(env), currency, &posting, env)?;
        Ok(())
    }
}
