//! What was paid for each app, and paid back, in the database.

use std::collections::BTreeMap;

use countinghouse_core::{money::Amount, tenants::Profile};

use crate::{
    db::{Error, Rows, Stmt, Tx},
    invoicing::issued::Issued,
};

const SPEND: &[&str] = &["tenant_id", "app_id", "paid", "refunded"];

const ADD: &str =
    "ON CONFLICT (tenant_id, app_id) DO UPDATE SET paid = app_spend.paid + excluded.paid";

/// Money that moved for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// It came in.
    Paid(Amount),
    /// It was paid back.
    Refunded(Amount),
}

/// What was spent for an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppSpend {
    /// What came in.
    pub paid: Amount,
    /// What of it was paid back.
    pub refunded: Amount,
}

impl AppSpend {
    /// What is left of it.
    pub fn net(self) -> Amount {
        // The database holds what was paid to the largest total, and what was paid back to that.
        Amount::from_units(self.paid.units() - self.refunded.units())
    }
}

/// What was spent for an app of a tenant.
pub async fn app_spend(tx: &mut Tx, tenant: &str, app: &str) -> Result<AppSpend, Error> {
    let stmt =
        Stmt::new("SELECT paid, refunded FROM app_spend WHERE tenant_id = $1 AND app_id = $2");
    let row: Option<(i64, i64)> = tx.fetch_optional(stmt.bind(tenant).bind(app)).await?;
    let (paid, refunded) = row.unwrap_or_default();
    Ok(AppSpend { paid: Amount::from_units(paid), refunded: Amount::from_units(refunded) })
}

/// Adds money that moved for the record at a place of the tenant's list to what its app spent, if it
/// is for one. Whoever settles a record or pays something back of it calls this, once, in the same
/// transaction.
pub async fn add_spending(
    tx: &mut Tx,
    tenant: &str,
    record_seq: i64,
    spending: Spending,
) -> Result<(), Error> {
    let stmt = Stmt::new(
        "SELECT app_id FROM billing_record
         WHERE tenant_id = $1 AND seq = $2 AND app_id IS NOT NULL",
    );
    let app: Option<(String,)> = tx.fetch_optional(stmt.bind(tenant).bind(record_seq)).await?;
    let Some((app,)) = app else { return Ok(()) };
    match spending {
        Spending::Paid(amount) => {
            let mut rows = Rows::new("app_spend", SPEND).otherwise(ADD);
            rows.push(vec![tenant.into(), app.into(), amount.into(), 0_i64.into()]);
            tx.insert(rows).await?;
        }
        // What is paid back was paid, so there is a row; an insert of none paid would be refused
        // before the conflict is seen.
        Spending::Refunded(amount) => {
            let stmt = Stmt::new(
                "UPDATE app_spend SET refunded = refunded + $3
                 WHERE tenant_id = $1 AND app_id = $2",
            );
            let stmt = stmt.bind(tenant).bind(app.as_str()).bind(amount);
            if tx.execute(stmt).await? != 1 {
                return Err(Error::corrupt("app_spend", &app, "paid"));
            }
        }
    }
    Ok(())
}

/// Adds what was paid for documents as they were issued.
pub(super) async fn add_issued(
    tx: &mut Tx,
    documents: &[(&str, &Profile, &[Issued])],
) -> Result<(), Error> {
    let mut paid: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (tenant, _, issued) in documents {
        for it in issued.iter().filter(|it| it.due().paid.is_positive()) {
            let Some(app) = &it.bill.app else { continue };
            let sum = paid.entry((tenant, app.as_str())).or_default();
            *sum = sum.saturating_add(it.due().paid.units());
        }
    }
    let mut rows = Rows::new("app_spend", SPEND).otherwise(ADD);
    for ((tenant, app), paid) in paid {
        rows.push(vec![tenant.into(), app.into(), paid.into(), 0_i64.into()]);
    }
    tx.insert(rows).await?;
    Ok(())
}
