//! What a tenant set about its invoices.

use countinghouse_core::{
    calendar::Zone,
    invoicing::{Buyer, Profile, TaxTerms},
    money::{Currency, TaxMode, TaxRate},
};

use crate::db::{Error, Stmt, Tx};

#[derive(sqlx::FromRow)]
struct ProfileRow {
    legal_name: Option<String>,
    address: Option<String>,
    tax_id: Option<String>,
    tax_rate: String,
    tax_inclusive: bool,
    tax_exempt_reason: Option<String>,
    timezone: String,
    currency: String,
    invoice_due_days: i64,
}
