//! Subscriptions, steps and messages as they are stored.

use crate::{
    db::{Error, Stmt, Time, Tx},
    outbox::MessageKind,
};

/// The year 9999 begins, in microseconds.
const CALENDAR_ENDS: i64 = 253_370_764_800_000_000;

/// A subscription that counts as unpaid although no invoice of it failed.
pub(super) async fn unpaid_without_invoice(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT subscription_id FROM subscription
         WHERE tenant_id = $1 AND status IN ('past_due', 'suspended') AND NOT EXISTS (
             SELECT 1 FROM invoice
             WHERE tenant_id = $1 AND subscription_id = subscription.subscription_id
                 AND status IN ('issued', 'overdue') AND failed_at IS NOT NULL)
         LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(subscription,)| subscription))
}

/// An invoice that was tried again more often than it was asked for, or less often. (The first
/// attempt is no retry, and is none at all where nobody was asked.)
pub(super) async fn steps_without_attempts(
    tx: &mut Tx,
    tenant: &str,
) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT invoice_number FROM (
             SELECT invoice_number, COUNT(*) AS retries FROM dunning_step
             WHERE tenant_id = $1 AND kind = 'retry' GROUP BY invoice_number) AS taken
         JOIN invoice ON tenant_id = $1 AND number = invoice_number
         WHERE attempts < retries OR attempts > retries + 1 LIMIT 1",
    );
    let row: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.map(|(invoice,)| invoice))
}

/// An open invoice that was asked for and goes no way any more, although its subscription was not
/// given up for it.
pub(super) async fn forgotten(tx: &mut Tx, tenant: &str) -> Result<Option<String>, Error> {
    let stmt = Stmt::new(
        "SELECT number FROM invoice
         WHERE tenant_id = $1 AND status IN ('issued', 'overdue') AND attempts > 0
             AND dunning_at IS NULL AND due_at < $2 AND NOT EXISTS (
                 SELECT 1 FROM dunning_step
                 WHERE tenant_id = $1 AND invoice_number = invoice.number AND kind = 'cancel')
         LIMIT 1",
    );
    // What is due at the end of the calendar has steps that never come.
    let row: Option<(String,)> =
        tx.fetch_optional(stmt.bind(tenant).bind(Time(CALENDAR_ENDS))).await?;
    Ok(row.map(|(number,)| number))
}

/// How many messages there are, and the number of the last one.
pub(super) async fn messages(tx: &mut Tx, tenant: &str) -> Result<(i64, i64), Error> {
    let stmt = Stmt::new(
        "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM outbox_message WHERE tenant_id = $1",
    );
    let row: Option<(i64, i64)> = tx.fetch_optional(stmt.bind(tenant)).await?;
    Ok(row.unwrap_or_default())
}

/// How often somebody was asked to try a payment. What corrects the amount is no attempt.
pub(super) async fn requests(tx: &mut Tx, tenant: &str) -> Result<i64, Error> {
    let stmt = Stmt::new(
        r#"SELECT COUNT(*) FROM outbox_message
         WHERE tenant_id = $1 AND kind = $2 AND payload LIKE '%"reason":"attempt"%'"#,
    );
    tx.fetch_scalar(stmt.bind(tenant).bind(MessageKind::PaymentRequested.as_str())).await
}
