//! What holds of a tenant at the end of every day.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use countinghouse::db::{Purpose, Stmt, Time, Tx};
use serde_json::Value;

use super::{
    calendar::{Zone, months_after},
    metering, revenue,
    world::{Seen, World, second},
};

/// How long a quote holds, in seconds.
pub(super) const QUOTE_SECONDS: i64 = 15 * 60;

/// An event of every kind, as the chain has it for ever.
const GOLDEN: &str = include_str!("../../../../core/src/chain/golden/kinds_v1.txt");

/// An invoice as it is stored, with the sums of its record and lines.
#[derive(Debug, sqlx::FromRow)]
struct Invoice {
    number: String,
    subscription_id: Option<String>,
    kind: String,
    status: String,
    period_start: Time,
    due_at: Time,
    failed_at: Option<Time>,
    reopened_at: Option<Time>,
    net: i64,
    tax: i64,
    total: i64,
    settled: i64,
    /// What was noted, and what was refunded of that; what is held for refunds.
    noted: i64,
    refunded: i64,
    refunding: i64,
    record: i64,
    lines_net: i64,
    lines_tax: i64,
}

/// Fails unless all that is stored of a tenant fits together.
pub(super) async fn check(world: &World, tenant: usize) {
    let mut tx = world.server.env.db.snapshot(Purpose::Page).await.unwrap();
    let name = world.tenants[tenant].name.as_str();
    let invoices = invoices(&mut tx, name).await;
    documents(&invoices);
    numbers(&mut tx, name, &invoices).await;
    ledger(&mut tx, name, &invoices).await;
    credited(&mut tx, name, &invoices).await;
    revenue::check(&mut tx, name).await;
    metering::check(&mut tx, name).await;
    periods(&mut tx, name).await;
    tx.rollback().await.unwrap();
    let Some(seen) = world.seen(tenant).await.filter(Seen::is_live) else { return };
    boundary(&seen);
    standing(&seen, &invoices, world.ran_at);
}

/// A subscription is overdue exactly if an invoice of it is: one of which a payment failed, or that
/// was due before what is due was run last.
fn standing(seen: &Seen, invoices: &[Invoice], ran_at: i64) {
    let own =
        invoices.iter().filter(|it| it.subscription_id.as_deref() == Some(&*seen.subscription_id));
    let open = own.filter(|it| ["issued", "overdue"].contains(&it.status.as_str()));
    let was_due = |it: &Invoice| it.reopened_at.map_or(it.due_at.0, |at| at.0.max(it.due_at.0));
    let is_late = |it: &Invoice| it.failed_at.is_some() || was_due(it) < ran_at * 1_000_000;
    let late: Vec<&Invoice> = open.filter(|it| is_late(it)).collect();
    let is_overdue = ["past_due", "suspended"].contains(&seen.status.as_str());
    assert_eq!(is_overdue, !late.is_empty(), "{seen:?} {late:?} at {ran_at}");
}

async fn invoices(tx: &mut Tx, tenant: &str) -> Vec<Invoice> {
    let stmt = Stmt::new(
        "SELECT i.number, i.subscription_id, i.kind, i.status, i.period_start, i.due_at,
            i.failed_at, i.reopened_at, i.net, i.tax, i.total, i.credit_applied + i.noted + i.paid AS settled, i.noted + i.returned + i.refunded AS noted, i.refunded, i.refunding,
            r.amount AS record, CAST(SUM(l.amount) AS BIGINT) AS lines_net,
            CAST(SUM(l.tax_amount) AS BIGINT) AS lines_tax
         FROM invoice AS i
         JOIN billing_record AS r ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq
         JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         WHERE i.tenant_id = $1
         GROUP BY i.number, i.subscription_id, i.kind, i.status, i.period_start, i.due_at,
            i.failed_at, i.reopened_at, i.net, i.tax, i.total, i.credit_applied, i.noted, i.paid, i.returned, i.refunded, i.refunding, r.amount, i.record_seq
         ORDER BY i.record_seq",
    );
    tx.fetch_all(stmt.bind(tenant)).await.unwrap()
}

/// An invoice is its lines and their tax, and is not settled by more; a period is billed once.
fn documents(invoices: &[Invoice]) {
    let mut periods = Vec::new();
    for it in invoices {
        assert_eq!((it.lines_net, it.lines_tax), (it.net, it.tax), "{it:?}");
        assert_eq!((it.net + it.tax, it.record), (it.total, it.total), "{it:?}");
        assert!(it.settled <= it.total && it.noted + it.refunding <= it.total, "{it:?}");
        assert!(it.status != "paid" || it.settled == it.total, "{it:?}");
        if it.kind == "period" {
            periods.push((it.subscription_id.as_deref(), it.period_start));
        }
    }
    let billed = periods.len();
    periods.sort_unstable();
    periods.dedup();
    assert_eq!(billed, periods.len(), "a period is billed twice: {invoices:#?}");
}

/// Numbers have no gap, in the order of the documents.
async fn numbers(tx: &mut Tx, tenant: &str, invoices: &[Invoice]) {
    let stmt = Stmt::new("SELECT number FROM credit_note WHERE tenant_id = $1 ORDER BY seq");
    let notes: Vec<(String,)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let numbers = invoices.iter().map(|it| &it.number).chain(notes.iter().map(|it| &it.0));
    for number in numbers {
        let (series, serial) = number.rsplit_once('-').unwrap();
        let last = last.entry(series).or_default();
        *last += 1;
        assert_eq!(serial.parse::<u64>().unwrap(), *last, "{number} of {tenant}");
    }
}

/// The balances of the ledger are those of the documents.
async fn ledger(tx: &mut Tx, tenant: &str, invoices: &[Invoice]) {
    let stmt = Stmt::new(
        "SELECT b.debit_receivable - b.credit_receivable, b.credit_credit - b.debit_credit,
            b.credit_wallet - b.debit_wallet,
            COALESCE((SELECT t.balance_after FROM ledger_transfer AS t
                WHERE t.tenant_id = b.tenant_id AND t.credit_seq = b.credit_seq), 0)
         FROM ledger_book AS b WHERE b.tenant_id = $1",
    );
    let book: Option<(i64, i64, i64, i64)> = tx.fetch_optional(stmt.bind(tenant)).await.unwrap();
    let (receivable, credit, wallet, balance) = book.unwrap_or_default();
    let open = invoices.iter().filter(|it| ["issued", "overdue"].contains(&it.status.as_str()));
    let due: i64 = open.map(|it| it.total - it.settled).sum();
    assert_eq!((receivable, credit), (due, balance), "{tenant}: {invoices:#?}");
    assert_eq!(wallet, invoices.iter().map(|it| it.refunded).sum::<i64>(), "{tenant}");
    assert!(credit >= 0);
}

/// What notes gave back is on invoices, and never more than these were over.
async fn credited(tx: &mut Tx, tenant: &str, invoices: &[Invoice]) {
    let stmt = Stmt::new(
        "SELECT invoice_number, CAST(SUM(total) AS BIGINT) FROM credit_note
         WHERE tenant_id = $1 AND status <> 'cancelled' GROUP BY invoice_number",
    );
    let notes: Vec<(String, i64)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    let notes: BTreeMap<String, i64> = notes.into_iter().collect();
    let stmt = Stmt::new(
        "SELECT invoice_number, CAST(SUM(amount) AS BIGINT) FROM refund_approval
         WHERE tenant_id = $1 AND deleted_at IS NULL
            AND status IN ('submitted', 'approved', 'executing') GROUP BY invoice_number",
    );
    let held: Vec<(String, i64)> = tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    let held: BTreeMap<String, i64> = held.into_iter().collect();
    for it in invoices.iter().filter(|it| it.status != "void") {
        let of = |sums: &BTreeMap<String, i64>| sums.get(&it.number).copied().unwrap_or(0);
        assert_eq!((it.noted, it.refunding), (of(&notes), of(&held)), "{it:?}");
    }
}

/// Each period begins where the one before ended, or where somebody cut it.
async fn periods(tx: &mut Tx, tenant: &str) {
    let stmt = Stmt::new(
        "SELECT subscription_id, kind, payload, created_at FROM chain_event
         WHERE tenant_id = $1 ORDER BY seq",
    );
    let events: Vec<(String, String, String, Time)> =
        tx.fetch_all(stmt.bind(tenant)).await.unwrap();
    let mut now: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (subscription, kind, payload, at) in &events {
        let payload: Value = serde_json::from_str(payload).unwrap();
        members(kind, &payload);
        if payload["kind"] == "usage" {
            // Of a metering month.
            continue;
        }
        let time = |name: &str| payload[name].as_str().map(second);
        let before = now.get(subscription.as_str()).copied();
        if kind == "subscription.trial_extended" {
            let (start, end) = before.unwrap();
            let later = time("trial_end").unwrap();
            assert!(later > end, "{payload}");
            now.insert(subscription, (start, later));
        }
        let (Some(start), Some(end)) = (time("period_start"), time("period_end")) else { continue };
        let at = at.0 / 1_000_000;
        if let Some((before_start, before_end)) = before {
            let follows = start == before_end;
            let goes_on = start == before_start;
            let fits = match kind.as_str() {
                "subscription.renewed" => follows,
                "subscription.plan_rolled_back" => start <= at,
                // With a quote a change begins when that was given.
                "subscription.plan_changed" => {
                    (goes_on && end == before_end) || (at - QUOTE_SECONDS..=at).contains(&start)
                }
                _ => (goes_on && end == before_end) || start == at,
            };
            assert!(fits, "{tenant} {kind} {payload} after {before:?} at {at}");
        }
        assert!(start < end);
        now.insert(subscription, (start, end));
    }
}

/// The payloads of the golden events, by kind.
static GOLDEN_PAYLOADS: LazyLock<HashMap<&str, Value>> = LazyLock::new(|| {
    let payload = |event: &'static str| {
        let mut lines = event.lines().skip(4);
        let kind = lines.next()?;
        Some((kind, serde_json::from_str(lines.nth(1)?).unwrap()))
    };
    GOLDEN.split("\n\n").filter_map(payload).collect()
});

/// An event says nothing that the golden one of its kind does not.
fn members(kind: &str, payload: &Value) {
    let golden = &GOLDEN_PAYLOADS[kind];
    for (name, value) in payload.as_object().unwrap() {
        let like = |it: &Value| std::mem::discriminant(it) == std::mem::discriminant(value);
        assert!(golden.get(name).is_some_and(like), "{kind} says {name}: {payload}");
    }
}

/// A period ends at the boundary that its anchor gives, counted from the first.
fn boundary(seen: &Seen) {
    if seen.status == "trial" {
        return;
    }
    let zone = Zone::named(&seen.timezone);
    let months = if seen.billing_cycle == "yearly" { 12 } else { 1 };
    let end = zone.instant(months_after(&seen.anchor, months * seen.period_number));
    assert_eq!(seen.period_end.0, end * 1_000_000, "{seen:?}");
}
