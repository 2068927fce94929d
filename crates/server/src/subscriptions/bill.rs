//! What a period is billed as.

use countinghouse_core::{
    calendar::Cycle,
    catalog::Plan,
    invoicing::{InvoiceKind, PricedLine, RecordType},
    money::UnitPrice,
    subscriptions::Subscription,
};

use crate::invoicing::{Bill, Ground, Payment};

/// The bill for the whole of the period that a subscription stands in.
pub(super) fn period_bill(it: &Subscription, plan: &Plan, ground: &Ground) -> Bill {
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
        terms: ground.profile.tax,
        currency: it.currency,
        period: it.period,
        use_credit: true,
        payment: Payment::Awaited,
        payment_method: None,
    }
}
