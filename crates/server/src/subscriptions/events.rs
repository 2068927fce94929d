//! What the chain says of subscriptions. The shapes are frozen: an event is hashed as it was written.

use countinghouse_core::{
    chain::{EventKind, Payload},
    invoicing::{Draft, InvoiceNumber},
    subscriptions::Subscription,
};

/// A kind of event, and what it says.
pub(super) type Event = (EventKind, Payload);

/// It began.
pub(super) fn created(it: &Subscription) -> Event {
    let payload = Payload::new()
        .text("plan", it.plan.as_str())
        .text("status", it.status.as_str())
        .text("billing_cycle", it.cycle.as_str())
        .text("currency", it.currency.as_str())
        .amount("amount", it.amount)
        .boolean("auto_renew", it.auto_renew)
        .instant("period_start", it.period.start())
        .instant("period_end", it.period.end());
    (EventKind::SubscriptionCreated, payload)
}

/// Its next period began, however late that was seen.
pub(super) fn renewed(it: &Subscription) -> Event {
    let payload = Payload::new()
        .text("plan", it.plan.as_str())
        .text("status", it.status.as_str())
        .text("billing_cycle", it.cycle.as_str())
        .text("currency", it.currency.as_str())
        .amount("amount", it.amount)
        .integer("period_number", i64::from(it.period_number))
        .instant("period_start", it.period.start())
        .instant("period_end", it.period.end());
    (EventKind::SubscriptionRenewed, payload)
}

/// It ended with its period, under the name of that end.
pub(super) fn ended(it: &Subscription) -> Event {
    let payload = Payload::new()
        .text("plan", it.plan.as_str())
        .text("status", it.status.as_str())
        .instant("period_end", it.period.end());
    (EventKind::SubscriptionEnded, payload)
}

/// An invoice of it failed; access is kept.
pub(super) fn past_due(invoice: InvoiceNumber) -> Event {
    (EventKind::SubscriptionPastDue, about(invoice))
}

/// The days of grace of an invoice are over.
pub(super) fn suspended(invoice: InvoiceNumber) -> Event {
    (EventKind::SubscriptionSuspended, about(invoice))
}

/// It ended because an invoice was not paid to the last day.
pub(super) fn ended_unpaid(it: &Subscription, invoice: InvoiceNumber) -> Event {
    let (kind, payload) = ended(it);
    (kind, payload.text("unpaid_invoice", invoice.to_string()))
}

/// It ended at once, and what was left of its period was given back.
pub(super) fn ended_now(it: &Subscription, back: &Draft) -> Event {
    let (kind, payload) = ended(it);
    let payload = payload.text("currency", it.currency.as_str());
    (kind, payload.amount("net", back.net).amount("tax", back.tax))
}

/// Its plan or cycle was changed, and that came to these lines.
pub(super) fn plan_changed(it: &Subscription, draft: &Draft) -> Event {
    let payload = bought(it).amount("net", draft.net).amount("tax", draft.tax);
    (EventKind::PlanChanged, payload)
}

/// A change of its plan was undone.
pub(super) fn plan_rolled_back(it: &Subscription) -> Event {
    (EventKind::PlanRolledBack, bought(it))
}

/// Whether it goes on after its period was changed, or what it goes on with.
pub(super) fn renewal_changed(it: &Subscription) -> Event {
    let payload = Payload::new()
        .boolean("auto_renew", it.auto_renew)
        .boolean("cancel_at_period_end", it.cancel_at_period_end);
    let payload = match &it.next {
        Some(next) => {
            payload.text("next_plan", next.plan.as_str()).text("next_cycle", next.cycle.as_str())
        }
        None => payload,
    };
    (EventKind::RenewalChanged, payload)
}

/// Its trial was made longer.
pub(super) fn trial_extended(it: &Subscription) -> Event {
    (EventKind::TrialExtended, Payload::new().instant("trial_end", it.period.end()))
}

/// Its trial was cut short, and its first paid period began.
pub(super) fn trial_ended(it: &Subscription) -> Event {
    (EventKind::TrialEnded, bought(it))
}

/// The last invoice that had failed is paid: it serves again, in this period.
pub(super) fn restored(it: &Subscription, invoice: InvoiceNumber) -> Event {
    let payload = about(invoice)
        .text("plan", it.plan.as_str())
        .text("status", it.status.as_str())
        .text("billing_cycle", it.cycle.as_str())
        .text("currency", it.currency.as_str())
        .amount("amount", it.amount)
        .instant("period_start", it.period.start())
        .instant("period_end", it.period.end());
    (EventKind::SubscriptionRestored, payload)
}

fn about(invoice: InvoiceNumber) -> Payload {
    Payload::new().text("invoice_number", invoice.to_string())
}

fn bought(it: &Subscription) -> Payload {
    Payload::new()
        .text("plan", it.plan.as_str())
        .text("billing_cycle", it.cycle.as_str())
        .text("currency", it.currency.as_str())
        .amount("amount", it.amount)
        .instant("period_start", it.period.start())
        .instant("period_end", it.period.end())
}
