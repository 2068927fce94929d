//! The records of a tenant with their lines and invoices, chunk by chunk, and their counters.

mod postings;
mod store;

use std::{collections::BTreeMap, ops::RangeInclusive};

use countinghouse_core::invoicing::{InvoiceNumber, InvoiceStatus, RecordStatus};

use self::store::{InvoiceLine, InvoiceRow, RecordRow, lines, records};
pub(super) use self::{
    postings::{Issued, causes, compare, compare_events, take_off},
    store::{PostedRow, Texts, counters, invoices, next_place, postings, series},
};
use super::{
    money::Sum,
    report::{Findings, Rule},
};
use crate::db::{Error, Time, Tx};

/// The records of one chunk, with what belongs to them, each in the order of the records.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) records: Vec<RecordRow>,
    pub(super) lines: Vec<InvoiceLine>,
    pub(super) invoices: Vec<InvoiceRow>,
}

/// The lists as far as they were read.
#[derive(Debug)]
pub(super) struct Documents<'a> {
    tenant: &'a str,
    last_seq: i64,
    last_at: Option<Time>,
    apps: BTreeMap<String, (i64, Time)>,
    serials: BTreeMap<u16, u64>,
    attempts: i64,
}

impl Chunk {
    /// Loads the records at these places, and what belongs to them.
    pub(super) async fn load(
        tx: &mut Tx,
        tenant: &str,
        seqs: &RangeInclusive<i64>,
        texts: Texts,
    ) -> Result<Self, Error> {
        Ok(Self {
            records: records(tx, tenant, seqs, texts).await?,
            lines: lines(tx, tenant, seqs, texts).await?,
            invoices: invoices(tx, tenant, seqs).await?,
        })
    }
}

impl<'a> Documents<'a> {
    /// Has read nothing.
    pub(super) fn new(tenant: &'a str) -> Self {
        let (apps, serials) = (BTreeMap::new(), BTreeMap::new());
        Self { tenant, last_seq: 0, last_at: None, apps, serials, attempts: 0 }
    }

    /// The place of the last record that was read.
    pub(super) fn last_seq(&self) -> i64 {
        self.last_seq
    }

    /// How often payments of the invoices were asked for.
    pub(super) fn attempts(&self) -> i64 {
        self.attempts
    }

    /// Judges the next records.
    pub(super) fn read(&mut self, chunk: &Chunk, found: &mut Findings) {
        let mut lines = chunk.lines.iter().peekable();
        let mut invoices = chunk.invoices.iter().peekable();
        for record in &chunk.records {
            self.read_record(record, found);
            let stray = |seq: i64| seq < record.seq;
            if let Some(line) = lines.next_if(|line| stray(line.record_seq)) {
                self.stray(found, Rule::Lines, "lines", line.record_seq);
                while lines.next_if(|line| stray(line.record_seq)).is_some() {}
            }
            if let Some(invoice) = invoices.next_if(|it| stray(it.record_seq)) {
                self.stray(found, Rule::RecordInvoice, "an invoice", invoice.record_seq);
                while invoices.next_if(|it| stray(it.record_seq)).is_some() {}
            }
            let mut own = Vec::new();
            while let Some(line) = lines.next_if(|line| line.record_seq == record.seq) {
                own.push(line);
            }
            let invoice = invoices.next_if(|it| it.record_seq == record.seq);
            match invoice {
                Some(invoice) => self.read_invoice(record, invoice, &own, found),
                None => found.note(Rule::RecordInvoice, self.tenant, || {
                    format!("record {} has no invoice", record.seq)
                }),
            }
        }
        if let Some(line) = lines.next() {
            self.stray(found, Rule::Lines, "lines", line.record_seq);
        }
        if let Some(invoice) = invoices.next() {
            self.stray(found, Rule::RecordInvoice, "an invoice", invoice.record_seq);
        }
    }

    fn stray(&self, found: &mut Findings, rule: Rule, what: &str, seq: i64) {
        found.note(rule, self.tenant, || format!("there is no one record {seq} for {what}"));
    }

    fn read_record(&mut self, record: &RecordRow, found: &mut Findings) {
        let (tenant, seq, expected) = (self.tenant, record.seq, self.last_seq.saturating_add(1));
        found.expect(seq == expected, Rule::RecordSeq, tenant, || {
            format!("record {expected} is missing or out of its place, {seq} comes")
        });
        found.expect(self.last_at <= Some(record.created_at), Rule::RecordTime, tenant, || {
            format!("record {seq} is before the one before it")
        });
        (self.last_seq, self.last_at) = (seq, Some(record.created_at));
        let Some(app) = &record.app_id else { return };
        let expected = self.apps.get(app).map_or(1, |(last, _)| last.saturating_add(1));
        found.expect(record.app_seq == Some(expected), Rule::AppSeq, tenant, || {
            format!("record {seq} should be number {expected} of {app}")
        });
        self.apps.insert(app.clone(), (record.app_seq.unwrap_or(expected), record.created_at));
    }

    fn read_invoice(
        &mut self,
        record: &RecordRow,
        invoice: &InvoiceRow,
        lines: &[&InvoiceLine],
        found: &mut Findings,
    ) {
        let tenant = self.tenant;
        let says_the_same = record.invoice_number == invoice.number
            && record.subscription_id == invoice.subscription_id
            && record.currency == invoice.currency
            && record.amount == invoice.total;
        found.expect(says_the_same, Rule::RecordInvoice, tenant, || {
            format!(
                "record {} asks for {} as {}, its invoice {} for {}",
                record.seq,
                Sum::from(record.amount),
                record.invoice_number,
                invoice.number,
                Sum::from(invoice.total),
            )
        });
        read_lines(tenant, record, invoice, lines, found);
        read_status(tenant, record, invoice, found);
        read_dunning(tenant, invoice, found);
        self.attempts = self.attempts.saturating_add(invoice.attempts);
        self.read_number(invoice, found);
    }

    fn read_number(&mut self, invoice: &InvoiceRow, found: &mut Findings) {
        let tenant = self.tenant;
        let Ok(number) = invoice.number.parse::<InvoiceNumber>() else {
            return found.note(Rule::Number, tenant, || {
                format!("{} is no number of an invoice", invoice.number)
            });
        };
        let expected = self.serials.get(&number.year).map_or(1, |last| last.saturating_add(1));
        found.expect(number.serial == expected, Rule::Number, tenant, || {
            format!("{number} comes where number {expected} of the year should")
        });
        self.serials.insert(number.year, number.serial);
    }

    /// Compares the ends with the counters of the lists, and with the series: the year and its
    /// last number.
    pub(super) fn finish(
        mut self,
        counters: Vec<(String, i64, Time)>,
        series: &[(i64, i64)],
        found: &mut Findings,
    ) {
        let tenant = self.tenant;
        if let Some(at) = self.last_at {
            self.apps.insert(String::new(), (self.last_seq, at));
        }
        for (app, last, at) in counters {
            let counted = self.apps.remove(&app);
            found.expect(counted == Some((last, at)), Rule::RecordCounter, tenant, || {
                let list = if app.is_empty() { "all" } else { &app };
                let counted = counted.map_or(0, |(last, _)| last);
                format!("the list of {list} ends at {counted}, its counter says {last}")
            });
        }
        if let Some(app) = self.apps.keys().next() {
            found.note(Rule::RecordCounter, tenant, || format!("the list of `{app}` has none"));
        }
        let counted = self.serials.iter();
        let counted = counted.map(|(year, last)| (i64::from(*year), i64::try_from(*last)));
        let counted: Vec<_> =
            counted.map(|(year, last)| (year, last.unwrap_or(i64::MAX))).collect();
        found.expect(counted == series, Rule::Number, tenant, || {
            format!("the series ends at {series:?}, the invoices at {counted:?}")
        });
    }
}

fn read_lines(
    tenant: &str,
    record: &RecordRow,
    invoice: &InvoiceRow,
    lines: &[&InvoiceLine],
    found: &mut Findings,
) {
    let (mut net, mut tax) = (Sum::default(), Sum::default());
    for line in lines {
        net.add(line.amount);
        tax.add(line.tax_amount);
    }
    let mut asked = Sum::from(invoice.net);
    asked.add(invoice.tax);
    let are_numbered = (1..).zip(lines).all(|(number, line)| line.line == number);
    let add_up = net == invoice.net.into()
        && tax == invoice.tax.into()
        && asked == record.amount.into()
        && !lines.is_empty();
    found.expect(are_numbered && add_up, Rule::Lines, tenant, || {
        let (seq, amount) = (record.seq, Sum::from(record.amount));
        format!(
            "the {} lines of record {seq} are {net} and {tax} of tax, not {amount}",
            lines.len()
        )
    });
}

fn read_status(tenant: &str, record: &RecordRow, invoice: &InvoiceRow, found: &mut Findings) {
    let statuses = (RecordStatus::parse(&record.status), InvoiceStatus::parse(&invoice.status));
    let go_together = matches!(
        statuses,
        (
            Some(RecordStatus::Pending | RecordStatus::Failed),
            Some(InvoiceStatus::Issued | InvoiceStatus::Overdue)
        ) | (Some(RecordStatus::Paid), Some(InvoiceStatus::Paid))
            | (Some(RecordStatus::Refunded), Some(InvoiceStatus::Refunded))
            | (Some(RecordStatus::Void), Some(InvoiceStatus::Void))
    );
    found.expect(go_together, Rule::Status, tenant, || {
        format!("record {} is {}, its invoice {}", record.seq, record.status, invoice.status)
    });
    let mut due = Sum::from(invoice.total);
    for part in [invoice.credit_applied, invoice.noted, invoice.paid] {
        due.take(part);
    }
    let is_due = due != Sum::default();
    let fits = match statuses.1 {
        Some(InvoiceStatus::Paid) => !is_due,
        Some(InvoiceStatus::Issued | InvoiceStatus::Overdue) => is_due,
        _ => true,
    };
    found.expect(fits && !due.is_negative(), Rule::Due, tenant, || {
        format!("{} is {} with {due} due", invoice.number, invoice.status)
    });
}

fn read_dunning(tenant: &str, invoice: &InvoiceRow, found: &mut Findings) {
    let status = InvoiceStatus::parse(&invoice.status);
    let fits = match status {
        Some(InvoiceStatus::Overdue) => invoice.failed_at.is_some(),
        Some(InvoiceStatus::Issued) => true,
        _ => invoice.dunning_at.is_none(),
    };
    found.expect(fits, Rule::Dunning, tenant, || {
        let next = if invoice.dunning_at.is_some() { "a step" } else { "no step" };
        format!("{} is {} with {next} of its dunning left", invoice.number, invoice.status)
    });
}
