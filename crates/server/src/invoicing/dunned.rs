//! Invoices in dunning: whose next step is due, which of them failed, and how far each is.

use std::collections::BTreeMap;

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

/// An invoice of which something is due, as far as whoever renews must know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpaid {
    /// Its number.
    pub number: InvoiceNumber,
    /// Whether it failed.
    pub is_failing: bool,
    /// When the next step of its dunning is due at the earliest, if one is left.
    pub dunning_at: Option<Instant>,
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

/// The next `limit` invoices after another whose step is due at `until` or before: of one tenant, or
/// of all that live by the clock of the service.
pub async fn due(
    db: &Db,
    (only, clocks): (Option<&TenantId>, TenantClocks),
    until: Instant,
    after: Option<&DunningDue>,
    limit: i64,
) -> Result<Vec<DunningDue>, Error> {
    let stmt =
        Stmt::new("SELECT dunning_at, tenant_id, number FROM invoice WHERE dunning_at <= $1");
    let (at, tenant, number) = after.map_or((Instant::MIN, "", String::new()), |last| {
        (last.at, last.tenant.as_str(), last.invoice.to_string())
    });
    let stmt = stmt.push(" AND (dunning_at, tenant_id, number) > ($3, $4, $5)");
    let stmt = stmt.bind(until).bind(limit).bind(at).bind(tenant).bind(number);
    let stmt = match (only, clocks) {
        (Some(only), _) => stmt.push(" AND tenant_id = $6").bind(only.as_str()),
        (None, TenantClocks::Ignored) => stmt,
        (None, TenantClocks::Followed) => stmt.push(
            " AND NOT EXISTS (SELECT 1 FROM tenant
                WHERE tenant.tenant_id = invoice.tenant_id AND clock_at IS NOT NULL)",
        ),
    };
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

/// The statement for what is unpaid of subscriptions, after what comes before it. `CROSS` has the
/// subscriptions looked up in the invoices, and not the other way about.
fn unpaid(before: Stmt, subscriptions: Vec<(String, String)>) -> Stmt {
    before
        .push("SELECT i.tenant_id, i.number, i.failed_at, i.dunning_at FROM")
        .push_text_pairs(subscriptions)
        .push(
            " AS k CROSS JOIN invoice AS i
              WHERE i.tenant_id = k.a AND i.subscription_id = k.b
                AND i.status IN ('issued', 'overdue')",
        )
}

/// What is unpaid of subscriptions, each named with its tenant, by tenant; no tenant has two.
pub async fn unpaid_of_subscriptions(
    tx: &mut Tx,
    subscriptions: Vec<(String, String)>,
) -> Result<BTreeMap<String, Vec<Unpaid>>, Error> {
    let stmt = unpaid(Stmt::new(""), subscriptions);
    let rows: Vec<(String, String, Option<Time>, Option<Time>)> = tx.fetch_all(stmt).await?;
    let mut unpaid: BTreeMap<String, Vec<Unpaid>> = BTreeMap::new();
    for (tenant, number, failed_at, dunning_at) in rows {
        let number = parse(&number)?;
        let dunning_at = dunning_at.map(Time::instant).transpose()?;
        let it = Unpaid { number, is_failing: failed_at.is_some(), dunning_at };
        unpaid.entry(tenant).or_default().push(it);
    }
    Ok(unpaid)
}

/// Has the dunning of what failed of a subscription looked at again from `at` on: a step may be due
/// earlier than was known.
pub async fn look_again(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    at: Instant,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "UPDATE invoice SET dunning_at = $3 WHERE tenant_id = $1 AND subscription_id = $2
            AND status IN ('issued', 'overdue') AND failed_at IS NOT NULL AND dunning_at > $3",
    );
    tx.execute(stmt.bind(tenant).bind(subscription.to_string()).bind(at)).await?;
    Ok(())
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

#[cfg(test)]
mod tests;
