//! What it takes to issue a credit note.

use countinghouse_core::money::{Amount, Currency};
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{AmountIn, Name},
    number::AmountSent,
    problem::ApiError,
};

/// How much of an invoice is taken back, and why.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct NoteAskBody {
    /// How much, tax included, above 0; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    amount: String,
    /// Why, as the note will say; at most 500 letters.
    #[schema(example = "Service cancellation", max_length = 500, pattern = r"\S")]
    reason: String,
    /// The invoice, as in the path.
    #[schema(example = "INV-2026-000001")]
    invoice_number: Option<String>,
}

/// The longest reason, in letters.
const REASON_MAX: usize = 500;

/// Reads how much is taken back and why, for an invoice in this currency.
pub(super) fn read(
    body: &Body,
    invoice_number: &str,
    currency: Currency,
) -> Result<(Amount, String), ApiError> {
    let mut fields = body.fields()?;
    fields.must_repeat("invoice_number", invoice_number);
    let amount = fields.required("amount", AmountIn::positive(currency));
    let reason = fields.required("reason", Name(REASON_MAX));
    fields.finish((amount, reason))
}
