//! The transfers of a tenant, one by one, and the book that they must add up to.

mod months;
mod store;

use countinghouse_core::ledger::{Account, BookState, PostingKind, Source};

use self::months::Closings;
pub(super) use self::store::{TransferRow, posted_twice, transfers};
use super::{
    fingerprint::{Fingerprint, Posted},
    money::Sum,
    report::{Findings, Rule},
    reports,
    revenue::Months,
};
use crate::db::Time;

/// What the transfers of a tenant come to.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// What the causes of invoices did.
    pub(super) invoices: Fingerprint,
    /// What months earned, and what those to come will.
    pub(super) months: Months,
    /// What was posted for months, for reports.
    pub(super) posted: reports::Posted,
}

/// What the transfers read so far add up to.
#[derive(Debug)]
pub(super) struct Transfers<'a> {
    tenant: &'a str,
    last_seq: i64,
    last_at: Option<Time>,
    cause: String,
    kind: String,
    leg: i64,
    credit_seq: i64,
    source_seqs: [i64; Source::ALL.len()],
    balance: Sum,
    debits: [Sum; Account::ALL.len()],
    credits: [Sum; Account::ALL.len()],
    /// What the last cause did so far.
    posted: Posted,
    /// What the causes of invoices did.
    invoices: Fingerprint,
    closings: Closings,
}

impl<'a> Transfers<'a> {
    /// Has read nothing.
    pub(super) fn new(tenant: &'a str) -> Self {
        Self {
            tenant,
            last_seq: 0,
            last_at: None,
            cause: String::new(),
            kind: String::new(),
            leg: 0,
            credit_seq: 0,
            source_seqs: [0; Source::ALL.len()],
            balance: Sum::default(),
            debits: [Sum::default(); Account::ALL.len()],
            credits: [Sum::default(); Account::ALL.len()],
            posted: Posted::default(),
            invoices: Fingerprint::default(),
            closings: Closings::default(),
        }
    }

    /// Judges the next transfer.
    pub(super) fn read(&mut self, row: TransferRow, found: &mut Findings) {
        let (tenant, seq) = (self.tenant, row.seq);
        found.expect(seq == self.last_seq.saturating_add(1), Rule::TransferSeq, tenant, || {
            format!(
                "transfer {} is missing or out of its place, {seq} comes",
                self.last_seq.saturating_add(1)
            )
        });
        found.expect(self.last_at <= Some(row.created_at), Rule::TransferTime, tenant, || {
            format!("transfer {seq} is before the one before it")
        });
        self.read_cause(&row, found);
        self.read_way(&row, found);
        self.read_credit(&row, found);
        self.closings.read(tenant, &row, found);
        if row.cause_id != self.cause || row.leg == 1 {
            self.end_cause();
        }
        self.posted.add(&row.debit, &row.credit, row.amount);
        (self.last_seq, self.last_at) = (seq, Some(row.created_at));
        (self.cause, self.kind, self.leg) = (row.cause_id, row.kind, row.leg);
    }

    /// Notes what the last cause did, if it is an invoice's.
    fn end_cause(&mut self) {
        let posted = std::mem::take(&mut self.posted);
        if self.cause.starts_with("inv:") {
            self.invoices.add(&self.cause, posted);
        }
    }

    fn read_cause(&self, row: &TransferRow, found: &mut Findings) {
        let continues = row.leg == self.leg.saturating_add(1)
            && row.cause_id == self.cause
            && row.kind == self.kind
            && Some(row.created_at) == self.last_at;
        found.expect(row.leg == 1 || continues, Rule::TransferCause, self.tenant, || {
            format!(
                "transfer {} is number {} of `{}`, and does not follow the one before it",
                row.seq, row.leg, row.cause_id
            )
        });
    }

    fn read_way(&mut self, row: &TransferRow, found: &mut Findings) {
        let accounts = (Account::parse(&row.debit), Account::parse(&row.credit));
        let is_known = match (PostingKind::parse(&row.kind), accounts) {
            (Some(kind), (Ok(debit), Ok(credit))) => kind.moves(debit, credit),
            _ => false,
        };
        found.expect(is_known && row.amount > 0, Rule::TransferWay, self.tenant, || {
            let TransferRow { seq, kind, debit, credit, amount, .. } = row;
            format!("transfer {seq} is {kind} of {} from {debit} to {credit}", Sum::from(*amount))
        });
        if let Some(place) = place_of(&row.debit) {
            self.debits[place].add(row.amount);
        }
        if let Some(place) = place_of(&row.credit) {
            self.credits[place].add(row.amount);
        }
    }

    fn read_credit(&mut self, row: &TransferRow, found: &mut Findings) {
        let (tenant, seq) = (self.tenant, row.seq);
        match (row.debit == "credit", row.credit == "credit") {
            (true, false) => self.balance.take(row.amount),
            (false, true) => self.balance.add(row.amount),
            _ => {
                let has_none = row.credit_seq.is_none() && row.balance_after.is_none();
                return found.expect(has_none, Rule::CreditSeq, tenant, || {
                    format!("transfer {seq} is a credit transaction and does not touch `credit`")
                });
            }
        }
        let expected = self.credit_seq.saturating_add(1);
        found.expect(row.credit_seq == Some(expected), Rule::CreditSeq, tenant, || {
            format!("transfer {seq} should be credit transaction {expected}")
        });
        self.credit_seq = row.credit_seq.unwrap_or(expected);
        self.read_source(row, found);
        let balance = self.balance;
        let is_right = row.balance_after.map(Sum::from) == Some(balance);
        found.expect(is_right && !balance.is_negative(), Rule::CreditBalance, tenant, || {
            let told = row.balance_after.map(Sum::from).unwrap_or_default();
            format!("transfer {seq} leaves a balance of {balance}, and says {told}")
        });
    }

    fn read_source(&mut self, row: &TransferRow, found: &mut Findings) {
        let source = row.source.as_deref().and_then(|it| Source::parse(it).ok());
        let place = source.and_then(|source| Source::ALL.iter().position(|it| *it == source));
        let expected = place.map(|place| self.source_seqs[place].saturating_add(1));
        found.expect(
            expected.is_some() && row.source_seq == expected,
            Rule::SourceSeq,
            self.tenant,
            || format!("transfer {} is not the next of its source", row.seq),
        );
        if let (Some(place), Some(seq)) = (place, row.source_seq) {
            self.source_seqs[place] = seq;
        }
    }

    /// Compares the end with the book, and gives what the transfers come to.
    pub(super) fn finish(mut self, book: &BookState, found: &mut Findings) -> Read {
        self.end_cause();
        let tenant = self.tenant;
        let counters = (book.last_seq, book.credit_seq, book.source_seqs);
        found.expect(
            counters == (self.last_seq, self.credit_seq, self.source_seqs),
            Rule::Book,
            tenant,
            || {
                let (seq, credit_seq) = (self.last_seq, self.credit_seq);
                format!(
                    "it counts {counters:?}, and there are {seq} transfers, {credit_seq} of credit"
                )
            },
        );
        found.expect(book.last_at.map(Time::from) == self.last_at, Rule::Book, tenant, || {
            "it has another time for the last transfer".to_owned()
        });
        let sides =
            [(&book.debits, self.debits, "debits"), (&book.credits, self.credits, "credits")];
        for (booked, summed, side) in sides {
            for ((account, booked), summed) in Account::ALL.iter().zip(booked).zip(summed) {
                found.expect(Sum::from(booked.units()) == summed, Rule::Book, tenant, || {
                    format!("its {side} of {account} are {booked}, and the transfers' are {summed}")
                });
            }
        }
        let (months, posted) = self.closings.finish(tenant, &book.schedule, found);
        Read { invoices: self.invoices, months, posted }
    }
}

fn place_of(account: &str) -> Option<usize> {
    Account::ALL.iter().position(|it| it.as_str() == account)
}
