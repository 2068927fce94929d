//! Reports: what months earn, a tenant in a few figures, taxes by rate and document.
//!
//! What is read here is kept beside what it sums up (`ledger`, `invoicing`, `metering`), so an answer
//! costs the same however much there is. Only a tax export reads documents, and is streamed. What is
//! *not* here: keeping those sums, which is done where money moves, and comparing them (`books`).

pub mod api;
mod revenue;
mod statistics;
mod tax;

pub use self::tax::Downloads;
