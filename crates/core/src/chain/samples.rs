//! An event of every kind, as the service says it, for tests.

use super::{Event, EventKind, Head, NewEvent, Payload};
use crate::{
    calendar::Instant,
    id::{SubscriptionId, TenantId},
    money::Amount,
};

/// A chain of one event of every kind, with every member that it may have.
pub(super) fn every_kind() -> Vec<Event> {
    chain_of(1, said())
}

/// A chain of these events, numbered from `first`, a second apart.
pub(super) fn chain_of(
    first: i64,
    said: impl IntoIterator<Item = (EventKind, Payload)>,
) -> Vec<Event> {
    let tenant = TenantId::parse("acme").expect("an id");
    let mut head = Head::GENESIS;
    let mut events = Vec::new();
    for (seq, (kind, payload)) in (first..).zip(said) {
        let event = head.append(&NewEvent {
            seq,
            tenant: &tenant,
            subscription: SubscriptionId::from_parts(1_775_032_200_000, 42),
            kind,
            at: Instant::from_second(1_775_032_200 + seq).expect("in range"),
            payload: &payload,
        });
        head = event.head();
        events.push(event);
    }
    events
}

fn said() -> Vec<(EventKind, Payload)> {
    let of_invoices = [
        (EventKind::InvoiceIssued, issued()),
        (EventKind::CreditApplied, invoice().amount("amount", cents(1_000))),
        (EventKind::PaymentFailed, invoice().amount("due", cents(9_494))),
        (EventKind::InvoicePaid, invoice().amount("received", cents(9_494))),
        (EventKind::InvoiceVoided, invoice().amount("total", cents(10_494))),
        (EventKind::NoteIssued, noted()),
        (EventKind::NoteCancelled, note().amount("total", cents(5_247))),
        (EventKind::RefundPaid, refunded()),
    ];
    let mut all = of_subscriptions();
    all.extend(of_invoices);
    all
}

fn of_subscriptions() -> Vec<(EventKind, Payload)> {
    let number = || Payload::new().text("invoice_number", "INV-2026-000001");
    let with_status = |payload: Payload, status: &str| payload.text("status", status);
    let ended = with_status(Payload::new().text("plan", "pro"), "cancelled")
        .instant("period_end", at("2026-05-01T08:30:00Z"))
        .text("currency", "CNY")
        .amount("net", cents(-4_950))
        .amount("tax", cents(-297))
        .text("unpaid_invoice", "INV-2026-000001");
    vec![
        (
            EventKind::SubscriptionCreated,
            with_status(bought(Payload::new()), "trial").boolean("auto_renew", true),
        ),
        (EventKind::TrialExtended, Payload::new().instant("trial_end", at("2026-04-30T08:30:00Z"))),
        (EventKind::TrialEnded, bought(Payload::new())),
        (
            EventKind::SubscriptionRenewed,
            with_status(bought(Payload::new()), "active").integer("period_number", 2),
        ),
        (
            EventKind::RenewalChanged,
            Payload::new()
                .boolean("auto_renew", true)
                .boolean("cancel_at_period_end", false)
                .text("next_plan", "basic")
                .text("next_cycle", "yearly"),
        ),
        (
            EventKind::PlanChanged,
            bought(Payload::new()).amount("net", cents(20_000)).amount("tax", cents(1_200)),
        ),
        (EventKind::PlanRolledBack, bought(Payload::new())),
        (EventKind::SubscriptionPastDue, number()),
        (EventKind::SubscriptionSuspended, number()),
        (EventKind::SubscriptionRestored, with_status(bought(number()), "active")),
        (EventKind::SubscriptionEnded, ended),
    ]
}

fn issued() -> Payload {
    invoice()
        .text("kind", "period")
        .amount("net", cents(9_900))
        .amount("tax", cents(594))
        .amount("total", cents(10_494))
        .amount("credit_applied", cents(1_000))
        .instant("period_start", at("2026-04-01T08:30:00Z"))
        .instant("period_end", at("2026-05-01T08:30:00Z"))
        .instant("due_at", at("2026-04-15T08:30:00Z"))
}

fn noted() -> Payload {
    note()
        .amount("net", cents(4_950))
        .amount("tax", cents(297))
        .amount("lowered", cents(5_247))
        .amount("returned", cents(0))
}

fn refunded() -> Payload {
    note()
        .text("refund", "ref_01KN42KTT0000000000000001A")
        .amount("net", cents(4_950))
        .amount("tax", cents(297))
        .amount("amount", cents(5_247))
}

fn note() -> Payload {
    Payload::new()
        .text("number", "CN-2026-000001")
        .text("invoice", "INV-2026-000001")
        .text("currency", "CNY")
}

fn invoice() -> Payload {
    Payload::new().text("number", "INV-2026-000001").text("currency", "CNY")
}

fn bought(payload: Payload) -> Payload {
    payload
        .text("plan", "pro")
        .text("billing_cycle", "monthly")
        .text("currency", "CNY")
        .amount("amount", cents(49_900))
        .instant("period_start", at("2026-04-01T08:30:00Z"))
        .instant("period_end", at("2026-05-01T08:30:00Z"))
}

fn cents(cents: i64) -> Amount {
    Amount::from_units(cents * 100)
}

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}
