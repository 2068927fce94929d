//! Credit notes in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Date, Instant, Period, Zone},
    id::SubscriptionId,
    invoicing::{CreditNote, InvoiceNumber, NoteNumber, RatePart, Series, served},
    ledger::Service,
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

const SERVICE: &[&str] = &["tenant_id", "number", "piece", "service_from", "service_until", "net"];

/// What a document billed.
#[derive(Clone, Debug, Default)]
pub(super) struct Billed {
    /// By rate of tax.
    pub(super) parts: Vec<RatePart>,
    /// The days over which its net is earned.
    pub(super) served: Vec<Service>,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    record_seq: i64,
    tax_rate: String,
    net: i64,
    tax: i64,
    service_start: Option<Time>,
    service_end: Option<Time>,
    issued_at: Time,
    timezone: String,
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

/// What the documents at these places of the list of records billed.
pub(super) async fn billed(
    tx: &mut Tx,
    tenant: &str,
    records: Vec<i64>,
) -> Result<BTreeMap<i64, Billed>, Error> {
    let mut billed: BTreeMap<i64, Billed> = BTreeMap::new();
    if records.is_empty() {
        return Ok(billed);
    }
    let stmt = Stmt::new(
        "SELECT l.record_seq, l.tax_rate, l.amount AS net, l.tax_amount AS tax, l.service_start,
                l.service_end, i.issued_at, i.timezone
         FROM invoice_line AS l
         JOIN invoice AS i ON i.tenant_id = l.tenant_id AND i.record_seq = l.record_seq
         WHERE l.tenant_id = $1 AND l.record_seq",
    );
    let stmt =
        stmt.bind(tenant).push_any_int(records).push(" ORDER BY l.record_seq, l.tax_rate, l.line");
    let rows: Vec<LineRow> = tx.fetch_all(stmt).await?;
    for row in rows {
        let part = rate_part("invoice_line", &row.tax_rate, row.net, row.tax)?;
        let of = billed.entry(row.record_seq).or_default();
        of.served.push(row.served()?);
        match of.parts.last_mut().filter(|last| last.rate == part.rate) {
            Some(last) => {
                last.net = Amount::from_units(last.net.units() + part.net.units());
                last.tax = Amount::from_units(last.tax.units() + part.tax.units());
            }
            None => of.parts.push(part),
        }
    }
    Ok(billed)
}

impl LineRow {
    fn served(&self) -> Result<Service, Error> {
        let corrupt = |column| Error::corrupt("invoice_line", &self.record_seq.to_string(), column);
        let period = match (self.service_start, self.service_end) {
            (Some(start), Some(end)) => {
                let period = Period::new(start.instant()?, end.instant()?);
                Some(period.map_err(|_| corrupt("service_end"))?)
            }
            _ => None,
        };
        let zone = Zone::parse(&self.timezone).map_err(|_| corrupt("timezone"))?;
        Ok(served(period, Amount::from_units(self.net), self.issued_at.instant()?, &zone))
    }
}

/// Adds to notes the days over which what they take back was to be earned.
async fn add_services(tx: &mut Tx, tenant: &str, notes: &mut [Stored]) -> Result<(), Error> {
    let stmt = Stmt::new(
        "SELECT number, service_from, service_until, net FROM credit_note_service
         WHERE tenant_id = $1 AND number",
    );
    let numbers = notes.iter().map(|it| it.note.number.to_string());
    let stmt = stmt.bind(tenant).push_any_text(numbers).push(" ORDER BY number, piece");
    let rows: Vec<(String, String, String, i64)> = tx.fetch_all(stmt).await?;
    for (number, from, until, net) in rows {
        let corrupt = |column| Error::corrupt("credit_note_service", &number, column);
        let from = Date::parse(&from).map_err(|_| corrupt("service_from"))?;
        let until = Date::parse(&until).map_err(|_| corrupt("service_until"))?;
        let service = Service::new(from, until, Amount::from_units(net));
        let of = notes.iter_mut().filter(|it| it.note.number.to_string() == number);
        of.for_each(|it| it.note.served.push(service));
    }
    Ok(())
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
                    served: Vec::new(),
                    lowered: Amount::from_units(row.lowered),
                    returned: Amount::from_units(row.returned),
                    issued_at: row.issued_at.instant()?,
                },
            }),
        }
    }
    if !notes.is_empty() {
        add_services(tx, tenant, &mut notes).await?;
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
    let mut services = Rows::new("credit_note_service", SERVICE);
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
        for (place, service) in (1_i64..).zip(&note.served) {
            services.push(vec![
                tenant.into(),
                note.number.to_string().into(),
                place.into(),
                service.from().to_string().into(),
                service.until().to_string().into(),
                service.net().into(),
            ]);
        }
    }
    tx.insert(notes).await?;
    tx.insert(parts).await?;
    tx.insert(services).await?;
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
