//! One-off invoices: what an administrator bills by hand.
//!
//! Such an invoice is of no subscription, so nothing that becomes of it touches one: it is asked for
//! and asked for again by the tenant's dunning policy, and when the last day to pay is over it is left
//! alone, still due. Nothing of it is chained, since chains are those of subscriptions.

pub mod api;
mod ask;
mod service;
