//! The months that transfers name: closed once, in order, after their end.

use countinghouse_core::{
    calendar::{Instant, Month, Zone},
    ledger::{PostingKind, Schedule},
};

use super::store::TransferRow;
use crate::{
    books::{
        report::{Findings, Rule},
        reports::Posted,
        revenue::Months,
    },
    db::Time,
};

/// How many seconds any zone is before or behind another at most.
const ZONES_SECONDS: i64 = 14 * 60 * 60;

/// The accounts whose transfers count in a month.
const OF_MONTHS: [&str; 3] = ["deferred_revenue", "revenue", "refunds"];

/// The months that were closed so far, and what they earned.
#[derive(Debug, Default)]
pub(super) struct Closings {
    closed: Option<Month>,
    months: Months,
    posted: Posted,
}

impl Closings {
    /// Judges what the next transfer says of its month.
    pub(super) fn read(&mut self, tenant: &str, row: &TransferRow, found: &mut Findings) {
        let touches =
            [&row.debit, &row.credit].into_iter().any(|it| OF_MONTHS.contains(&it.as_str()));
        let (Some(text), true) = (&row.month, touches) else {
            return found.expect(row.month.is_none() && !touches, Rule::Month, tenant, || {
                format!("transfer {} is of what is earned exactly if it names no month", row.seq)
            });
        };
        let (month, at) = (Month::parse(text).ok(), Time::instant(row.created_at).ok());
        let (Some(month), Some(at)) = (month, at) else {
            return found
                .note(Rule::Month, tenant, || format!("transfer {} is of {text}", row.seq));
        };
        let closes = PostingKind::parse(&row.kind) == Some(PostingKind::RevenueRecognised);
        let fits = if closes { self.may_close(month, at) } else { self.may_be_open(month, at) };
        let fits = fits && (!closes || row.cause_id == format!("revenue:{month}"));
        found.expect(fits, Rule::Month, tenant, || {
            let what = if closes { "closes" } else { "is of" };
            let last = self.closed.map_or("none".to_owned(), |month| month.to_string());
            format!("transfer {} {what} {month}, and the last that was closed is {last}", row.seq)
        });
        self.posted.add(month, row);
        if closes {
            let earned = if row.debit == "deferred_revenue" { row.amount } else { -row.amount };
            self.months.add(month, earned);
            self.closed = Some(month);
        }
    }

    /// Gives what the closed months earned with what those of the schedule will, and what was posted
    /// for any.
    pub(super) fn finish(
        mut self,
        tenant: &str,
        schedule: &Schedule,
        found: &mut Findings,
    ) -> (Months, Posted) {
        found.expect(schedule.closed() == self.closed, Rule::Month, tenant, || {
            "another month is the last that was closed than the book says".to_owned()
        });
        for (month, amount) in schedule.months() {
            self.months.add(*month, amount.units());
        }
        (self.months, self.posted)
    }

    /// Whether a month was not closed yet and is over in some zone.
    fn may_close(&self, month: Month, at: Instant) -> bool {
        self.closed < Some(month) && month.end_in(&Zone::UTC) <= later(at, ZONES_SECONDS)
    }

    /// Whether it is the month in some zone, or the first one after what was closed.
    fn may_be_open(&self, month: Month, at: Instant) -> bool {
        let some = |seconds| Month::at(later(at, seconds), &Zone::UTC);
        let is_present = (some(-ZONES_SECONDS)..=some(ZONES_SECONDS)).contains(&month);
        let follows = self.closed.is_some_and(|closed| closed.next() == Some(month));
        self.closed < Some(month) && (is_present || follows)
    }
}

fn later(at: Instant, seconds: i64) -> Instant {
    at.plus_seconds(seconds).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(month: Option<&str>, kind: &str, at: &str) -> TransferRow {
        let (debit, credit) = match kind {
            "revenue_recognised" => ("deferred_revenue", "revenue"),
            "money_received" => ("cash", "receivable"),
            _ => ("receivable", "deferred_revenue"),
        };
        TransferRow {
            seq: 1,
            cause_id: format!("revenue:{}", month.unwrap_or_default()),
            leg: 1,
            kind: kind.to_owned(),
            debit: debit.to_owned(),
            credit: credit.to_owned(),
            amount: 5,
            created_at: Instant::parse(at).unwrap().into(),
            credit_seq: None,
            source: None,
            source_seq: None,
            balance_after: None,
            month: month.map(str::to_owned),
        }
    }

    fn breaks(rows: &[TransferRow]) -> Vec<String> {
        let (mut closings, mut found) = (Closings::default(), Findings::default());
        for row in rows {
            closings.read("acme", row, &mut found);
        }
        found.into_breaks().into_iter().map(|it| it.words).collect()
    }

    fn issued(month: &str, at: &str) -> TransferRow {
        row(Some(month), "invoice_issued", at)
    }

    fn closed(month: &str, at: &str) -> TransferRow {
        row(Some(month), "revenue_recognised", at)
    }

    fn sound() -> Vec<TransferRow> {
        vec![
            issued("2026-01", "2026-01-15T00:00:00Z"),
            row(None, "money_received", "2026-01-16T00:00:00Z"),
            closed("2026-01", "2026-01-31T10:00:00Z"),
            issued("2026-02", "2026-01-31T10:00:00Z"),
            closed("2026-02", "2026-03-05T00:00:00Z"),
            issued("2026-03", "2026-03-05T00:00:00Z"),
        ]
    }

    #[test]
    fn months_are_closed_in_order_and_take_nothing_then() {
        assert_eq!(breaks(&sound()), Vec::<String>::new());
        let at = "2026-03-05T00:00:00Z";
        for broken in [
            issued("2026-02", at),
            closed("2026-02", at),
            closed("2026-03", at),
            issued("2026-05", at),
            issued("March", at),
            row(None, "invoice_issued", at),
            row(Some("2026-03"), "money_received", at),
            TransferRow {
                cause_id: "revenue:2026-04".to_owned(),
                ..closed("2026-03", "2026-04-01T00:00:00Z")
            },
        ] {
            let mut rows = sound();
            rows.push(broken);
            assert_eq!(breaks(&rows).len(), 1, "{:?}", rows.last());
        }
    }
}
