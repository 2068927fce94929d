//! A subscription whose invoices failed, while a change of it takes them back.

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::Instant,
    chain::{EventKind, Payload},
    invoicing::InvoiceNumber,
    subscriptions::{Status, Subscription},
};

use crate::{
    db::{Error, Tx},
    env::Env,
    invoicing::{self, Ground, Notes},
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
    /// had failed.
    pub(super) fn restore(
        mut self,
        after: &mut Subscription,
        notes: &Notes,
        (ground, at): (&mut Ground, Instant),
        env: &Env,
    ) {
        for number in notes.concluded() {
            self.0.remove(&number);
        }
        if after.status == Status::PastDue && self.0.is_empty() {
            after.status = Status::Active;
            let said = Payload::new().text("status", after.status.as_str());
            ground.tell(after.id, (EventKind::SubscriptionRestored, said), at, env);
        }
    }
}
