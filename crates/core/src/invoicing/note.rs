//! Credit notes: what they take back of an invoice, and what that does to it.
//!
//! A note takes back a gross amount. It first lowers what is still due; only what had been paid goes
//! back to the tenant, as credit. What is *not* here: why a note is issued, and its number.

use super::{Invoice, InvoiceStatus, NoteNumber};
use crate::{
    calendar::Instant,
    ledger::Service,
    money::{Amount, Currency, TaxRate, largest_first},
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
    /// The days over which its net was to be earned.
    pub served: Vec<Service>,
    /// How much less was due because of it.
    pub lowered: Amount,
    /// How much went back as credit.
    pub returned: Amount,
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
        if !self.is_open() && self.status != InvoiceStatus::Paid {
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
            after.status = InvoiceStatus::Paid;
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
        Amount::from_units(self.lowered.units() + self.returned.units())
    }
}

/// What a note of `amount` takes back of each part of an invoice, `before` of which was taken back
/// by earlier notes.
///
/// All notes together take back of each part, of its net and of its tax, what they take back of the
/// whole, to the minor unit, by largest remainder: notes over the whole take back exactly it. `None`
/// where there is nothing of the invoice, or more is asked for than it has.
pub fn note_parts(
    invoice: &[RatePart],
    before: Amount,
    amount: Amount,
    currency: Currency,
) -> Option<Vec<RatePart>> {
    let earlier = shares(invoice, before, currency)?;
    let all = shares(invoice, before.checked_add(amount)?, currency)?;
    let part = |(part, place): (&RatePart, usize)| RatePart {
        rate: part.rate,
        net: Amount::from_units(all[place] - earlier[place]),
        tax: Amount::from_units(all[place + 1] - earlier[place + 1]),
    };
    Some(invoice.iter().zip((0..).step_by(2)).map(part).collect())
}

/// What `amount` is of each net and each tax, in units.
fn shares(invoice: &[RatePart], amount: Amount, currency: Currency) -> Option<Vec<i64>> {
    let pieces: Vec<i128> = invoice
        .iter()
        .flat_map(|part| [part.net, part.tax])
        .map(|piece| i128::from(piece.units()))
        .collect();
    let whole: i128 = pieces.iter().sum();
    let amount = i128::from(amount.units());
    if whole <= 0 || amount < 0 || amount > whole {
        return None;
    }
    let minor_unit = i128::from(currency.minor_unit().units());
    let divisor = whole * minor_unit;
    let mut shares: Vec<i128> = pieces.iter().map(|it| (it * amount).div_euclid(divisor)).collect();
    let fraction = |piece: &i128| (piece * amount).rem_euclid(divisor).unsigned_abs();
    let places = largest_first(&pieces.iter().map(fraction).collect::<Vec<_>>());
    let left_over = amount / minor_unit - shares.iter().sum::<i128>();
    for place in places.into_iter().take(usize::try_from(left_over).ok()?) {
        shares[place] += 1;
    }
    shares.into_iter().map(|share| i64::try_from(share * minor_unit).ok()).collect()
}

#[cfg(test)]
mod tests;
