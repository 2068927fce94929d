//! What is not paid: subscriptions, steps and messages against the invoices.

mod store;

use super::report::{Findings, Rule};
use crate::db::{Error, Tx};

/// Compares a tenant's subscriptions, steps of dunning and messages with its invoices, whose
/// payments were asked for `attempts` times in all.
pub(super) async fn compare(
    tx: &mut Tx,
    tenant: &str,
    attempts: i64,
    found: &mut Findings,
) -> Result<(), Error> {
    if let Some(subscription) = store::unpaid_without_invoice(tx, tenant).await? {
        found.note(Rule::Unpaid, tenant, || {
            format!("{subscription} counts as unpaid, and no invoice of it failed")
        });
    }
    if let Some(invoice) = store::steps_without_attempts(tx, tenant).await? {
        found.note(Rule::Dunning, tenant, || {
            format!("{invoice} has another number of retries than of attempts")
        });
    }
    if let Some(invoice) = store::forgotten(tx, tenant).await? {
        found.note(Rule::Dunning, tenant, || format!("{invoice} is open and has no step left"));
    }
    let (messages, last) = store::messages(tx, tenant).await?;
    found.expect(messages == last, Rule::Outbox, tenant, || {
        format!("there are {messages} messages up to number {last}")
    });
    let requests = store::requests(tx, tenant).await?;
    found.expect(requests == attempts, Rule::Outbox, tenant, || {
        format!("invoices were asked for {attempts} times, by {requests} messages")
    });
    Ok(())
}
