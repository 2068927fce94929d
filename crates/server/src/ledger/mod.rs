//! The ledger: transfers between a tenant's accounts, and the credit that they leave.
//!
//! Money moves by the posting kinds of `core`, through a tenant's [`Book`]; other rooms post inside
//! their own transaction with [`books`] and [`save_all`]. Nothing here is ever changed or taken away.
//! What is deferred becomes revenue when a month is closed.

mod adjust;
pub mod api;
mod ask;
mod closing;
mod credit;
mod months;
mod refusal;
mod store;
mod view;

pub use countinghouse_core::ledger::Book;

use countinghouse_core::{id::TenantId, money::Currency};

use crate::db::{Error, Tx};

pub use self::{
    adjust::Adjust,
    closing::{CloseMonth, ClosingRun, close_months, move_to_zone},
    credit::export as export_transactions,
    months::{RevenueMonth, revenue_months},
    refusal::refuse_currency,
    store::{NewEntry, book, books, save_all},
    view::{CreditBalanceView, CreditTransactionView},
};

/// The tenant's currency, at the moment of a snapshot.
pub async fn currency(tx: &mut Tx, tenant: &TenantId) -> Result<Currency, Error> {
    Ok(credit::balance_in(tx, tenant).await?.currency)
}

/// Shows what credit a tenant has, at the moment of a snapshot.
pub async fn balance_view(tx: &mut Tx, tenant: &TenantId) -> Result<CreditBalanceView, Error> {
    Ok(CreditBalanceView::new(tenant, credit::balance_in(tx, tenant).await?))
}
