//! Invoices as they stand: found by number or by what they are for, and written when that changes.

use countinghouse_core::{
    calendar::{Instant, Period},
    dunning::Dunning,
    id::SubscriptionId,
    invoicing::{Due, Invoice, InvoiceKind, InvoiceNumber, InvoiceStatus, RecordStatus},
    money::{Amount, Currency},
};

use crate::db::{Error, Stmt, Time, Tx};

#[derive(sqlx::FromRow)]
pub(super) struct InvoiceRow {
    number: String,
    record_seq: i64,
    subscription_id: Option<String>,
    kind: String,
    status: String,
    period_start: Time,
    period_end: Time,
    issued_at: Time,
    due_at: Time,
    paid_at: Option<Time>,
    currency: String,
    total: i64,
    credit_applied: i64,
    noted: i64,
    returned: i64,
    paid: i64,
    refunded: i64,
    refunding: i64,
    failed_at: Option<Time>,
    reopened_at: Option<Time>,
    attempts: i64,
    dunning_at: Option<Time>,
}

pub(super) const SELECT: &str = "SELECT number, record_seq, subscription_id, kind, status,
    period_start, period_end, issued_at, due_at, paid_at, currency, total, credit_applied, noted,
    returned, paid, refunded, refunding, failed_at, reopened_at, attempts, dunning_at
    FROM invoice WHERE tenant_id = $1";

/// An invoice, and the place of its record.
pub type Found = (Invoice, i64);

/// The invoice of that number.
pub async fn by_number(
    tx: &mut Tx,
    tenant: &str,
    number: InvoiceNumber,
) -> Result<Option<Found>, Error> {
    let stmt = Stmt::new(SELECT).push(" AND number = $2").bind(tenant).bind(number.to_string());
    let row: Option<InvoiceRow> = tx.fetch_optional(stmt).await?;
    row.map(InvoiceRow::found).transpose()
}

/// The open invoices of a subscription, oldest first.
pub async fn of_subscription(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
) -> Result<Vec<Found>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" AND subscription_id = $2 AND status IN ('issued', 'overdue') ORDER BY record_seq");
    let stmt = stmt.bind(tenant).bind(subscription.to_string());
    let rows: Vec<InvoiceRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(InvoiceRow::found).collect()
}

/// The latest invoices of a subscription, newest first, of which a credit note can take something
/// back. What others reported is not among them.
pub(super) async fn creditable(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    limit: i64,
) -> Result<Vec<Found>, Error> {
    let stmt = Stmt::new(SELECT).push(
        " AND subscription_id = $2 AND kind <> 'external' AND kind <> 'usage'
          AND status IN ('issued', 'overdue', 'paid')
          AND total > noted + returned + refunded + refunding ORDER BY record_seq DESC LIMIT $3",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string()).bind(limit);
    let rows: Vec<InvoiceRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(InvoiceRow::found).collect()
}

/// Writes what became of an invoice.
pub(super) async fn save(
    tx: &mut Tx,
    tenant: &str,
    invoice: &Invoice,
    payment_method: Option<&str>,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE invoice SET status = $3, noted = $4, returned = $5, paid = $6, paid_at = $7,
            dunning_at = $8, payment_method = COALESCE($9, payment_method), reopened_at = $10,
            refunded = $11, refunding = $12
         WHERE tenant_id = $1 AND number = $2",
    );
    tx.execute(
        stmt.bind(tenant)
            .bind(invoice.number.to_string())
            .bind(invoice.status.as_str())
            .bind(invoice.due.noted)
            .bind(invoice.due.returned)
            .bind(invoice.due.paid)
            .bind(invoice.paid_at)
            .bind(invoice.dunning.next_at)
            .bind(payment_method)
            .bind(invoice.dunning.reopened_at)
            .bind(invoice.due.refunded)
            .bind(invoice.due.refunding),
    )
    .await?;
    Ok(())
}

/// Writes what is held of an invoice for refunds.
pub async fn save_invoice(tx: &mut Tx, tenant: &str, invoice: &Invoice) -> Result<(), Error> {
    save(tx, tenant, invoice, None).await
}

/// Writes where a record stands.
pub(super) async fn set_record_status(
    tx: &mut Tx,
    tenant: &str,
    seq: i64,
    status: RecordStatus,
) -> Result<(), Error> {
    let stmt = Stmt::new("UPDATE billing_record SET status = $3 WHERE tenant_id = $1 AND seq = $2");
    tx.execute(stmt.bind(tenant).bind(seq).bind(status.as_str())).await?;
    Ok(())
}

impl InvoiceRow {
    pub(super) fn found(self) -> Result<Found, Error> {
        let corrupt = |column| Error::corrupt("invoice", &self.number, column);
        let subscription = self.subscription_id.as_deref().map(str::parse).transpose();
        let period = Period::new(self.period_start.instant()?, self.period_end.instant()?);
        let currency = Currency::parse(&self.currency).map_err(|_| corrupt("currency"))?;
        let due = Due {
            currency,
            total: Amount::from_units(self.total),
            credit_applied: Amount::from_units(self.credit_applied),
            noted: Amount::from_units(self.noted),
            returned: Amount::from_units(self.returned),
            paid: Amount::from_units(self.paid),
            refunded: Amount::from_units(self.refunded),
            refunding: Amount::from_units(self.refunding),
        };
        let paid_at: Option<Instant> = self.paid_at.map(Time::instant).transpose()?;
        let invoice = Invoice {
            number: self.number.parse().map_err(|_| corrupt("number"))?,
            subscription: subscription.map_err(|_| corrupt("subscription_id"))?,
            kind: InvoiceKind::parse(&self.kind).ok_or_else(|| corrupt("kind"))?,
            period: period.map_err(|_| corrupt("period_end"))?,
            issued_at: self.issued_at.instant()?,
            due_at: self.due_at.instant()?,
            due,
            status: InvoiceStatus::parse(&self.status).ok_or_else(|| corrupt("status"))?,
            paid_at,
            dunning: Dunning {
                failed_at: self.failed_at.map(Time::instant).transpose()?,
                reopened_at: self.reopened_at.map(Time::instant).transpose()?,
                attempts: u32::try_from(self.attempts).map_err(|_| corrupt("attempts"))?,
                next_at: self.dunning_at.map(Time::instant).transpose()?,
            },
        };
        Ok((invoice, self.record_seq))
    }
}
