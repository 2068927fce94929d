//! Refunds by four eyes: one administrator asks, another agrees, and the wallet pays once.
//!
//! | step | what is committed |
//! |---|---|
//! | asked for | the amount is held, so that nothing else takes it of the invoice |
//! | approved | – |
//! | executed | `executing`, before the wallet is called; the key of the call is the refund's own |
//! | paid | `completed`, with what the wallet calls it and a credit note over the amount |
//!
//! Whatever breaks between the last two, the call is repeated under the same key, by whoever executes
//! it again and by the scheduler, until the wallet has said that it paid. No transaction is open
//! meanwhile.

pub mod api;
mod approval;
mod ask;
mod due;
mod execute;
mod exported;
mod list;
mod payouts;
mod run;
mod store;
mod view;
mod wallet;

pub use self::{exported::export, payouts::Payouts, run::RefundRun, view::ApprovalView};
