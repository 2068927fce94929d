//! Billing records and the invoices they stand for: written, listed, searched.
//!
//! Other rooms bill through a [`Ground`]: they load it, issue on it, and save it. What is *not*
//! here: why something is billed, and who may say that it was paid.

pub mod api;
mod asking;
mod credit;
mod document;
mod dunned;
mod events;
mod exported;
mod ground;
mod issued;
mod months;
mod notes;
mod open;
mod records;
mod search;
mod settlement;
mod store;
mod view;
mod void;

pub use self::{
    document::{Bill, Ground, Payment},
    dunned::{
        DunningDue, Unpaid, due as dunning_due, failing as failing_invoices,
        failing_of_subscription, first_due as first_dunning_due, look_again, save as save_dunning,
        unpaid_of_subscriptions,
    },
    exported::{export as export_records, newest as newest_record},
    ground::GroundOf,
    issued::Issued,
    notes::{ChangeDocuments, NoteCause, NoteReason, Notes},
    open::{Found as FoundInvoice, by_number as invoice, of_subscription as open_invoices},
    records::{LineRow, RecordRow},
    search::{CHUNK_PAGES, Searches, places_between as record_places},
    settlement::{record_view, save as save_settlement},
    store::{
        AppSpend, BilledRow, Spending, add_spending, app_spend, billed_lines, billed_periods,
        extent,
    },
    view::{LineView, RecordView},
};

pub(crate) use self::view::RecordBody;
