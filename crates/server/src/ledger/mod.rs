//! The ledger: transfers between a tenant's accounts, and the credit that they leave.
//!
//! Money moves by the posting kinds of `core`, through a tenant's [`Book`]; other rooms post inside
//! their own transaction with [`book`] and [`save`]. Nothing here is ever changed or taken away.

mod adjust;
pub mod api;
mod ask;
mod credit;
mod store;
mod view;

pub use countinghouse_core::ledger::Book;

pub use self::{
    adjust::Adjust,
    store::{NewEntry, book, save},
};
