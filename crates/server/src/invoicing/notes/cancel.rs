//! Cancelling notes, and taking documents back altogether.

use std::collections::BTreeSet;

use countinghouse_core::{
    id::SubscriptionId,
    invoicing::{InvoiceNumber, InvoiceStatus, NoteNumber},
    ledger::note_cancelled,
};

use super::{
    NoteCause, Notes, Origin, Stored,
    issue::{Taking, view},
    posted, store,
};
use crate::{
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    invoicing::{document::Ground, events, open},
};

/// The documents that a change of a subscription made.
#[derive(Clone, Debug, Default)]
pub struct ChangeDocuments {
    invoice: Option<InvoiceNumber>,
    notes: Vec<Stored>,
}

/// A note that stands, as it is stored.
#[derive(Clone, Debug)]
pub struct StandingNote(Stored);

impl Notes {
    /// Loads a note, and what cancelling it rests on; nothing where there is none of that number that
    /// stands.
    pub async fn load_note(
        tx: &mut Tx,
        tenant: &str,
        number: NoteNumber,
    ) -> Result<Option<(Self, StandingNote)>, Error> {
        let Some(stored) = store::by_number(tx, tenant, number).await? else { return Ok(None) };
        let notes = Self::load_of_invoice(tx, tenant, stored.invoice).await?;
        Ok(notes.map(|notes| (notes, StandingNote(stored))))
    }

    /// Cancels a note that stands.
    pub fn cancel_note(
        &mut self,
        ground: &mut Ground,
        note: &StandingNote,
        env: &Env,
    ) -> Result<(), ApiError> {
        self.cancel(ground, &note.0, env)
    }

    /// Cancels a note: what it lowered is due again, and the credit that it gave is taken back. It
    /// is a conflict where that was spent, or the invoice was paid since.
    fn cancel(&mut self, ground: &mut Ground, stored: &Stored, env: &Env) -> Result<(), ApiError> {
        let at = ground.at(env);
        let note = &stored.note;
        let place = self.place(stored.invoice);
        let it = &self.invoices[place.ok_or_else(|| ApiError::internal("a note is on nothing"))?];
        let without = it.invoice.without_note(note, at);
        let without = without.map_err(|error| ApiError::Conflict(error.to_string()))?;
        let cause_id = format!("cn:{}:cancel", note.number);
        let parts = posted(note, &ground.profile.zone);
        let posting = note_cancelled(&cause_id, &parts, view(stored.reason, it, note));
        let currency = it.invoice.due.currency;
        ground.post(at, currency, &posting.map_err(ApiError::internal)?, env)?;
        if let Some(subscription) = it.invoice.subscription {
            ground.tell(subscription, events::note_cancelled(note, &without), at, env);
        }
        ground.correct_request((&it.invoice, &without), at, env);
        if let Some(it) = place.and_then(|place| self.invoices.get_mut(place)) {
            it.taken.give_back(note);
            (it.invoice, it.is_changed) = (without, true);
        }
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
            self.cancel(ground, note, env)?;
        }
        let Some(number) = documents.invoice else { return Ok(()) };
        let place = self.place(number);
        let place = place.ok_or_else(|| ApiError::internal("a change has no invoice"))?;
        let it = &self.invoices[place];
        let left = it.invoice.due.uncredited();
        if it.invoice.status == InvoiceStatus::Paid && left.is_positive() {
            let served = it.billed.served.clone();
            let taking = Taking { amount: left, served: Some(&served) };
            self.issue(ground, place, taking, Origin::Change(cause), env)?;
        } else if it.invoice.is_open() {
            self.withdraw(ground, number, env)?;
        }
        Ok(())
    }

    /// Withdraws an invoice that is open: what its issue posted is posted back, the credit that had
    /// paid a part of it returns, and its number stays. It is a conflict where it is not open, or a
    /// note stands on it.
    pub fn withdraw(
        &mut self,
        ground: &mut Ground,
        number: InvoiceNumber,
        env: &Env,
    ) -> Result<(), ApiError> {
        let place = self.place(number);
        let place = place.ok_or_else(|| ApiError::internal("there is no such invoice"))?;
        let it = &self.invoices[place];
        // What a note gave back as credit came out of what the issue had posted, too.
        let [noted, returned] = [it.invoice.due.noted, it.invoice.due.returned];
        if it.invoice.is_open() && (noted.is_positive() || returned.is_positive()) {
            let why = "a credit note stands on the invoice; cancel that first";
            return Err(ApiError::Conflict(why.to_owned()));
        }
        let parts = it.posted(&ground.profile.zone);
        let void = ground.void(&it.invoice, &parts, env)?;
        let it = &mut self.invoices[place];
        (it.invoice, it.is_changed) = (void, true);
        Ok(())
    }
}

impl StandingNote {
    /// The invoice that it takes back of.
    pub const fn invoice(&self) -> InvoiceNumber {
        self.0.invoice
    }
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
