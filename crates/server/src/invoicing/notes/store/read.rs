//! What invoices billed, and what notes took back of them.

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::{Date, Instant, Month, Period, Zone},
    id::SubscriptionId,
    invoicing::{CreditNote, InvoiceNumber, NoteNumber, RatePart, RecordType, served},
    ledger::Service,
    money::{Amount, TaxRate},
};

use crate::{
    db::{Error, Stmt, Time, Tx},
    invoicing::notes::{NoteReason, Stored},
};

/// Notes, a row for each of their parts.
const SELECT: &str =
    "SELECT n.number, n.invoice_number, n.reason, n.lowered, n.returned, n.paid_out,
        n.issued_at,
        p.tax_rate, p.net, p.tax
    FROM credit_note AS n
    JOIN credit_note_part AS p ON p.tenant_id = n.tenant_id AND p.number = n.number
    WHERE n.tenant_id = $1";

/// What a document billed.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Billed {
    /// By rate of tax.
    pub(in super::super) parts: Vec<RatePart>,
    /// The days over which its net is earned.
    pub(in super::super) served: Vec<Service>,
    /// The month that it was issued in.
    pub(in super::super) opened: Option<Month>,
    /// Whether its net was earned at once.
    pub(in super::super) is_usage: bool,
}

/// What notes that stand took back of an invoice.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Taken {
    /// By rate of tax, a part of each note.
    pub(in super::super) parts: Vec<RatePart>,
    /// What was not earned yet, and when it was taken back.
    pub(in super::super) unearned: Vec<(Service, Instant)>,
    /// What was earned.
    pub(in super::super) earned: Vec<Service>,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    record_seq: i64,
    r#type: String,
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
    reason: String,
    lowered: i64,
    returned: i64,
    paid_out: i64,
    issued_at: Time,
    tax_rate: String,
    net: i64,
    tax: i64,
}

/// What the documents at these places of the list of records billed.
pub(in super::super) async fn billed(
    tx: &mut Tx,
    tenant: &str,
    records: Vec<i64>,
) -> Result<BTreeMap<i64, Billed>, Error> {
    let mut billed: BTreeMap<i64, Billed> = BTreeMap::new();
    if records.is_empty() {
        return Ok(billed);
    }
    let stmt = Stmt::new(
        "SELECT l.record_seq, r.type, l.tax_rate, l.amount AS net, l.tax_amount AS tax,
                l.service_start, l.service_end, i.issued_at, i.timezone
         FROM invoice_line AS l
         JOIN invoice AS i ON i.tenant_id = l.tenant_id AND i.record_seq = l.record_seq
         JOIN billing_record AS r ON r.tenant_id = l.tenant_id AND r.seq = l.record_seq
         WHERE l.tenant_id = $1 AND l.record_seq",
    );
    let stmt =
        stmt.bind(tenant).push_any_int(records).push(" ORDER BY l.record_seq, l.tax_rate, l.line");
    let rows: Vec<LineRow> = tx.fetch_all(stmt).await?;
    for row in rows {
        let part = rate_part("invoice_line", &row.tax_rate, row.net, row.tax)?;
        let of = billed.entry(row.record_seq).or_default();
        of.served.push(row.served()?);
        of.opened = Some(row.opened()?);
        of.is_usage = row.r#type == RecordType::Usage.as_str();
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
        Ok(served(period, Amount::from_units(self.net), self.issued_at.instant()?, &self.zone()?))
    }

    fn opened(&self) -> Result<Month, Error> {
        Ok(Month::at(self.issued_at.instant()?, &self.zone()?))
    }

    fn zone(&self) -> Result<Zone, Error> {
        let corrupt = |_| Error::corrupt("invoice", &self.record_seq.to_string(), "timezone");
        Zone::parse(&self.timezone).map_err(corrupt)
    }
}

/// What notes that stand took back of invoices.
pub(in super::super) async fn taken(
    tx: &mut Tx,
    tenant: &str,
    invoices: impl Iterator<Item = InvoiceNumber>,
) -> Result<BTreeMap<InvoiceNumber, Taken>, Error> {
    let invoices: Vec<String> = invoices.map(|number| number.to_string()).collect();
    let mut all: BTreeMap<InvoiceNumber, Taken> = BTreeMap::new();
    if invoices.is_empty() {
        return Ok(all);
    }
    let stmt = Stmt::new(SELECT).push(" AND n.status <> 'cancelled' AND n.invoice_number");
    let stmt = stmt.bind(tenant).push_any_text(invoices).push(" ORDER BY n.seq, p.part");
    for stored in notes(tx, tenant, stmt).await? {
        all.entry(stored.invoice).or_default().take(&stored.note);
    }
    Ok(all)
}

impl Taken {
    /// A note took something back.
    pub(in super::super) fn take(&mut self, note: &CreditNote) {
        self.parts.extend(note.parts.iter().copied());
        self.unearned.extend(note.served.iter().map(|piece| (*piece, note.issued_at)));
        self.earned.extend(note.earned.iter().copied());
    }

    /// A note was cancelled.
    pub(in super::super) fn give_back(&mut self, note: &CreditNote) {
        let back = |amount: Amount| Amount::from_units(-amount.units());
        let parts = note.parts.iter();
        self.parts.extend(parts.map(|it| RatePart { net: back(it.net), tax: back(it.tax), ..*it }));
        let unearned = note.served.iter().map(|piece| (piece.reversed(), note.issued_at));
        self.unearned.extend(unearned);
        self.earned.extend(note.earned.iter().map(|piece| piece.reversed()));
    }
}

/// The notes of the change that made a version of a subscription, those that are not cancelled.
pub(in super::super) async fn of_change(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    version: i64,
) -> Result<Vec<Stored>, Error> {
    let stmt = Stmt::new(SELECT).push(
        " AND n.subscription_id = $2 AND n.change_version = $3 AND n.status <> 'cancelled'
         ORDER BY n.seq DESC, p.part",
    );
    notes(tx, tenant, stmt.bind(tenant).bind(subscription.to_string()).bind(version)).await
}

/// The note of that number, if it stands.
pub(in super::super) async fn by_number(
    tx: &mut Tx,
    tenant: &str,
    number: NoteNumber,
) -> Result<Option<Stored>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" AND n.number = $2 AND n.status <> 'cancelled' ORDER BY n.seq, p.part");
    Ok(notes(tx, tenant, stmt.bind(tenant).bind(number.to_string())).await?.pop())
}

/// The notes that a statement gives, each with its parts and days.
async fn notes(tx: &mut Tx, tenant: &str, stmt: Stmt) -> Result<Vec<Stored>, Error> {
    let rows: Vec<NoteRow> = tx.fetch_all(stmt).await?;
    let mut notes: Vec<Stored> = Vec::new();
    for row in rows {
        let part = rate_part("credit_note_part", &row.tax_rate, row.net, row.tax)?;
        match notes.last_mut().filter(|last| last.note.number.to_string() == row.number) {
            Some(last) => last.note.parts.push(part),
            None => notes.push(row.stored(part)?),
        }
    }
    if !notes.is_empty() {
        add_services(tx, tenant, &mut notes).await?;
    }
    Ok(notes)
}

impl NoteRow {
    /// The note with the first of its parts.
    fn stored(self, part: RatePart) -> Result<Stored, Error> {
        let corrupt = |column| Error::corrupt("credit_note", &self.number, column);
        Ok(Stored {
            invoice: self.invoice_number.parse().map_err(|_| corrupt("invoice_number"))?,
            reason: NoteReason::parse(&self.reason).ok_or_else(|| corrupt("reason"))?,
            note: CreditNote {
                number: self.number.parse().map_err(|_| corrupt("number"))?,
                parts: vec![part],
                served: Vec::new(),
                earned: Vec::new(),
                lowered: Amount::from_units(self.lowered),
                returned: Amount::from_units(self.returned),
                paid_out: Amount::from_units(self.paid_out),
                issued_at: self.issued_at.instant()?,
            },
        })
    }
}

/// Adds to notes the days over which what they take back was to be earned, or was.
async fn add_services(tx: &mut Tx, tenant: &str, notes: &mut [Stored]) -> Result<(), Error> {
    let stmt = Stmt::new(
        "SELECT number, earned, service_from, service_until, net FROM credit_note_service
         WHERE tenant_id = $1 AND number",
    );
    let mut places: BTreeMap<String, &mut CreditNote> =
        notes.iter_mut().map(|it| (it.note.number.to_string(), &mut it.note)).collect();
    let numbers: Vec<String> = places.keys().cloned().collect();
    let stmt = stmt.bind(tenant).push_any_text(numbers).push(" ORDER BY number, piece");
    let rows: Vec<(String, bool, String, String, i64)> = tx.fetch_all(stmt).await?;
    for (number, earned, from, until, net) in rows {
        let corrupt = |column| Error::corrupt("credit_note_service", &number, column);
        let from = Date::parse(&from).map_err(|_| corrupt("service_from"))?;
        let until = Date::parse(&until).map_err(|_| corrupt("service_until"))?;
        let piece = Service::new(from, until, Amount::from_units(net));
        let Some(note) = places.get_mut(&number) else { continue };
        if earned { note.earned.push(piece) } else { note.served.push(piece) }
    }
    Ok(())
}

fn rate_part(table: &'static str, rate: &str, net: i64, tax: i64) -> Result<RatePart, Error> {
    let rate = TaxRate::parse(rate).map_err(|_| Error::corrupt(table, rate, "tax_rate"))?;
    Ok(RatePart { rate, net: Amount::from_units(net), tax: Amount::from_units(tax) })
}
