//! Credit notes in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::Instant,
    id::SubscriptionId,
    invoicing::{CreditNote, InvoiceNumber, NoteNumber, RatePart, Series},
    money::{Amount, TaxRate},
};

use super::{Creditable, NoteCause, Stored};
use crate::{
    db::{Error, Rows, Stmt, Time, Tx},
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
    "status",
    "currency",
    "net",
    "tax",
    "total",
    "lowered",
    "returned",
    "issued_at",
    "cancelled_at",
];

const PART: &[&str] = &["tenant_id", "number", "part", "tax_rate", "net", "tax"];

#[derive(sqlx::FromRow)]
struct PartRow {
    record_seq: i64,
    tax_rate: String,
    net: i64,
    tax: i64,
}

#[derive(sqlx::FromRow)]
struct NoteRow {
    number: String,
    invoice_number: String,
    lowered: i64,
    returned: i64,
    issued_at: Time,
    tax_rate: String,
    net: i64,
    tax: i64,
}

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

/// What the documents at these places of the list of records billed, by rate of tax.
pub(super) async fn parts(
    tx: &mut Tx,
    tenant: &str,
    records: Vec<i64>,
) -> Result<BTreeMap<i64, Vec<RatePart>>, Error> {
    let mut parts: BTreeMap<i64, Vec<RatePart>> = BTreeMap::new();
    if records.is_empty() {
        return Ok(parts);
    }
    let stmt = Stmt::new(
        "SELECT record_seq, tax_rate, CAST(SUM(amount) AS BIGINT) AS net,
                CAST(SUM(tax_amount) AS BIGINT) AS tax
         FROM invoice_line WHERE tenant_id = $1 AND record_seq",
    );
    let stmt = stmt
        .bind(tenant)
        .push_any_int(records)
        .push(" GROUP BY record_seq, tax_rate ORDER BY record_seq, tax_rate");
    let rows: Vec<PartRow> = tx.fetch_all(stmt).await?;
    for row in rows {
        let part = rate_part("invoice_line", &row.tax_rate, row.net, row.tax)?;
        parts.entry(row.record_seq).or_default().push(part);
    }
    Ok(parts)
}

/// The notes of the change that made a version of a subscription, those that are not cancelled.
pub(super) async fn of_change(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    version: i64,
) -> Result<Vec<Stored>, Error> {
    let stmt = Stmt::new(
        "SELECT n.number, n.invoice_number, n.lowered, n.returned, n.issued_at, p.tax_rate, p.net,
                p.tax
         FROM credit_note AS n
         JOIN credit_note_part AS p ON p.tenant_id = n.tenant_id AND p.number = n.number
         WHERE n.tenant_id = $1 AND n.subscription_id = $2 AND n.change_version = $3
           AND n.status <> 'cancelled'
         ORDER BY n.seq DESC, p.part",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string()).bind(version);
    let rows: Vec<NoteRow> = tx.fetch_all(stmt).await?;
    let mut notes: Vec<Stored> = Vec::new();
    for row in rows {
        let corrupt = |column| Error::corrupt("credit_note", &row.number, column);
        let number: NoteNumber = row.number.parse().map_err(|_| corrupt("number"))?;
        let part = rate_part("credit_note_part", &row.tax_rate, row.net, row.tax)?;
        match notes.last_mut().filter(|last| last.note.number == number) {
            Some(last) => last.note.parts.push(part),
            None => notes.push(Stored {
                invoice: row.invoice_number.parse().map_err(|_| corrupt("invoice_number"))?,
                note: CreditNote {
                    number,
                    parts: vec![part],
                    lowered: Amount::from_units(row.lowered),
                    returned: Amount::from_units(row.returned),
                    issued_at: row.issued_at.instant()?,
                },
            }),
        }
    }
    Ok(notes)
}

/// Enters notes, the first of them at the place after `last`.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    last: i64,
    issued: &[(NoteCause, InvoiceNumber, CreditNote)],
    invoices: &[Creditable],
) -> Result<(), Error> {
    let (mut notes, mut parts) =
        (Rows::new("credit_note", NOTE), Rows::new("credit_note_part", PART));
    for (seq, (cause, invoice, note)) in (last + 1..).zip(issued) {
        let of = invoices.iter().find(|it| it.invoice.number == *invoice);
        let currency = of.map(|it| it.invoice.due.currency.to_string());
        notes.push(vec![
            tenant.into(),
            note.number.to_string().into(),
            seq.into(),
            invoice.to_string().into(),
            cause.subscription.to_string().into(),
            cause.version.into(),
            cause.reason.as_str().into(),
            "applied".into(),
            currency.into(),
            note.net().into(),
            note.tax().into(),
            note.total().into(),
            note.lowered.into(),
            note.returned.into(),
            note.issued_at.into(),
            None::<Instant>.into(),
        ]);
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
    }
    tx.insert(notes).await?;
    tx.insert(parts).await?;
    Ok(())
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

fn rate_part(table: &'static str, rate: &str, net: i64, tax: i64) -> Result<RatePart, Error> {
    let rate = TaxRate::parse(rate).map_err(|_| Error::corrupt(table, rate, "tax_rate"))?;
    Ok(RatePart { rate, net: Amount::from_units(net), tax: Amount::from_units(tax) })
}
