//! The credit notes of a tenant, page by page: against their parts, their invoices, the ledger, and
//! what changes of plan gave back.

mod store;

use std::collections::BTreeMap;

use countinghouse_core::invoicing::{NoteNumber, Series};

use self::store::NoteRow;
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
            for note in &page {
                notes.read(tenant, note, &mut self.found);
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
        let sums = note.parts_net == note.net && note.parts_tax == note.tax;
        found.expect(is_next && sums, Rule::Note, tenant, || {
            format!("note {number} is out of its place, or is not the sum of its parts")
        });
        let posted = (note.posted_due, note.posted_credit) == (note.lowered, note.returned);
        let back = match note.status.as_str() {
            "cancelled" => (note.lowered, note.returned),
            _ => (0, 0),
        };
        let undone = (note.undone_due, note.undone_credit) == back;
        found.expect(posted && undone, Rule::NotePosting, tenant, || {
            format!("the ledger has something else for note {number}, which is {}", note.status)
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
