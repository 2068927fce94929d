//! Invoices in dunning: whose next step is due, which of them failed, and how far each is.

use countinghouse_core::{
    calendar::Instant,
    id::{SubscriptionId, TenantId},
    invoicing::{Invoice, InvoiceNumber},
};

use super::open::{Found, InvoiceRow, SELECT};
use crate::{
    db::{Db, Error, Stmt, Time, Tx},
    env::TenantClocks,
};

/// An invoice whose next step is due, and since when. They sort in the order in which they are
/// found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DunningDue {
    /// Since when.
    pub at: Instant,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its number.
    pub invoice: InvoiceNumber,
}

type DueRow = (Time, String, String);

/// The first invoice of a tenant whose next step is due at `until` or before.
pub async fn first_due(
    tx: &mut Tx,
    tenant: &TenantId,
    until: Instant,
) -> Result<Option<DunningDue>, Error> {
    let stmt = Stmt::new(
        "SELECT dunning_at, tenant_id, number FROM invoice
         WHERE tenant_id = $1 AND dunning_at <= $2 ORDER BY dunning_at, number LIMIT 1",
    );
    let row: Option<DueRow> = tx.fetch_optional(stmt.bind(tenant.as_str()).bind(until)).await?;
    row.map(DunningDue::read).transpose()
}

/// The next `limit` invoices after another whose step is due at `until` or before, of all tenants
/// that live by the clock of the service.
pub async fn due(
    db: &Db,
    clocks: TenantClocks,
    until: Instant,
    after: Option<&DunningDue>,
    limit: i64,
) -> Result<Vec<DunningDue>, Error> {
    let stmt =
        Stmt::new("SELECT dunning_at, tenant_id, number FROM invoice WHERE dunning_at <= $1");
    let mut stmt = stmt.bind(until).bind(limit);
    if let Some(DunningDue { at, tenant, invoice }) = after {
        stmt = stmt.push(" AND (dunning_at, tenant_id, number) > ($3, $4, $5)");
        stmt = stmt.bind(*at).bind(tenant.as_str()).bind(invoice.to_string());
    }
    if clocks == TenantClocks::Followed {
        stmt = stmt.push(
            " AND NOT EXISTS (SELECT 1 FROM tenant
                WHERE tenant.tenant_id = invoice.tenant_id AND clock_at IS NOT NULL)",
        );
    }
    let stmt = stmt.push(" ORDER BY dunning_at, tenant_id, number LIMIT $2");
    let rows: Vec<DueRow> = db.fetch_all(stmt).await?;
    rows.into_iter().map(DunningDue::read).collect()
}

/// The invoices of a tenant that failed and of which something is due, oldest first.
pub async fn failing(tx: &mut Tx, tenant: &str) -> Result<Vec<Found>, Error> {
    let stmt = Stmt::new(SELECT)
        .push(" AND status IN ('issued', 'overdue') AND failed_at IS NOT NULL ORDER BY record_seq");
    let rows: Vec<InvoiceRow> = tx.fetch_all(stmt.bind(tenant)).await?;
    rows.into_iter().map(InvoiceRow::found).collect()
}

/// The numbers of those of one subscription.
pub async fn failing_of_subscription(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
) -> Result<Vec<InvoiceNumber>, Error> {
    let stmt = Stmt::new(
        "SELECT number FROM invoice WHERE tenant_id = $1 AND subscription_id = $2
            AND status IN ('issued', 'overdue') AND failed_at IS NOT NULL",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string());
    let rows: Vec<(String,)> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|(number,)| parse(&number)).collect()
}

/// Writes how far the dunning of an open invoice is.
pub async fn save(tx: &mut Tx, tenant: &str, invoice: &Invoice) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE invoice SET status = $3, failed_at = $4, attempts = $5, dunning_at = $6
         WHERE tenant_id = $1 AND number = $2 AND status IN ('issued', 'overdue')",
    );
    let dunning = invoice.dunning;
    let stmt = stmt
        .bind(tenant)
        .bind(invoice.number.to_string())
        .bind(invoice.status.as_str())
        .bind(dunning.failed_at)
        .bind(i64::from(dunning.attempts))
        .bind(dunning.next_at);
    match tx.execute(stmt).await? {
        1 => Ok(()),
        _ => Err(Error::corrupt("invoice", &invoice.number.to_string(), "status")),
    }
}

fn parse(number: &str) -> Result<InvoiceNumber, Error> {
    number.parse().map_err(|_| Error::corrupt("invoice", number, "number"))
}

impl DunningDue {
    fn read((at, tenant, number): DueRow) -> Result<Self, Error> {
        let corrupt = |_| Error::corrupt("invoice", &number, "tenant_id");
        Ok(Self {
            at: at.instant()?,
            tenant: TenantId::parse(&tenant).map_err(corrupt)?,
            invoice: parse(&number)?,
        })
    }
}
