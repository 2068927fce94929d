//! Taxes by rate and document: asked for, listed, downloaded.
//!
//! What is kept of an export is of which days it is, as of when, and how far the tenant's records and
//! notes were. A download is made again from that, so it says the same whenever it is fetched: an invoice counts when it is issued, and what is
//! withdrawn or noted counts the other way when *that* happens. Nothing that is over ever changes.

mod address;
pub(super) mod api;
mod ask;
mod cells;
mod document;
mod export;
mod list;
mod places;
mod sheet;
mod store;
mod texts;
mod view;

pub use self::places::Downloads;
