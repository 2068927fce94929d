//! What months earn by the documents, against what the ledger has for them.
//!
//! Every line, note and withdrawal is spread over its days once more, as if nothing had ever been
//! deferred: its months must earn what was recognised in them, or is still to be.

mod store;

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::{Date, Month, Period, Zone},
    invoicing::served,
    ledger::Service,
    money::{Amount, Currency},
};
use futures_util::StreamExt as _;

use self::store::{LineRow, NoteRow};
use super::{audit::Audit, money::Sum, report::Rule};
use crate::db::Error;

/// What each month earns.
#[derive(Debug, Default)]
pub(super) struct Months(BTreeMap<Month, Sum>);

/// Spreads what was posted over months.
#[derive(Debug)]
struct Spread {
    months: Months,
    /// The zone of the last document, since the next one mostly has the same.
    zone: Zone,
}

impl Months {
    /// Adds what a month earns, which may be less than nothing.
    pub(super) fn add(&mut self, month: Month, units: i64) {
        self.0.entry(month).or_default().add(units);
    }

    /// The first month that earns something else in `other`, with both.
    fn difference(&self, other: &Self) -> Option<(Month, Sum, Sum)> {
        let months = self.0.keys().chain(other.0.keys()).copied();
        let of = |it: &Self, month| it.0.get(&month).copied().unwrap_or_default();
        let both = months.map(|month| (month, of(self, month), of(other, month)));
        both.filter(|(_, own, others)| own != others).min_by_key(|(month, ..)| *month)
    }
}

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    /// Compares what months earn by a tenant's documents with what the ledger has for them.
    pub(super) async fn revenue(&mut self, tenant: &str, booked: Months) -> Result<(), Error> {
        let mut spread = Spread { months: Months::default(), zone: Zone::UTC };
        let mut lines = store::lines(&mut self.tx, tenant)?;
        while let Some(line) = lines.next().await {
            spread.line(&line?)?;
        }
        drop(lines);
        let mut notes = store::notes(&mut self.tx, tenant)?;
        while let Some(note) = notes.next().await {
            spread.note(&note?)?;
        }
        drop(notes);
        if let Some((month, earned, booked)) = spread.months.difference(&booked) {
            self.found.note(Rule::Revenue, tenant, || {
                format!("{month} earns {earned} by the documents, and {booked} in the ledger")
            });
        }
        Ok(())
    }
}

impl Spread {
    fn line(&mut self, row: &LineRow) -> Result<(), Error> {
        let corrupt = |column| Error::corrupt("invoice", &row.number, column);
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        if self.zone.name() != row.timezone {
            self.zone = Zone::parse(&row.timezone).map_err(|_| corrupt("timezone"))?;
        }
        let period = match (row.service_start, row.service_end) {
            (Some(start), Some(end)) => {
                let period = Period::new(start.instant()?, end.instant()?);
                Some(period.map_err(|_| corrupt("service_end"))?)
            }
            _ => None,
        };
        let net = Amount::from_units(row.amount);
        let service = served(period, net, row.issued_at.instant()?, &self.zone);
        self.add(service, open("ledger_transfer", row.month.as_deref())?, currency);
        self.add(service.reversed(), open("ledger_transfer", row.voided.as_deref())?, currency);
        Ok(())
    }

    fn note(&mut self, row: &NoteRow) -> Result<(), Error> {
        let corrupt = |column| Error::corrupt("credit_note_service", &row.number, column);
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        let from = Date::parse(&row.service_from).map_err(|_| corrupt("service_from"))?;
        let until = Date::parse(&row.service_until).map_err(|_| corrupt("service_until"))?;
        let service = Service::new(from, until, Amount::from_units(row.net));
        self.add(service.reversed(), open("ledger_transfer", row.month.as_deref())?, currency);
        self.add(service, open("ledger_transfer", row.cancelled.as_deref())?, currency);
        Ok(())
    }

    /// Adds a service that was posted while a month was open; nothing where it was not.
    fn add(&mut self, service: Service, open: Option<Month>, currency: Currency) {
        let Some(open) = open else { return };
        for (month, amount) in service.by_month(currency) {
            self.months.add(month.max(open), amount.units());
        }
    }
}

/// The month that was open.
fn open(table: &'static str, month: Option<&str>) -> Result<Option<Month>, Error> {
    let parse = |text: &str| Month::parse(text).map_err(|_| Error::corrupt(table, text, "month"));
    month.map(parse).transpose()
}
