//! Credit notes against the ledger: what each moved, account by account, and moved back if it was
//! cancelled.

use std::collections::HashMap;

use countinghouse_core::ledger::Account;

use super::store::NoteRow;
use crate::books::{
    documents::PostedRow,
    money::Sum,
    report::{Findings, Rule},
};

/// What a cause did to each account, in the order of [`Account::ALL`]: above zero what it credited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved([Sum; Account::ALL.len()]);

/// The causes of a note's postings: its issue, and its cancelling.
pub(super) fn causes(note: &NoteRow) -> [String; 2] {
    [format!("cn:{}", note.number), format!("cn:{}:cancel", note.number)]
}

/// Compares a note with what its causes did.
pub(super) fn compare(
    tenant: &str,
    note: &NoteRow,
    posted: &HashMap<String, Moved>,
    found: &mut Findings,
) {
    let issued = Moved::by(note, 1);
    let back = if note.status == "cancelled" { Moved::by(note, -1) } else { Moved::default() };
    let [issue, cancel] = causes(note).map(|it| posted.get(&it).copied().unwrap_or_default());
    found.expect((issue, cancel) == (issued, back), Rule::NotePosting, tenant, || {
        format!("the ledger has something else for note {}, which is {}", note.number, note.status)
    });
}

impl Moved {
    /// What postings did, by their causes.
    pub(super) fn by_cause(posted: Vec<PostedRow>) -> HashMap<String, Self> {
        let mut all: HashMap<String, Self> = HashMap::new();
        for row in posted {
            let moved = all.entry(row.cause_id).or_default();
            moved.credit(&row.credit, row.amount);
            moved.credit(&row.debit, row.amount.saturating_neg());
        }
        all
    }

    /// What a note is to have done, this way or backwards.
    fn by(note: &NoteRow, way: i64) -> Self {
        let mut moved = Self::default();
        for (account, units) in [
            (Account::DeferredRevenue, note.unearned.saturating_neg()),
            (Account::Refunds, note.earned.saturating_neg()),
            (Account::TaxPayable, note.tax.saturating_neg()),
            (Account::Receivable, note.lowered),
            (Account::Credit, note.returned),
        ] {
            moved.credit(account.as_str(), units.saturating_mul(way));
        }
        if let Some(from) = &note.paid_from {
            moved.credit(from, note.paid_out.saturating_mul(way));
        }
        moved
    }

    fn credit(&mut self, account: &str, units: i64) {
        let place = Account::ALL.iter().position(|it| it.as_str() == account);
        if let Some(sum) = place.and_then(|place| self.0.get_mut(place)) {
            sum.add(units);
        }
    }
}
