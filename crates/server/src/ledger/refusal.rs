//! What the ledger refuses, as a caller is told.

use countinghouse_core::{
    ledger::PostError,
    money::{Amount, Currency},
};

use crate::http::problem::ApiError;

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        Self::Conflict(error.to_string())
    }
}

/// Refuses a currency that is not the tenant's `own`, and an amount with more decimals than that
/// has. A request may leave its currency out.
pub fn refuse_currency(
    own: Currency,
    named: Option<Currency>,
    amount: Amount,
) -> Result<(), ApiError> {
    if named.is_some_and(|named| named != own) {
        let rule = format!("must be {own}, the tenant's currency");
        return Err(ApiError::invalid("currency", "other_currency", rule));
    }
    if !amount.is_payable_in(own) {
        let rule = format!("must have at most {} decimals in {own}", own.exponent());
        return Err(ApiError::invalid("amount", "malformed", rule));
    }
    Ok(())
}
