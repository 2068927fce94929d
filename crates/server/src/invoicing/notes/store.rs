//! Credit notes in the database.

mod read;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::Instant,
    invoicing::{CreditNote, NoteNumber, Series},
    ledger::Service,
};

pub use self::shown::NoteRow;
pub(in crate::invoicing) use self::shown::tenants_of_note;
pub(super) use self::{
    read::{Billed, Taken, billed, by_number, of_change, taken},
    shown::{Place, count, page, row},
};
use super::{Creditable, IssuedNote, Origin};
use crate::{
    db::{Error, Rows, Stmt, Tx, Value},
    invoicing::store::{save_serials, serials},
};

const NOTE: &[&str] = &[
    "tenant_id",
    "number",
    "seq",
    "invoice_number",
    "subscription_id",
    "change_version",
    "reason",
    "remark",
    "status",
    "currency",
    "net",
    "tax",
    "total",
    "lowered",
    "returned",
    "paid_out",
    "paid_from",
    "refund_id",
    "issued_at",
    "timezone",
    "cancelled_at",
    "hidden_at",
];

const PART: &[&str] = &["tenant_id", "number", "part", "tax_rate", "net", "tax"];

const SERVICE: &[&str] =
    &["tenant_id", "number", "piece", "earned", "service_from", "service_until", "net"];

/// How far a tenant's list of notes is, and the numbers of each year.
#[derive(Clone, Debug, Default)]
pub(super) struct Last {
    /// The last place in the list.
    pub(super) seq: i64,
    serials: BTreeMap<u16, u64>,
}

impl Last {
    /// The next number of a year, which is taken.
    pub(super) fn next(&mut self, year: u16) -> NoteNumber {
        let serial = self.serials.entry(year).or_default();
        *serial += 1;
        NoteNumber { year, serial: *serial }
    }

    /// Writes the numbers that were taken.
    pub(super) async fn save(&self, tx: &mut Tx, tenant: &str) -> Result<(), Error> {
        save_serials(tx, Series::CreditNote, [(tenant, &self.serials)]).await
    }
}

/// How far a tenant's notes are.
pub(super) async fn last(tx: &mut Tx, tenant: &str) -> Result<Last, Error> {
    let mut serials = serials(tx, Series::CreditNote, &BTreeSet::from([tenant])).await?;
    let stmt = Stmt::new("SELECT COALESCE(MAX(seq), 0) FROM credit_note WHERE tenant_id = $1");
    let seq = tx.fetch_scalar(stmt.bind(tenant)).await?;
    Ok(Last { seq, serials: serials.remove(tenant).unwrap_or_default() })
}

/// Enters notes, the first of them at the place after `last`.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    last: i64,
    issued: &[IssuedNote],
    invoices: &[Creditable],
) -> Result<(), Error> {
    let (mut notes, mut parts) =
        (Rows::new("credit_note", NOTE), Rows::new("credit_note_part", PART));
    let mut services = Rows::new("credit_note_service", SERVICE);
    for (seq, it) in (last + 1..).zip(issued) {
        let of = invoices.iter().find(|of| of.invoice.number == it.invoice);
        let currency = of.map(|of| of.invoice.due.currency.to_string());
        notes.push(note_row(tenant, seq, it, currency));
        let note = &it.note;
        for (place, part) in (1_i64..).zip(&note.parts) {
            parts.push(vec![
                tenant.into(),
                note.number.to_string().into(),
                place.into(),
                part.rate.to_string().into(),
                part.net.into(),
                part.tax.into(),
            ]);
        }
        service_rows(tenant, note).for_each(|row| services.push(row));
    }
    tx.insert(notes).await?;
    tx.insert(parts).await?;
    tx.insert(services).await?;
    Ok(())
}

fn note_row(tenant: &str, seq: i64, it: &IssuedNote, currency: Option<String>) -> Vec<Value> {
    let IssuedNote { origin, invoice, subscription, note, zone } = it;
    let (version, remark) = match origin {
        Origin::Change(cause) => (Some(cause.version), None),
        Origin::Asked(words) | Origin::Refund { words, .. } => (None, Some(&**words)),
    };
    let (refund, from) = match origin {
        Origin::Refund { id, from, .. } => (Some(id.to_string()), Some(from.as_str())),
        Origin::Change(_) | Origin::Asked(_) => (None, None),
    };
    vec![
        tenant.into(),
        note.number.to_string().into(),
        seq.into(),
        invoice.to_string().into(),
        subscription.map(|id| id.to_string()).into(),
        version.into(),
        origin.reason().as_str().into(),
        remark.into(),
        "applied".into(),
        currency.into(),
        note.net().into(),
        note.tax().into(),
        note.total().into(),
        note.lowered.into(),
        note.returned.into(),
        note.paid_out.into(),
        from.into(),
        refund.into(),
        note.issued_at.into(),
        zone.name().into(),
        None::<Instant>.into(),
        None::<Instant>.into(),
    ]
}

fn service_rows<'a>(
    tenant: &'a str,
    note: &'a CreditNote,
) -> impl Iterator<Item = Vec<Value>> + 'a {
    let unearned = note.served.iter().map(|piece| (piece, false));
    let pieces = unearned.chain(note.earned.iter().map(|piece| (piece, true)));
    let row = move |(place, (piece, earned)): (i64, (&Service, bool))| {
        vec![
            tenant.into(),
            note.number.to_string().into(),
            place.into(),
            earned.into(),
            piece.from().to_string().into(),
            piece.until().to_string().into(),
            piece.net().into(),
        ]
    };
    (1_i64..).zip(pieces).map(row)
}

/// Writes that a note is cancelled.
pub(super) async fn cancel(
    tx: &mut Tx,
    tenant: &str,
    number: NoteNumber,
    at: Instant,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE credit_note SET status = 'cancelled', cancelled_at = $3
         WHERE tenant_id = $1 AND number = $2",
    );
    tx.execute(stmt.bind(tenant).bind(number.to_string()).bind(at)).await?;
    Ok(())
}

/// Takes a cancelled note out of lists.
pub async fn hide(tx: &mut Tx, tenant: &str, number: NoteNumber, at: Instant) -> Result<(), Error> {
    let stmt =
        Stmt::new("UPDATE credit_note SET hidden_at = $3 WHERE tenant_id = $1 AND number = $2");
    tx.execute(stmt.bind(tenant).bind(number.to_string()).bind(at)).await?;
    Ok(())
}
