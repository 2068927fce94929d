//! Issuing and cancelling credit notes.
//!
//! A command loads a tenant's [`Notes`] beside its [`Ground`], takes back of its invoices as often
//! as it must, and saves both. What is *not* here: why something is taken back.

mod store;

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::{Instant, Zone, date_of},
    id::{CreditTransactionId, SubscriptionId},
    invoicing::{
        CreditNote, Draft, Due, Invoice, InvoiceNumber, InvoiceStatus, NoteNumber, RatePart,
        RecordStatus, note_parts,
    },
    ledger::{
        CreditView, InvoiceParts, NoteParts, Served, Service, Source, note_cancelled, note_issued,
        part_of,
    },
    money::Amount,
};

use super::{document::Ground, events, open, settlement};
use crate::{
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
};

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

/// An invoice that notes may take back of.
#[derive(Clone, Debug)]
pub(super) struct Creditable {
    pub(super) invoice: Invoice,
    pub(super) record_seq: i64,
    /// What it billed, by rate.
    pub(super) parts: Vec<RatePart>,
    /// The days over which that is earned.
    pub(super) served: Vec<Service>,
    was_open: bool,
    is_changed: bool,
}

/// A note with its invoice, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) note: CreditNote,
    pub(super) invoice: InvoiceNumber,
}

/// The notes of a tenant: what they may take back of, and what was issued and cancelled.
#[derive(Debug)]
pub struct Notes {
    /// The invoices of the subscription, newest first.
    invoices: Vec<Creditable>,
    last: store::Last,
    issued: Vec<(NoteCause, InvoiceNumber, CreditNote)>,
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

    async fn of(tx: &mut Tx, tenant: &str, found: Vec<open::Found>) -> Result<Self, Error> {
        let records: Vec<i64> = found.iter().map(|(_, record)| *record).collect();
        let mut billed = store::billed(tx, tenant, records).await?;
        let creditable = |(invoice, record_seq): open::Found| {
            let store::Billed { parts, served } = billed.remove(&record_seq).unwrap_or_default();
            let was_open = invoice.is_open();
            Creditable { invoice, record_seq, parts, served, was_open, is_changed: false }
        };
        let invoices = found.into_iter().map(creditable).collect();
        let last = store::last(tx, tenant).await?;
        Ok(Self { invoices, last, issued: Vec::new(), cancelled: Vec::new() })
    }

    /// Takes back what a draft comes to, which is below nothing, of the subscription's invoices,
    /// newest first, what is due before what was paid: a note on each that it takes. It was to be
    /// earned over the days of the draft's lines. Gives the credit transaction, if some of it had
    /// been paid.
    pub fn take_back(
        &mut self,
        ground: &mut Ground,
        draft: &Draft,
        cause: NoteCause,
        env: &Env,
    ) -> Result<Option<CreditTransactionId>, ApiError> {
        let at = ground.at(env);
        let lines = draft.lines.iter();
        let served = lines.map(|line| line.served(at, &ground.profile.zone).reversed());
        let served: Vec<Service> = served.collect();
        let mut left = less(Amount::ZERO, draft.total);
        let mut parts = vec![Amount::ZERO; self.invoices.len()];
        // First what is due on any of them; only then what had been paid.
        for of in [Due::amount, Due::uncredited] {
            for (part, it) in parts.iter_mut().zip(&self.invoices) {
                let more = left.min(less(of(&it.invoice.due), *part));
                *part = Amount::from_units(part.units() + more.units());
                left = less(left, more);
            }
        }
        if left.is_positive() {
            return Err(ApiError::internal(format!("{left} more is given back than was billed")));
        }
        let mut credited = None;
        for (place, part) in parts.into_iter().enumerate().filter(|(_, part)| part.is_positive()) {
            let transaction = self.issue(ground, place, (part, &served), cause, env)?;
            credited = credited.or(transaction);
        }
        Ok(credited)
    }

    /// Issues a note of `amount` on the invoice at a place. Its net is its part of what was to be
    /// earned by `served`.
    fn issue(
        &mut self,
        ground: &mut Ground,
        place: usize,
        (amount, served): (Amount, &[Service]),
        cause: NoteCause,
        env: &Env,
    ) -> Result<Option<CreditTransactionId>, ApiError> {
        let at = ground.at(env);
        let number = self.last.next(date_of(at, &ground.profile.zone).year());
        let it = &mut self.invoices[place];
        let (due, before) =
            (it.invoice.due, it.invoice.due.noted.checked_add(it.invoice.due.returned));
        let noted =
            it.invoice.note(amount, at).map_err(|error| ApiError::Conflict(error.to_string()))?;
        let parts = before.and_then(|before| note_parts(&it.parts, before, amount, due.currency));
        let parts =
            parts.ok_or_else(|| ApiError::internal("an invoice has less than its total"))?;
        let (lowered, returned) = (noted.lowered, noted.returned);
        let net = Amount::from_units(parts.iter().map(|part| part.net.units()).sum());
        let served = part_of(served, net, due.currency);
        let note = CreditNote { number, parts, served, lowered, returned, issued_at: at };
        let parts = posted(&note, &ground.profile.zone);
        let posting = note_issued(&format!("cn:{number}"), &parts, view(cause, &note));
        let posting = posting.map_err(ApiError::internal)?;
        let transaction = ground.post(at, due.currency, &posting, env)?;
        ground.tell(cause.subscription, events::note_issued(&note, &noted.invoice), at, env);
        if it.invoice.is_open() && !noted.invoice.is_open() {
            ground.tell(cause.subscription, events::invoice_paid(&noted.invoice), at, env);
        }
        ground.correct_request((&it.invoice, &noted.invoice), at, env);
        (it.invoice, it.is_changed) = (noted.invoice, true);
        self.issued.push((cause, it.invoice.number, note));
        Ok(transaction)
    }

    /// Cancels a note: what it lowered is due again, and the credit that it gave is taken back. It
    /// is a conflict where that was spent, or the invoice was paid since.
    fn cancel(
        &mut self,
        ground: &mut Ground,
        stored: &Stored,
        cause: NoteCause,
        env: &Env,
    ) -> Result<(), ApiError> {
        let at = ground.at(env);
        let note = &stored.note;
        let it =
            self.find(stored.invoice).ok_or_else(|| ApiError::internal("a note is on nothing"))?;
        let without = it
            .invoice
            .without_note(note, at)
            .map_err(|error| ApiError::Conflict(error.to_string()))?;
        let cause_id = format!("cn:{}:cancel", note.number);
        let parts = posted(note, &ground.profile.zone);
        let posting = note_cancelled(&cause_id, &parts, view(cause, note));
        let currency = it.invoice.due.currency;
        ground.post(at, currency, &posting.map_err(ApiError::internal)?, env)?;
        ground.tell(cause.subscription, events::note_cancelled(note, &without), at, env);
        ground.correct_request((&it.invoice, &without), at, env);
        (it.invoice, it.is_changed) = (without, true);
        self.cancelled.push((note.number, at));
        Ok(())
    }

    /// Undoes the documents of a change: its notes are cancelled; its invoice is voided if it is
    /// open, and given back as credit if it was paid.
    pub fn undo(
        &mut self,
        ground: &mut Ground,
        documents: &ChangeDocuments,
        cause: NoteCause,
        env: &Env,
    ) -> Result<(), ApiError> {
        for note in &documents.notes {
            self.cancel(ground, note, cause, env)?;
        }
        let Some(number) = documents.invoice else { return Ok(()) };
        let place = self.invoices.iter().position(|it| it.invoice.number == number);
        let place = place.ok_or_else(|| ApiError::internal("a change has no invoice"))?;
        let it = &self.invoices[place];
        let left = it.invoice.due.uncredited();
        if it.invoice.status == InvoiceStatus::Paid && left.is_positive() {
            let served = it.served.clone();
            self.issue(ground, place, (left, &served), cause, env)?;
        } else if it.invoice.is_open() {
            if it.invoice.due.noted.is_positive() {
                let why = "a credit note was issued on the invoice of the change";
                return Err(ApiError::Conflict(why.to_owned()));
            }
            let parts = it.billed(&ground.profile.zone);
            let void = ground.void(&it.invoice, &parts, env)?;
            let it = &mut self.invoices[place];
            (it.invoice, it.is_changed) = (void, true);
        }
        Ok(())
    }

    /// Writes the notes, and what they did to invoices and their records.
    pub async fn save(self, tx: &mut Tx, tenant: &str) -> Result<(), Error> {
        if !self.issued.is_empty() {
            self.last.save(tx, tenant).await?;
            store::insert(tx, tenant, self.last.seq, &self.issued, &self.invoices).await?;
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

    fn find(&mut self, number: InvoiceNumber) -> Option<&mut Creditable> {
        self.invoices.iter_mut().find(|it| it.invoice.number == number)
    }
}

impl Creditable {
    /// Where its record stands, if that is another place than before.
    fn record_status(&self) -> Option<RecordStatus> {
        match self.invoice.status {
            InvoiceStatus::Paid => self.was_open.then_some(RecordStatus::Paid),
            InvoiceStatus::Void => Some(RecordStatus::Void),
            _ => (!self.was_open).then_some(RecordStatus::Pending),
        }
    }

    /// What it posted; `zone` is the tenant's.
    fn billed(&self, zone: &Zone) -> InvoiceParts {
        let tax = self.parts.iter().map(|part| part.tax.units()).sum();
        InvoiceParts {
            deferred: Served { pieces: self.served.clone(), zone: zone.clone() },
            usage: Amount::ZERO,
            tax: Amount::from_units(tax),
        }
    }
}

/// The documents that a change of a subscription made.
#[derive(Clone, Debug, Default)]
pub struct ChangeDocuments {
    invoice: Option<InvoiceNumber>,
    notes: Vec<Stored>,
}

impl ChangeDocuments {
    /// Loads the documents of the change that made `version` of a subscription, and what can be
    /// taken back of them.
    pub async fn load(
        tx: &mut Tx,
        tenant: &str,
        (subscription, version): (SubscriptionId, i64),
        invoice: Option<InvoiceNumber>,
    ) -> Result<(Self, Notes), Error> {
        let notes = store::of_change(tx, tenant, subscription, version).await?;
        let mut numbers: BTreeSet<InvoiceNumber> = notes.iter().map(|it| it.invoice).collect();
        numbers.extend(invoice);
        let mut found = Vec::new();
        for number in numbers {
            found.extend(open::by_number(tx, tenant, number).await?);
        }
        let creditable = Notes::of(tx, tenant, found).await?;
        Ok((Self { invoice, notes }, creditable))
    }
}

impl NoteReason {
    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proration => "proration",
            Self::Cancellation => "cancellation",
            Self::Rollback => "rollback",
        }
    }
}

fn less(amount: Amount, other: Amount) -> Amount {
    Amount::from_units(amount.units() - other.units())
}

/// What a note posts. All of it is taken off what is deferred: of months that are closed, the open
/// one gives it back.
fn posted(note: &CreditNote, zone: &Zone) -> NoteParts {
    let unearned = Served { pieces: note.served.clone(), zone: zone.clone() };
    let (tax, returned) = (note.tax(), note.returned);
    NoteParts { unearned, earned: Amount::ZERO, tax, returned }
}

/// What the tenant is shown of the credit.
fn view(cause: NoteCause, note: &CreditNote) -> CreditView {
    let source_id = Some(cause.subscription.to_string().into());
    CreditView {
        source: Source::Proration,
        source_id,
        remark: Some(note.number.to_string().into()),
    }
}
