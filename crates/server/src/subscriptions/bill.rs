//! What a period of a subscription is billed as.

use countinghouse_core::{
    calendar::Cycle,
    catalog::Plan,
    invoicing::{InvoiceKind, PricedLine, RecordType},
    money::UnitPrice,
    subscriptions::Subscription,
    tenants::TaxTerms,
};

use crate::invoicing::{Bill, Payment};

/// The bill for the whole running period, at what the subscription costs in it.
pub(super) fn of_period(it: &Subscription, plan: &Plan, terms: TaxTerms) -> Bill {
    let cycle = match it.cycle {
        Cycle::Monthly => "Monthly",
        Cycle::Yearly => "Yearly",
    };
    let description = format!("{} {cycle} Subscription", plan.display_name);
    let line = PricedLine {
        description: description.clone(),
        resource_type: RecordType::Subscription.as_str().to_owned(),
        quantity: 1,
        unit_price: UnitPrice::from(it.amount),
        service: Some(it.period),
    };
    Bill {
        subscription: it.id,
        app: None,
        kind: InvoiceKind::Period,
        record_type: RecordType::Subscription,
        description,
        lines: vec![line],
        terms,
        currency: it.currency,
        period: it.period,
        use_credit: true,
        payment: Payment::Awaited,
        payment_method: None,
    }
}
