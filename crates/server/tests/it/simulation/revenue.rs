//! What each month earns, counted by days, against what was recognised and is still deferred.

use std::collections::BTreeMap;

use countinghouse::db::{Stmt, Time, Tx};
use jiff::{ToSpan as _, civil::date};

use super::{
    calendar::{Zone, share},
    world::DAY,
};

/// What months earn, by `YYYY-MM`.
type Months = BTreeMap<String, i64>;

/// Days from one, counted from 1970, up to another; the first alone where they are the same.
struct Days(i64, i64);

impl Days {
    fn of_dates(from: &str, until: &str) -> Self {
        let number = |text: &str| {
            let day: jiff::civil::Date = text.parse().unwrap();
            i64::from((day - date(1970, 1, 1)).get_days())
        };
        Self(number(from), number(until))
    }

    /// Adds what the days of each month earn to it, or to `open` where that is later.
    fn earn(&self, months: &mut Months, units: i64, open: Option<&str>) {
        let Some(open) = open else { return };
        let Self(from, until) = *self;
        let until = until.max(from + 1);
        let (mut day, mut earned) = (from, 0);
        while day < until {
            let date = date(1970, 1, 1) + day.days();
            let left = i64::from(date.days_in_month() - date.day()) + 1;
            day = until.min(day + left);
            let up_to = share(units, day - from, until - from);
            let month = format!("{:04}-{:02}", date.year(), date.month());
            *months.entry(month.max(open.to_owned())).or_default() += up_to - earned;
            earned = up_to;
        }
    }
}

#[derive(sqlx::FromRow)]
struct Line {
    amount: i64,
    timezone: String,
    issued_at: Time,
    service_start: Option<Time>,
    service_end: Option<Time>,
    month: Option<String>,
    voided: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Note {
    net: i64,
    service_from: String,
    service_until: String,
    month: Option<String>,
    cancelled: Option<String>,
}

/// Every month earns what its days do, be it closed or not, and what is deferred is their sum.
pub(super) async fn check(tx: &mut Tx, tenant: &str) {
    let (mut by_days, mut booked) = (Months::new(), Months::new());
    for line in lines(tx, tenant).await {
        let zone = Zone::named(&line.timezone);
        let day = |at: Time| zone.local(at.0 / 1_000_000).div_euclid(DAY);
        // What has no days is earned on that of its issue.
        let issued = day(line.issued_at);
        let days =
            Days(line.service_start.map_or(issued, day), line.service_end.map_or(issued, day));
        days.earn(&mut by_days, line.amount, line.month.as_deref());
        days.earn(&mut by_days, -line.amount, line.voided.as_deref());
    }
    for note in notes(tx, tenant).await {
        let days = Days::of_dates(&note.service_from, &note.service_until);
        days.earn(&mut by_days, -note.net, note.month.as_deref());
        days.earn(&mut by_days, note.net, note.cancelled.as_deref());
    }
    for (month, units) in recognised(tx, tenant).await {
        assert_eq!(booked.insert(month.clone(), units), None, "{tenant}: {month} was closed twice");
    }
    let (deferred, balance) = deferred(tx, tenant).await;
    assert_eq!(deferred.iter().map(|it| it.1).sum::<i64>(), balance, "{tenant}: {deferred:?}");
    for (month, units) in deferred {
        assert_eq!(booked.insert(month.clone(), units), None, "{tenant}: {month} was closed");
    }
    by_days.retain(|_, units| *units != 0);
    assert_eq!(by_days, booked, "{tenant}");
}

async fn lines(tx: &mut Tx, tenant: &str) -> Vec<Line> {
    let stmt = Stmt::new(
        "SELECT l.amount, i.timezone, i.issued_at, l.service_start, l.service_end,
            (SELECT MIN(t.month) FROM ledger_transfer AS t WHERE t.tenant_id = i.tenant_id
                AND t.cause_id = 'inv:' || i.number AND t.month IS NOT NULL AND 'deferred_revenue' IN (t.debit, t.credit)) AS month,
            (SELECT MIN(t.month) FROM ledger_transfer AS t WHERE t.tenant_id = i.tenant_id
                AND t.cause_id = 'inv:' || i.number || ':void' AND t.month IS NOT NULL AND 'deferred_revenue' IN (t.debit, t.credit)) AS voided
         FROM invoice AS i
         JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         WHERE i.tenant_id = $1",
    );
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

async fn notes(tx: &mut Tx, tenant: &str) -> Vec<Note> {
    let stmt = Stmt::new(
        "SELECT s.net, s.service_from, s.service_until,
            (SELECT MIN(t.month) FROM ledger_transfer AS t WHERE t.tenant_id = s.tenant_id
                AND t.cause_id = 'cn:' || s.number AND t.month IS NOT NULL AND 'deferred_revenue' IN (t.debit, t.credit)) AS month,
            (SELECT MIN(t.month) FROM ledger_transfer AS t WHERE t.tenant_id = s.tenant_id
                AND t.cause_id = 'cn:' || s.number || ':cancel' AND t.month IS NOT NULL AND 'deferred_revenue' IN (t.debit, t.credit)) AS cancelled
         FROM credit_note_service AS s WHERE s.tenant_id = $1 AND NOT s.earned",
    );
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

async fn recognised(tx: &mut Tx, tenant: &str) -> Vec<(String, i64)> {
    let stmt = Stmt::new(
        "SELECT month, CASE WHEN debit = 'deferred_revenue' THEN amount ELSE -amount END
         FROM ledger_transfer WHERE tenant_id = $1 AND kind = 'revenue_recognised'",
    );
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

/// What months to come earn, and the balance of what is deferred.
async fn deferred(tx: &mut Tx, tenant: &str) -> (Vec<(String, i64)>, i64) {
    let stmt = Stmt::new(
        "SELECT deferred, credit_deferred_revenue - debit_deferred_revenue
         FROM ledger_book WHERE tenant_id = $1",
    );
    let row: Option<(String, i64)> = tx.fetch_optional(stmt.bind(tenant)).await.unwrap();
    let (text, balance) = row.unwrap_or_default();
    let entry = |it: &str| {
        let (month, units) = it.split_once(':').unwrap();
        (month.to_owned(), units.parse().unwrap())
    };
    (text.split_whitespace().map(entry).collect(), balance)
}
