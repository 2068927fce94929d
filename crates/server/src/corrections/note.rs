//! Issuing a credit note, voiding it, and hiding what was voided.

use axum::http::StatusCode;
use bytes::Bytes;
use countinghouse_core::{
    calendar::Instant,
    id::TenantId,
    invoicing::{InvoiceNumber, NoteNumber},
    money::Amount,
};

use super::footing::Footing;
use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::{envelope, problem::ApiError},
    invoicing::{self, NoteRow, NoteView, Notes, StandingNote},
    ledger,
};

/// Takes back a part of an invoice.
#[derive(Clone, Debug)]
pub(super) struct IssueNote {
    /// Whose.
    pub(super) tenant: TenantId,
    /// The invoice.
    pub(super) invoice: InvoiceNumber,
    /// How much, tax included.
    pub(super) amount: Amount,
    /// Why, in words.
    pub(super) reason: String,
}

/// Voids a credit note.
#[derive(Clone, Debug)]
pub(super) struct CancelNote {
    /// Whose.
    pub(super) tenant: TenantId,
    /// The note.
    pub(super) number: NoteNumber,
}

/// What there is of a note that is to be voided.
#[derive(Debug)]
pub(super) enum Found {
    /// None of that number, or a hidden one.
    Nothing,
    /// One that is voided.
    Cancelled,
    /// One that stands, and what voiding it rests on.
    Stands(Box<Footing>, StandingNote),
}

/// Takes a voided credit note out of lists.
#[derive(Clone, Debug)]
pub(super) struct HideNote {
    /// Whose.
    pub(super) tenant: TenantId,
    /// The note.
    pub(super) number: NoteNumber,
}

impl Command for IssueNote {
    type Facts = Option<Footing>;
    type Decision = Footing;
    type Data = NoteView;
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<Footing>, Error> {
        Footing::load(tx, &self.tenant, self.invoice).await
    }

    fn decide(&self, footing: Option<Footing>, env: &Env) -> Result<Footing, ApiError> {
        let none = || ApiError::NotFound { kind: "invoice", id: self.invoice.to_string() };
        let mut footing = footing.ok_or_else(none)?;
        let invoice = footing.notes.invoice(self.invoice).ok_or_else(none)?;
        ledger::refuse_currency(invoice.due.currency, None, self.amount)?;
        let Footing { notes, ground, .. } = &mut footing;
        notes.ask(ground, (self.invoice, self.amount), &self.reason, env)?;
        footing.heed(env)?;
        Ok(footing)
    }

    async fn save(&self, footing: Footing, tx: &mut Tx) -> Result<NoteView, Error> {
        let number = footing.notes.issued();
        footing.save(tx, &self.tenant).await?;
        let missing = || Error::corrupt("credit_note", &self.invoice.to_string(), "number");
        let number = number.ok_or_else(missing)?;
        let view = invoicing::note_view(tx, self.tenant(), number).await?;
        view.ok_or_else(missing)
    }
}

impl Command for CancelNote {
    type Facts = Found;
    type Decision = Footing;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Self::Facts, Error> {
        if let Some((notes, note)) = Notes::load_note(tx, self.tenant(), self.number).await? {
            let footing = Footing::of(tx, &self.tenant, (notes, note.invoice())).await?;
            return Ok(Found::Stands(Box::new(footing), note));
        }
        let row = invoicing::note_row(tx, self.tenant(), self.number).await?;
        Ok(row.map_or(Found::Nothing, |_| Found::Cancelled))
    }

    fn decide(&self, facts: Self::Facts, env: &Env) -> Result<Footing, ApiError> {
        let (mut footing, note) = match facts {
            Found::Nothing => return Err(no_note(self.number)),
            Found::Cancelled => {
                let why = format!("{} is cancelled already", self.number);
                return Err(ApiError::Conflict(why));
            }
            Found::Stands(footing, note) => (*footing, note),
        };
        footing.notes.cancel_note(&mut footing.ground, &note, env)?;
        footing.heed(env)?;
        Ok(footing)
    }

    async fn save(&self, footing: Footing, tx: &mut Tx) -> Result<(), Error> {
        footing.save(tx, &self.tenant).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

impl Command for HideNote {
    type Facts = Option<NoteRow>;
    type Decision = Instant;
    type Data = ();
    const STATUS: StatusCode = StatusCode::OK;

    fn tenant(&self) -> &str {
        self.tenant.as_str()
    }

    async fn load(&self, tx: &mut Tx) -> Result<Option<NoteRow>, Error> {
        invoicing::note_row(tx, self.tenant(), self.number).await
    }

    fn decide(&self, note: Option<NoteRow>, env: &Env) -> Result<Instant, ApiError> {
        let note = note.ok_or_else(|| no_note(self.number))?;
        if !note.is_cancelled() {
            let why = format!("{} stands; only a cancelled note can be deleted", self.number);
            return Err(ApiError::Conflict(why));
        }
        Ok(env.now())
    }

    async fn save(&self, at: Instant, tx: &mut Tx) -> Result<(), Error> {
        invoicing::hide_note(tx, self.tenant(), self.number, at).await
    }

    fn body((): &(), now: Instant) -> Result<Bytes, ApiError> {
        Ok(envelope::done(now))
    }
}

/// That there is no such note, or it is hidden.
pub(super) fn no_note(number: NoteNumber) -> ApiError {
    ApiError::NotFound { kind: "credit note", id: number.to_string() }
}
