//! Credit notes: what they take back of an invoice, and what that does to it.
//!
//! A note takes back a gross amount. It first lowers what is still due; only what had been paid goes
//! back to the tenant, as credit. What is *not* here: why a note is issued, and its number.

use super::{Invoice, InvoiceStatus, NoteNumber};
use crate::{
    calendar::Instant,
    ledger::Service,
    money::{Amount, Currency, TaxRate, shares},
};

/// What a document has at one rate of tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatePart {
    /// The rate.
    pub rate: TaxRate,
    /// Without tax.
    pub net: Amount,
    /// The tax on it.
    pub tax: Amount,
}

/// What a credit note does to its invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The invoice after it.
    pub invoice: Invoice,
    /// How much less is due.
    pub lowered: Amount,
    /// How much goes back as credit.
    pub returned: Amount,
}

/// A credit note as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// Its number.
    pub number: NoteNumber,
    /// What it takes back, by rate.
    pub parts: Vec<RatePart>,
    /// The days over which what was not earned yet of its net was to be.
    pub served: Vec<Service>,
    /// The days that had earned the rest.
    pub earned: Vec<Service>,
    /// How much less was due because of it.
    pub lowered: Amount,
    /// How much went back as credit.
    pub returned: Amount,
    /// How much was paid out as a refund.
    pub paid_out: Amount,
    /// When it was issued.
    pub issued_at: Instant,
}

/// Why a credit note can't be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A note is for more than nothing.
    #[error("a credit note takes back more than nothing")]
    Nothing,
    /// Less is left of the invoice.
    #[error("credit notes can take back {left} more of the invoice")]
    TooMuch {
        /// What is left.
        left: Amount,
    },
    /// The invoice asks for nothing any more.
    #[error("the invoice is {status}, so it takes no credit note")]
    NotLive {
        /// Where it stands.
        status: &'static str,
    },
}

/// Why a credit note can't be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelNoteError {
    /// It is over money that was paid out.
    #[error("the credit note is over a refund that was paid out")]
    PaidOut,
    /// What it had lowered was paid.
    #[error("the invoice was paid since the credit note lowered what is due")]
    Settled,
    /// The invoice asks for nothing any more.
    #[error("the invoice is {status}, so its credit note stays")]
    NotLive {
        /// Where it stands.
        status: &'static str,
    },
}

impl Invoice {
    /// What a credit note of `amount`, tax included, does to it.
    pub fn note(&self, amount: Amount, at: Instant) -> Result<Noted, NoteError> {
        if !amount.is_positive() {
            return Err(NoteError::Nothing);
        }
        if !self.is_open() && self.status != InvoiceStatus::Paid {
            return Err(NoteError::NotLive { status: self.status.as_str() });
        }
        let left = self.due.uncredited();
        if amount > left {
            return Err(NoteError::TooMuch { left });
        }
        let lowered = amount.min(self.due.amount());
        let returned = Amount::from_units(amount.units() - lowered.units());
        let invoice = self.moved(lowered.units(), returned.units(), at);
        Ok(Noted { invoice, lowered, returned })
    }

    /// It as if `note` had not been issued; what it lowered is due again, and late where its date has
    /// passed at `at`.
    pub fn without_note(&self, note: &CreditNote, at: Instant) -> Result<Self, CancelNoteError> {
        if note.paid_out.is_positive() {
            return Err(CancelNoteError::PaidOut);
        }
        let is_settled = matches!(self.status, InvoiceStatus::Paid | InvoiceStatus::Refunded);
        if !self.is_open() && !is_settled {
            return Err(CancelNoteError::NotLive { status: self.status.as_str() });
        }
        if note.lowered.is_positive() && self.due.paid.is_positive() {
            return Err(CancelNoteError::Settled);
        }
        Ok(self.moved(-note.lowered.units(), -note.returned.units(), at))
    }

    /// It with more of it noted, and paid exactly if nothing is due. Where something is due again,
    /// its dunning goes on with the step that is next.
    fn moved(&self, lowered: i64, returned: i64, at: Instant) -> Self {
        let mut after = self.clone();
        after.due.noted = Amount::from_units(self.due.noted.units() + lowered);
        after.due.returned = Amount::from_units(self.due.returned.units() + returned);
        if after.due.amount().is_zero() {
            after.status = after.status_when_settled();
            after.paid_at = self.paid_at.or(Some(at));
            after.dunning = self.dunning.dropped();
        } else if self.status == InvoiceStatus::Paid {
            let failed_at = self.dunning.failed_at;
            let is_late = failed_at.is_some() && at >= self.due_at;
            after.status = if is_late { InvoiceStatus::Overdue } else { InvoiceStatus::Issued };
            after.paid_at = None;
            after.dunning = self.dunning.reopened(at, self.due_at);
        }
        after
    }
}

impl CreditNote {
    /// What it takes back without tax.
    pub fn net(&self) -> Amount {
        Amount::from_units(self.parts.iter().map(|part| part.net.units()).sum())
    }

    /// The tax that it takes back.
    pub fn tax(&self) -> Amount {
        Amount::from_units(self.parts.iter().map(|part| part.tax.units()).sum())
    }

    /// What it takes back, tax included.
    pub fn total(&self) -> Amount {
        let parts = [self.lowered, self.returned, self.paid_out].map(Amount::units);
        Amount::from_units(parts.iter().sum())
    }
}

/// What a note of `amount` takes back of each part of an invoice, of which notes that stand took back
/// `taken` before.
///
/// All notes together take back of each part, of its net and of its tax, what they take back of the
/// whole, to the minor unit, by largest remainder: notes over the whole take back exactly it, whatever
/// was cancelled in between, and none takes back more of a part than is left. `None` where there is
/// nothing of the invoice, or more is asked for than is left.
pub fn note_parts(
    invoice: &[RatePart],
    taken: &[RatePart],
    amount: Amount,
    currency: Currency,
) -> Option<Vec<RatePart>> {
    let of_rate = |rate: TaxRate, piece: fn(&RatePart) -> Amount| -> i64 {
        taken.iter().filter(|it| it.rate == rate).map(|it| piece(it).units()).sum()
    };
    let taken: Vec<i64> = invoice
        .iter()
        .flat_map(|it| [of_rate(it.rate, |it| it.net), of_rate(it.rate, |it| it.tax)])
        .collect();
    let pieces: Vec<i64> =
        invoice.iter().flat_map(|part| [part.net.units(), part.tax.units()]).collect();
    let before = Amount::from_units(taken.iter().sum());
    let all = shares(&pieces, before.checked_add(amount)?, currency)?;
    let left = pieces.iter().zip(&taken).map(|(piece, taken)| piece - taken);
    let part = all.iter().zip(&taken).map(|(all, taken)| all - taken);
    let parts: Vec<(i64, i64)> = part.zip(left).collect();
    let parts = within(&parts, amount.units());
    let part = |(part, place): (&RatePart, usize)| RatePart {
        rate: part.rate,
        net: Amount::from_units(parts[place]),
        tax: Amount::from_units(parts[place + 1]),
    };
    Some(invoice.iter().zip((0..).step_by(2)).map(part).collect())
}

/// Parts of pieces of which so much is left, none of them below nothing or above that; what one
/// can't be, the others are. They come to `sum`.
fn within(parts: &[(i64, i64)], sum: i64) -> Vec<i64> {
    let clamp = |(part, left): &(i64, i64)| (*part).clamp((*left).min(0), (*left).max(0));
    let mut within: Vec<i64> = parts.iter().map(clamp).collect();
    let mut missing = sum - within.iter().sum::<i64>();
    for (part, (_, left)) in within.iter_mut().zip(parts) {
        let more = missing.clamp((*left).min(0) - *part, (*left).max(0) - *part);
        *part += more;
        missing -= more;
    }
    within
}

#[cfg(test)]
pub(super) mod tests;
