//! What it takes to ask for a refund, and to execute one.

use countinghouse_core::{
    id::{TenantId, UserId},
    invoicing::InvoiceNumber,
    money::{Amount, Currency},
};
use utoipa::ToSchema;

use crate::{
    db::Db,
    http::{
        body::Body,
        fields::{AmountIn, Fields, Name, Parsed, Text},
        number::AmountSent,
        problem::ApiError,
    },
    invoicing::{self, FoundOf},
};

/// What is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct SubmitBody {
    /// How much, tax included, above 0; a decimal string will do too.
    #[schema(value_type = AmountSent)]
    amount: String,
    /// The invoice that was paid.
    #[schema(example = "INV-2026-000001")]
    invoice_number: String,
    /// Why, at most 500 letters.
    #[schema(example = "Dissatisfied with service", max_length = 500, pattern = r"\S")]
    reason: String,
    /// The payment, as you call it, at most 200 letters; it is kept as it is.
    #[schema(example = "txn_abc123", max_length = 200, pattern = r"\S")]
    transaction_id: String,
    /// What is said to whoever approves, at most 500 letters.
    #[schema(example = "Approval approved", max_length = 500)]
    reviewer_comments: Option<String>,
}

/// Whom it is paid to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ExecuteBody {
    /// The administrator of the subscription.
    #[schema(example = "usr_abc123")]
    user_id: String,
}

/// A refund that is asked for, but for its invoice.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) amount: Amount,
    pub(super) reason: String,
    pub(super) payment: String,
    pub(super) comments: Option<String>,
}

/// The longest reason and comments, and the longest name of a payment, in letters.
const WORDS_MAX: usize = 500;
const PAYMENT_MAX: usize = 200;

/// The invoice that a body names, with its currency. Without one that is there, all that is wrong with
/// the body is told first.
pub(super) async fn find_invoice(
    db: &Db,
    tenant: Option<&TenantId>,
    body: &Body,
) -> Result<(FoundOf<InvoiceNumber>, Currency), ApiError> {
    let named = body.fields()?.required("invoice_number", Name(PAYMENT_MAX));
    let found = match named {
        Some(number) => invoicing::invoice_of(db, tenant, &number).await,
        None => Err(ApiError::invalid("invoice_number", "required", "is required")),
    };
    if found.is_err() {
        read(body, Currency::CNY)?;
    }
    found
}

/// Reads what is asked for of an invoice in this currency.
pub(super) fn read(body: &Body, currency: Currency) -> Result<Ask, ApiError> {
    let mut fields = body.fields()?;
    let amount = fields.required("amount", AmountIn::positive(currency));
    let number = fields.required("invoice_number", Name(PAYMENT_MAX));
    let (reason, payment, comments) = words(&mut fields);
    let (amount, _, reason, payment) = fields.finish((amount, number, reason, payment))?;
    Ok(Ask { amount, reason, payment, comments })
}

/// Reads whom a refund is to be paid to.
pub(super) fn payee(body: &Body) -> Result<UserId, ApiError> {
    let mut fields = body.fields()?;
    let user = fields.required("user_id", Parsed(UserId::parse));
    let (user,) = fields.finish((user,))?;
    Ok(user)
}

fn words(fields: &mut Fields<'_>) -> (Option<String>, Option<String>, Option<String>) {
    let reason = fields.required("reason", Name(WORDS_MAX));
    let payment = fields.required("transaction_id", Name(PAYMENT_MAX));
    (reason, payment, fields.optional("reviewer_comments", Text(WORDS_MAX)))
}
