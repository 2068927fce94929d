//! Verifying the books: whether what is stored is what the service wrote.
//!
//! [`verify`] reads everything in one snapshot and in constant memory, and names the first break of
//! each [`Rule`]. It judges rows as they are, so it believes nothing that it could count itself:
//! sequences, sums, balances, counters, chains, periods, documents against postings and events, the search
//! index against the records.
//!
//! What is *not* here: mending. Nothing is written.

mod audit;
mod chains;
mod documents;
mod dunning;
mod fingerprint;
mod history;
mod index;
mod money;
mod notes;
mod periods;
mod refunds;
mod report;
mod reports;
mod revenue;
mod tenants;
mod transfers;
mod usage;

pub use self::{
    audit::{Depth, verify},
    report::{Break, Counted, Report, Rule},
};
