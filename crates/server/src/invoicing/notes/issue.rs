//! Issuing notes: over what a change gives back, or over an amount that somebody asks for.

use countinghouse_core::{
    calendar::{Instant, Zone, date_of},
    chain::{EventKind, Payload},
    id::{CreditTransactionId, RefundId},
    invoicing::{CreditNote, Draft, Due, Invoice, InvoiceNumber, NoteNumber, note_parts},
    ledger::{
        Account, CreditView, Posting, Service, Source, TakenBack, note_issued, part_of, refund_paid,
    },
    money::Amount,
};

use super::{Creditable, IssuedNote, NoteCause, NoteReason, Notes, Origin, posted};
use crate::{
    env::Env,
    http::problem::ApiError,
    invoicing::{document::Ground, events},
};

/// What is taken back, and over which days if that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taking<'a> {
    pub(super) amount: Amount,
    /// Days of more than the net, or just of it; without any, the invoice's own count.
    pub(super) served: Option<&'a [Service]>,
}

/// A refund that was paid.
#[derive(Clone, Copy, Debug)]
pub struct Refunded<'a> {
    /// The refund.
    pub refund: RefundId,
    /// Of which invoice.
    pub invoice: InvoiceNumber,
    /// How much, tax included.
    pub amount: Amount,
    /// Why, in words.
    pub words: &'a str,
    /// The account that it was paid out of.
    pub from: Account,
}

impl Notes {
    /// Takes back what a draft comes to, which is below nothing, of the subscription's invoices,
    /// newest first, what is due before what was paid: a note on each that it takes. It was to be
    /// earned over the days of the draft's lines. Gives the credit transaction, if some of it had
    /// been paid.
    ///
    /// What other notes took back already is not given back once more: where less is left of the
    /// invoices than the draft comes to, it is that.
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
        let mut credited = None;
        for (place, amount) in parts.into_iter().enumerate().filter(|(_, part)| part.is_positive())
        {
            let taking = Taking { amount, served: Some(&served) };
            let transaction = self.issue(ground, place, taking, Origin::Change(cause), env)?;
            credited = credited.or(transaction);
        }
        Ok(credited)
    }

    /// What a draft comes to below nothing and [`Notes::take_back`] does not find on the invoices any
    /// more.
    pub fn withheld(&self, draft: &Draft) -> Amount {
        let left = self.invoices.iter().map(|it| {
            let due = &it.invoice.due;
            i128::from(due.amount().max(due.uncredited()).units())
        });
        let withheld = -i128::from(draft.total.units()) - left.sum::<i128>();
        // It is at most what the draft comes to.
        Amount::from_units(i64::try_from(withheld.max(0)).unwrap_or_default())
    }

    /// Takes an amount, tax included, back of one of the invoices, as somebody asked in these words.
    pub fn ask(
        &mut self,
        ground: &mut Ground,
        (invoice, amount): (InvoiceNumber, Amount),
        words: &str,
        env: &Env,
    ) -> Result<(), ApiError> {
        let place = self.place(invoice);
        let place = place.ok_or_else(|| ApiError::internal("a note is on nothing"))?;
        let taking = Taking { amount, served: None };
        self.issue(ground, place, taking, Origin::Asked(words.into()), env).map(|_| ())
    }

    /// Notes a refund that was paid out of what had been held for it, and gives the note's number.
    pub fn pay_out(
        &mut self,
        ground: &mut Ground,
        it: Refunded<'_>,
        env: &Env,
    ) -> Result<NoteNumber, ApiError> {
        let place = self.place(it.invoice);
        let place = place.ok_or_else(|| ApiError::internal("a refund is of nothing"))?;
        let taking = Taking { amount: it.amount, served: None };
        let origin = Origin::Refund { id: it.refund, from: it.from, words: it.words.into() };
        self.issue(ground, place, taking, origin, env)?;
        self.issued().ok_or_else(|| ApiError::internal("a refund has no note"))
    }

    /// Issues a note on the invoice at a place, and gives the credit transaction if there is one.
    pub(super) fn issue(
        &mut self,
        ground: &mut Ground,
        place: usize,
        taking: Taking<'_>,
        origin: Origin,
        env: &Env,
    ) -> Result<Option<CreditTransactionId>, ApiError> {
        let at = ground.at(env);
        let it = &self.invoices[place];
        let currency = it.invoice.due.currency;
        let taken = it.take(taking.amount, &origin, at)?;
        let parts = note_parts(&it.billed.parts, &it.taken.parts, taking.amount, currency);
        let parts =
            parts.ok_or_else(|| ApiError::internal("an invoice has less than its total"))?;
        let net = Amount::from_units(parts.iter().map(|part| part.net.units()).sum());
        let TakenBack { unearned: served, earned } = match taking.served {
            Some(served) => {
                TakenBack { unearned: part_of(served, net, currency), earned: Vec::new() }
            }
            None => it.part(net, at, &ground.profile.zone),
        };
        let number = self.last.next(date_of(at, &ground.profile.zone).year());
        let (invoice, [lowered, returned, paid_out]) = taken;
        let issued_at = at;
        let note =
            CreditNote { number, parts, served, earned, lowered, returned, paid_out, issued_at };
        let posting = it.posting(&note, &origin, &ground.profile.zone)?;
        let transaction = ground.post(at, currency, &posting, env)?;
        let it = &mut self.invoices[place];
        if let Some(subscription) = it.invoice.subscription {
            ground.tell(subscription, origin.event(&note, &invoice), at, env);
            if it.invoice.is_open() && !invoice.is_open() {
                ground.tell(subscription, events::invoice_paid(&invoice), at, env);
            }
        }
        ground.correct_request((&it.invoice, &invoice), at, env);
        it.taken.take(&note);
        (it.invoice, it.is_changed) = (invoice, true);
        let (invoice, subscription) = (it.invoice.number, it.invoice.subscription);
        let zone = ground.profile.zone.clone();
        self.issued.push(IssuedNote { origin, invoice, subscription, note, zone });
        Ok(transaction)
    }
}

impl Creditable {
    /// The invoice after an amount was taken back, and how much of that was still due, became credit,
    /// and was paid out.
    fn take(
        &self,
        amount: Amount,
        origin: &Origin,
        at: Instant,
    ) -> Result<(Invoice, [Amount; 3]), ApiError> {
        if let Origin::Refund { .. } = origin {
            let refunded = self.invoice.refunded(amount);
            return Ok((refunded, [Amount::ZERO, Amount::ZERO, amount]));
        }
        let noted = self.invoice.note(amount, at);
        let noted = noted.map_err(|error| ApiError::Conflict(error.to_string()))?;
        Ok((noted.invoice, [noted.lowered, noted.returned, Amount::ZERO]))
    }

    /// What a note posts.
    fn posting(
        &self,
        note: &CreditNote,
        origin: &Origin,
        zone: &Zone,
    ) -> Result<Posting, ApiError> {
        let (cause, parts) = (format!("cn:{}", note.number), posted(note, zone));
        let posting = match origin {
            Origin::Refund { from, .. } => refund_paid(&cause, &parts, (note.paid_out, *from)),
            _ => note_issued(&cause, &parts, view(origin.reason(), self, note)),
        };
        posting.map_err(ApiError::internal)
    }
}

impl Origin {
    /// What is chained of a note.
    fn event(&self, note: &CreditNote, invoice: &Invoice) -> (EventKind, Payload) {
        match self {
            Self::Refund { id, .. } => events::refund_paid(note, *id, invoice),
            Self::Change(_) | Self::Asked(_) => events::note_issued(note, invoice),
        }
    }
}

pub(super) fn less(amount: Amount, other: Amount) -> Amount {
    Amount::from_units(amount.units() - other.units())
}

/// What the tenant is shown of the credit.
pub(super) fn view(reason: NoteReason, of: &Creditable, note: &CreditNote) -> CreditView {
    let subscription = of.invoice.subscription.filter(|_| reason != NoteReason::Requested);
    let about = subscription.map_or(of.invoice.number.to_string(), |id| id.to_string());
    CreditView {
        source: match reason {
            NoteReason::Requested | NoteReason::Refund => Source::Refund,
            _ => Source::Proration,
        },
        source_id: Some(about.into()),
        remark: Some(note.number.to_string().into()),
    }
}
