//! What administrators correct: credit notes over what was billed, and documents that are withdrawn.
//!
//! What is *not* here: what a note takes back and posts ([`invoicing`](crate::invoicing)), and notes
//! that changes of a subscription make by themselves.

pub mod api;
mod ask;
mod footing;
mod note;
mod withdraw;
