//! Closing months: what their days earned becomes revenue, once a month that is over.
//!
//! A book knows when its first month is to be closed; whoever comes by closes it, one month after
//! the other. Postings that were decided meanwhile change no amount.

mod close;
mod run;
mod store;

use countinghouse_core::calendar::Zone;

pub use self::{close::CloseMonth, run::ClosingRun};
use super::{Book, NewEntry};
use crate::{env::Env, http::problem::ApiError};

/// Closes the months of a book that are over in its zone now, and gives what that entered.
pub fn close_months(book: &mut Book, zone: &Zone, env: &Env) -> Result<Vec<NewEntry>, ApiError> {
    let mut entries = Vec::new();
    while let Some(closed) = book.close_month(env.now(), zone)? {
        entries.extend(closed.entries.into_iter().map(|entry| NewEntry::new(entry, env)));
    }
    Ok(entries)
}

/// Lets months end as they do in another zone: those that are over in the one before are closed,
/// and none of them is opened again. Gives what that entered.
pub fn move_to_zone(
    book: &mut Book,
    (from, to): (&Zone, &Zone),
    env: &Env,
) -> Result<Vec<NewEntry>, ApiError> {
    let entries = close_months(book, from, env)?;
    book.move_to(to);
    Ok(entries)
}
