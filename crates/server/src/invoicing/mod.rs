//! Billing records and the invoices they stand for: written, listed, searched.
//!
//! Other rooms bill through a [`Ground`]: they load it, issue on it, and save it. What is *not*
//! here: why something is billed, and who may say that it was paid.

pub mod api;
mod asking;
mod credit;
mod detail;
mod document;
mod dunned;
mod events;
mod exported;
mod ground;
mod issued;
mod listed;
mod months;
mod notes;
mod open;
mod parties;
mod records;
mod search;
mod settlement;
mod store;
mod tabled;
mod view;
mod void;
mod whose;

pub use self::{
    detail::{
        Detail, DetailLine, InvoiceView, NoteDetail, find as invoice_detail,
        find_note as note_detail, load as invoice_details,
    },
    document::{Bill, Ground, Payment, Subscribed},
    dunned::{
        DunningDue, Unpaid, due as dunning_due, failing as failing_invoices,
        failing_of_subscription, first_due as first_dunning_due, look_again, save as save_dunning,
        unpaid_of_subscriptions,
    },
    exported::{export as export_records, newest as newest_record},
    ground::GroundOf,
    issued::Issued,
    notes::{
        ChangeDocuments, NoteCause, NoteReason, NoteRow, NoteView, Notes, Refunded, StandingNote,
        export_notes, hide_note, note_page, note_row, note_view,
    },
    open::{
        Found as FoundInvoice, by_number as invoice, of_subscription as open_invoices, save_invoice,
    },
    parties::read_buyer,
    records::{LineRow, RecordRow},
    search::{CHUNK_PAGES, Searches, places_between as record_places},
    settlement::{record_view, save as save_settlement},
    store::{
        AppSpend, BilledRow, Spending, add_spending, app_spend, billed_lines, billed_periods,
        extent,
    },
    view::{LineView, RecordView},
    whose::{FoundOf, invoice_of, note_of, number_of_record, record_of},
};

pub(crate) use self::{
    detail::{InvoiceBody, InvoiceList},
    notes::{NoteBody, NoteList},
    view::RecordBody,
};
