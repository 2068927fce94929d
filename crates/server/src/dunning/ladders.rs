//! All invoices of a tenant on their ladders, when the policy changes.

use std::collections::BTreeMap;

use countinghouse_core::{
    dunning::{Policy, Step},
    invoicing::{Invoice, InvoiceNumber},
};

use super::store;
use crate::{
    db::{Error, Tx},
    invoicing,
};

/// The invoices of a tenant that fail, and the steps that were taken for them.
#[derive(Debug)]
pub(super) struct Ladders {
    failing: Vec<Invoice>,
    done: BTreeMap<InvoiceNumber, Vec<Step>>,
}

impl Ladders {
    pub(super) async fn load(tx: &mut Tx, tenant: &str) -> Result<Self, Error> {
        let failing = invoicing::failing_invoices(tx, tenant).await?;
        let failing: Vec<Invoice> = failing.into_iter().map(|(invoice, _)| invoice).collect();
        let numbers = failing.iter().map(|invoice| invoice.number);
        let mut done: BTreeMap<_, Vec<Step>> = BTreeMap::new();
        for (number, step) in store::of_invoices(tx, tenant, numbers).await? {
            done.entry(number).or_default().push(step);
        }
        Ok(Self { failing, done })
    }

    /// The invoices whose next step is at another instant by `policy`.
    pub(super) fn moved(mut self, policy: Policy) -> Vec<Invoice> {
        let mut moved = Vec::new();
        for mut invoice in self.failing {
            let done = self.done.remove(&invoice.number).unwrap_or_default();
            // A step that a trial puts off is found not to be due yet, then.
            let next = invoice.ladder(policy, None).next(&done).map(|step| step.at);
            if invoice.dunning.next_at != next {
                invoice.dunning.next_at = next;
                moved.push(invoice);
            }
        }
        moved
    }
}
