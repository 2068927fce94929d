//! A subscription whose invoices failed, while a change of it takes them back.

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::Instant,
    invoicing::InvoiceNumber,
    subscriptions::{Status, Subscription},
};

use crate::{
    db::{Error, Tx},
    env::Env,
    invoicing::{self, Ground, Notes},
    subscriptions::events,
};

/// The invoices that failed of a subscription, and of which something is due.
#[derive(Debug, Default)]
pub(super) struct Overdue(BTreeSet<InvoiceNumber>);

impl Overdue {
    /// Loads them. There are none while nothing is past due.
    pub(super) async fn load(tx: &mut Tx, tenant: &str, of: &Subscription) -> Result<Self, Error> {
        if of.status != Status::PastDue {
            return Ok(Self::default());
        }
        let numbers = invoicing::failing_of_subscription(tx, tenant, of.id).await?;
        Ok(Self(numbers.into_iter().collect()))
    }

    /// Lets a subscription that is past due serve again where the change took back the last of what
    /// had failed; and the other way round, where what had failed is due again.
    pub(super) fn restore(
        mut self,
        after: &mut Subscription,
        notes: &Notes,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) {
        if let Some(number) = notes.failing_again().last() {
            if after.status == Status::Active {
                after.status = Status::PastDue;
                ground.tell(after.id, events::past_due(number), at, env);
            }
            return;
        }
        let last = notes.concluded().filter(|number| self.0.remove(number)).last();
        if let Some(last) = last.filter(|_| self.0.is_empty()) {
            after.status = Status::Active;
            ground.tell(after.id, events::restored(after, last), at, env);
        }
    }
}
