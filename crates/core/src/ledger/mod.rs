//! The ledger: where a tenant's money is, by double entry.
//!
//! A [`Transfer`] debits one [`Account`] and credits another by the same amount, so no set of
//! transfers can be out of balance. Transfers are made only by a closed list of typed functions,
//! one a posting kind (see [`KINDS`]), and enter a tenant's [`Book`] through [`Book::post`], the
//! one place that refuses: another currency, credit that isn't there, totals beyond counting.
//!
//! ```
//! # use countinghouse_core::{calendar::Instant, money::{Amount, Currency}};
//! # use countinghouse_core::ledger::{Book, CreditView, Source, credit_granted};
//! let now = Instant::parse("2026-04-01T00:00:00Z").unwrap();
//! let gift = CreditView { source: Source::Promo, source_id: None, remark: None };
//! let posting = credit_granted("adj_1", Amount::from_major(50), gift).unwrap();
//!
//! let mut book = Book::default();
//! let entries = book.post(now, Currency::CNY, &posting).unwrap();
//!
//! assert_eq!(entries[0].seq, 1);
//! assert_eq!(book.credit_balance(), Amount::from_major(50));
//! ```
//!
//! # Invariants
//!
//! - The debits of all accounts sum to their credits.
//! - The balance of `credit` is the sum of its signed amounts, and never below zero.
//! - The balance of `deferred_revenue` is the sum of the [`Schedule`], the months that will earn it.
//! - `seq`, `credit_seq` and the sequence of each source are dense, and time never runs backwards.
//!
//! Not in here: that the same cause posts once, which the store's unique key keeps, and anything
//! about invoices or payments beyond the accounts that they touch.

mod account;
mod book;
mod kinds;
mod left;
mod posting;
mod schedule;
mod service;
mod source;
mod transfer;

pub use account::{Account, NotAnAccount, Side};
pub use book::{Book, BookState, ClosedMonth, CreditEntry, Entry, NotABook, PostError};
pub use kinds::{KINDS, KindRow, PostingKind, kinds_table_markdown};
pub use left::{Left, TakenBack};
pub use posting::{
    CreditView, InvoiceParts, NegativeAmount, NoteParts, Posting, credit_granted, credit_returned,
    credit_taken_back, credit_used, invoice_issued, invoice_voided, money_received,
    money_received_late, note_cancelled, note_issued, refund_paid,
};
pub use schedule::{NotASchedule, Schedule};
pub use service::{SERVICE_DAYS_MAX, Served, Service, part_of};
pub use source::{NotASource, Source};
pub use transfer::{NotATransfer, Transfer};
