//! The credit notes of a tenant, page by page: against their parts, their invoices, the ledger, and
//! what changes of plan gave back.

mod postings;
mod store;

use std::collections::BTreeMap;

use countinghouse_core::invoicing::{NoteNumber, Series};

use self::{postings::Moved, store::NoteRow};
use super::{
    audit::Audit,
    documents,
    report::{Findings, Rule},
};
use crate::db::Error;

/// The notes as far as they were read.
#[derive(Debug, Default)]
struct Notes {
    last: i64,
    serials: BTreeMap<u16, u64>,
}

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    /// Goes through the credit notes of a tenant.
    pub(super) async fn notes(&mut self, tenant: &str) -> Result<(), Error> {
        let mut notes = Notes::default();
        loop {
            let page = store::page(&mut self.tx, tenant, notes.last).await?;
            let Some(end) = page.last().map(|note| note.seq) else { break };
            let causes = page.iter().flat_map(postings::causes).collect();
            let posted = documents::postings(&mut self.tx, tenant, causes).await?;
            let posted = Moved::by_cause(posted);
            for note in &page {
                notes.read(tenant, note, &mut self.found);
                postings::compare(tenant, note, &posted, &mut self.found);
            }
            notes.last = end;
        }
        let series = documents::series(&mut self.tx, tenant, Series::CreditNote.as_str()).await?;
        notes.finish(tenant, &series, &mut self.found);
        if let Some(invoice) = store::lowered_otherwise(&mut self.tx, tenant).await? {
            self.found.note(Rule::NoteInvoice, tenant, || {
                format!("{invoice} was not lowered by what its notes say")
            });
        }
        if let Some(invoice) = store::taken_back_too_much(&mut self.tx, tenant).await? {
            self.found.note(Rule::NoteInvoice, tenant, || {
                format!("notes take back more of {invoice} at a rate of tax than it has")
            });
        }
        if let Some(subscription) = store::given_back_too_much(&mut self.tx, tenant).await? {
            self.found.note(Rule::PeriodCredit, tenant, || {
                format!("more is given back of a period of {subscription} than was billed")
            });
        }
        Ok(())
    }
}

impl Notes {
    fn read(&mut self, tenant: &str, note: &NoteRow, found: &mut Findings) {
        let number = &note.number;
        let expected = self.last.saturating_add(1);
        found.expect(note.seq == expected, Rule::Note, tenant, || {
            format!("note {number} is at {}, where {expected} should be", note.seq)
        });
        self.last = note.seq;
        let parsed = number.parse::<NoteNumber>().ok();
        let serial = parsed.map(|it| {
            let last = self.serials.entry(it.year).or_default();
            *last += 1;
            (it.serial, *last)
        });
        let is_next = serial.is_some_and(|(serial, expected)| serial == expected);
        let sums = note.parts_net == note.net
            && note.parts_tax == note.tax
            && note.unearned.checked_add(note.earned) == Some(note.net);
        found.expect(is_next && sums, Rule::Note, tenant, || {
            format!("note {number} is out of its place, or is not the sum of its parts and days")
        });
    }

    fn finish(&self, tenant: &str, series: &[(i64, i64)], found: &mut Findings) {
        let counted = self.serials.iter();
        let counted = counted.map(|(year, last)| (i64::from(*year), i64::try_from(*last).ok()));
        let stored = series.iter().map(|(year, last)| (*year, Some(*last)));
        found.expect(counted.eq(stored), Rule::Note, tenant, || {
            "the numbers of the notes do not end where the series does".to_owned()
        });
    }
}
