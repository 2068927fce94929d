//! Billing records and the invoices they stand for: written, listed, searched.

pub mod api;
mod document;
mod payment;
mod profile;
mod records;
mod store;
mod view;

