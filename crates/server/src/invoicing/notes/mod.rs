//! Issuing and cancelling credit notes.
//!
//! A command loads a tenant's [`Notes`] beside its [`Ground`](super::Ground), takes back of its
//! invoices as often as it must, and saves both. What is *not* here: why something is taken back.

mod cancel;
mod issue;
mod shown;
mod store;
mod view;

use std::sync::Arc;

use countinghouse_core::{
    calendar::{Instant, Month, Zone},
    id::{RefundId, SubscriptionId},
    invoicing::{CreditNote, Invoice, InvoiceNumber, InvoiceStatus, NoteNumber, RecordStatus},
    ledger::{Account, InvoiceParts, Left, NoteParts, Served, Service, TakenBack},
    money::Amount,
};

use super::{
    open, settlement,
    store::{Spending, add_spending},
};
use crate::db::{Error, Tx};

pub use self::{
    cancel::{ChangeDocuments, StandingNote},
    issue::Refunded,
    shown::{export_notes, note_page, note_row, note_view},
    store::{NoteRow, hide as hide_note},
    view::NoteView,
};

pub(super) use self::store::tenants_of_note;

pub(crate) use self::view::{NoteBody, NoteList};

/// How many of a subscription's invoices are looked at for what can be taken back.
const INVOICES_MAX: i64 = 512;

/// Why a note is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteReason {
    /// A change of plan or cycle gives back more than it asks for.
    Proration,
    /// A subscription ended before its period did.
    Cancellation,
    /// A change that was paid was undone.
    Rollback,
    /// Somebody asked for it.
    Requested,
    /// A refund was paid out.
    Refund,
}

/// What a note belongs to: a version of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteCause {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its version after what caused the note.
    pub version: i64,
    /// Why.
    pub reason: NoteReason,
}

/// Where a note comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// A change of a subscription.
    Change(NoteCause),
    /// Somebody who asked for it, in their words.
    Asked(Arc<str>),
    /// A refund that was paid out of an account, for a reason in words.
    Refund { id: RefundId, from: Account, words: Arc<str> },
}

/// An invoice that notes may take back of.
#[derive(Clone, Debug)]
struct Creditable {
    invoice: Invoice,
    record_seq: i64,
    /// What it billed.
    billed: store::Billed,
    /// What notes that stand took back of it.
    taken: store::Taken,
    was_open: bool,
    was_refunded: bool,
    is_changed: bool,
}

/// A note with its invoice, as it is stored.
#[derive(Clone, Debug)]
struct Stored {
    note: CreditNote,
    invoice: InvoiceNumber,
    reason: NoteReason,
}

/// A note that was issued.
#[derive(Clone, Debug)]
struct IssuedNote {
    origin: Origin,
    invoice: InvoiceNumber,
    subscription: Option<SubscriptionId>,
    note: CreditNote,
    /// The tenant's, which the year of its number is of.
    zone: Zone,
}

/// The notes of a tenant: what they may take back of, and what was issued and cancelled.
#[derive(Debug)]
pub struct Notes {
    /// The invoices that it was loaded for, those of a subscription newest first.
    invoices: Vec<Creditable>,
    last: store::Last,
    issued: Vec<IssuedNote>,
    cancelled: Vec<(NoteNumber, Instant)>,
}

impl Notes {
    /// Loads what notes on the invoices of a subscription rest on. The tenant is locked.
    pub async fn load(
        tx: &mut Tx,
        tenant: &str,
        subscription: SubscriptionId,
    ) -> Result<Self, Error> {
        let found = open::creditable(tx, tenant, subscription, INVOICES_MAX).await?;
        Self::of(tx, tenant, found).await
    }

    /// The same for notes on one invoice, whatever it is for; nothing if there is none of that number.
    pub async fn load_of_invoice(
        tx: &mut Tx,
        tenant: &str,
        number: InvoiceNumber,
    ) -> Result<Option<Self>, Error> {
        let Some(found) = open::by_number(tx, tenant, number).await? else { return Ok(None) };
        Self::of(tx, tenant, vec![found]).await.map(Some)
    }

    async fn of(tx: &mut Tx, tenant: &str, found: Vec<open::Found>) -> Result<Self, Error> {
        let records: Vec<i64> = found.iter().map(|(_, record)| *record).collect();
        let mut billed = store::billed(tx, tenant, records).await?;
        let noted = found.iter().filter(|(it, _)| it.due.uncredited() < it.due.total);
        let mut taken = store::taken(tx, tenant, noted.map(|(it, _)| it.number)).await?;
        let creditable = |(invoice, record_seq): open::Found| {
            let billed = billed.remove(&record_seq).unwrap_or_default();
            let taken = taken.remove(&invoice.number).unwrap_or_default();
            let (was_open, is_changed) = (invoice.is_open(), false);
            let was_refunded = invoice.status == InvoiceStatus::Refunded;
            Creditable { invoice, record_seq, billed, taken, was_open, was_refunded, is_changed }
        };
        let invoices = found.into_iter().map(creditable).collect();
        let last = store::last(tx, tenant).await?;
        Ok(Self { invoices, last, issued: Vec::new(), cancelled: Vec::new() })
    }

    /// The invoice of that number, as it is now, if it was loaded.
    pub fn invoice(&self, number: InvoiceNumber) -> Option<&Invoice> {
        self.invoices.iter().map(|it| &it.invoice).find(|it| it.number == number)
    }

    /// Writes the notes, and what they did to invoices and their records.
    pub async fn save(self, tx: &mut Tx, tenant: &str) -> Result<(), Error> {
        if !self.issued.is_empty() {
            self.last.save(tx, tenant).await?;
            store::insert(tx, tenant, self.last.seq, &self.issued, &self.invoices).await?;
        }
        for it in self.issued.iter().filter(|it| it.note.paid_out.is_positive()) {
            if let Some(place) = self.place(it.invoice) {
                let (seq, paid_out) = (self.invoices[place].record_seq, it.note.paid_out);
                add_spending(tx, tenant, seq, Spending::Refunded(paid_out)).await?;
            }
        }
        for (number, at) in &self.cancelled {
            store::cancel(tx, tenant, *number, *at).await?;
        }
        for it in self.invoices.iter().filter(|it| it.is_changed) {
            open::save(tx, tenant, &it.invoice, None).await?;
            if let Some(status) = it.record_status() {
                settlement::set_status(tx, tenant, it.record_seq, status).await?;
            }
        }
        Ok(())
    }

    /// The number of the note that was issued last, if one was.
    pub fn issued(&self) -> Option<NoteNumber> {
        self.issued.last().map(|it| it.note.number)
    }

    /// The invoices that were open, and of which nothing is due any more.
    pub fn concluded(&self) -> impl Iterator<Item = InvoiceNumber> + '_ {
        let concluded = self.invoices.iter().filter(|it| it.was_open && !it.invoice.is_open());
        concluded.map(|it| it.invoice.number)
    }

    /// The invoices that are open again, and had failed before.
    pub fn failing_again(&self) -> impl Iterator<Item = InvoiceNumber> + '_ {
        let again = self.invoices.iter().filter(|it| !it.was_open && it.invoice.is_failing());
        again.map(|it| it.invoice.number)
    }

    /// The place of the invoice of that number among those that were loaded.
    fn place(&self, number: InvoiceNumber) -> Option<usize> {
        self.invoices.iter().position(|it| it.invoice.number == number)
    }
}

impl Creditable {
    /// Where its record stands, if that is another place than before.
    fn record_status(&self) -> Option<RecordStatus> {
        match self.invoice.status {
            InvoiceStatus::Paid => {
                (self.was_open || self.was_refunded).then_some(RecordStatus::Paid)
            }
            InvoiceStatus::Void => Some(RecordStatus::Void),
            InvoiceStatus::Refunded => Some(RecordStatus::Refunded),
            InvoiceStatus::Issued | InvoiceStatus::Overdue => {
                (!self.was_open).then_some(RecordStatus::Pending)
            }
        }
    }

    /// What it posted; `zone` is the tenant's.
    fn posted(&self, zone: &Zone) -> InvoiceParts {
        let parts = self.billed.parts.iter();
        let tax = parts.clone().map(|part| part.tax.units()).sum();
        let net = parts.map(|part| part.net.units()).sum();
        let (pieces, usage) = if self.billed.is_usage {
            (Vec::new(), Amount::from_units(net))
        } else {
            (self.billed.served.clone(), Amount::ZERO)
        };
        InvoiceParts {
            deferred: Served { pieces, zone: zone.clone() },
            usage,
            tax: Amount::from_units(tax),
        }
    }

    /// What a note of so much net takes that no days are given for: of what each month earns, its
    /// part of what is left of that. `at` is now.
    fn part(&self, net: Amount, at: Instant, zone: &Zone) -> TakenBack {
        let (billed, open) = (&self.billed, Month::at(at, zone));
        if billed.is_usage {
            return TakenBack::earned_at_once(Service::on(open.first_day(), net));
        }
        let (currency, mut left) = (self.invoice.due.currency, Left::default());
        left.add(&billed.served, billed.opened, currency);
        for (piece, noted_at) in &self.taken.unearned {
            left.take(&[*piece], Some(Month::at(*noted_at, zone)), currency);
        }
        left.take(&self.taken.earned, None, currency);
        left.part(net, open, currency)
    }
}

impl NoteReason {
    /// Every reason.
    const ALL: [Self; 5] =
        [Self::Proration, Self::Cancellation, Self::Rollback, Self::Requested, Self::Refund];

    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proration => "proration",
            Self::Cancellation => "cancellation",
            Self::Rollback => "rollback",
            Self::Requested => "requested",
            Self::Refund => "refund",
        }
    }

    /// The reason of that name.
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// What people read where nobody said anything.
    const fn words(self) -> &'static str {
        match self {
            Self::Proration => "Change of plan",
            Self::Cancellation => "Cancellation",
            Self::Rollback => "Change of plan undone",
            Self::Requested | Self::Refund => "",
        }
    }
}

impl Origin {
    fn reason(&self) -> NoteReason {
        match self {
            Self::Change(cause) => cause.reason,
            Self::Asked(_) => NoteReason::Requested,
            Self::Refund { .. } => NoteReason::Refund,
        }
    }
}

/// What a note posts. What was not earned yet is taken off what is deferred: of months that are
/// closed, the open one gives it back.
fn posted(note: &CreditNote, zone: &Zone) -> NoteParts {
    let unearned = Served { pieces: note.served.clone(), zone: zone.clone() };
    let earned = note.earned.iter().map(|piece| piece.net().units()).sum();
    NoteParts {
        unearned,
        earned: Amount::from_units(earned),
        tax: note.tax(),
        returned: note.returned,
    }
}
