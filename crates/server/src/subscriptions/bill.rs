//! What a period of a subscription is billed as.

use countinghouse_core::{
    catalog::Plan,
    invoicing::{InvoiceKind, RecordType},
    subscriptions::{Subscription, period_line},
    tenants::TaxTerms,
};

use crate::invoicing::{Bill, Payment};

/// The bill for the whole running period, at what the subscription costs in it.
pub(super) fn of_period(it: &Subscription, plan: &Plan, terms: TaxTerms) -> Bill {
    let line = period_line(plan, it.cycle, it.amount, it.period);
    Bill {
        subscription: Some(it.into()),
        app: None,
        kind: InvoiceKind::Period,
        record_type: RecordType::Subscription,
        description: line.description.clone(),
        lines: vec![line],
        terms,
        currency: it.currency,
        period: it.period,
        use_credit: true,
        payment: Payment::Awaited,
        payment_method: None,
        due_days: None,
    }
}
