//! Everything that verifying reads, in the order in which it is judged.

mod chains;
mod documents;
mod index;
mod tenants;
mod transfers;

pub(super) use self::{
    chains::{EventRow, IssuedRow, events, heads, issued_after},
    documents::{
        InvoiceLine, InvoiceRow, PostedRow, RecordRow, counters, invoices, lines, next_place,
        postings, records, series,
    },
    index::{ChunkRow, chunk, chunks, pages, status_blocks},
    tenants::{not_entered, page as tenants, size},
    transfers::{TransferRow, posted_twice, transfers},
};
