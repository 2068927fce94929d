//! What was posted for each month: kept with the postings, so that nobody has to sum them up.

use std::collections::BTreeMap;

use countinghouse_core::{calendar::Month, ledger::Entry, money::Amount};

use crate::db::{Error, Rows, Stmt, Tx};

const MONTH: &[&str] = &["tenant_id", "month", "earned", "taken_back"];

/// What a month earned so far, and what was taken back in it of what had been earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueMonth {
    /// The month.
    pub month: Month,
    /// What it earned.
    pub earned: Amount,
    /// What was taken back.
    pub taken_back: Amount,
}

impl RevenueMonth {
    /// What is left of it.
    pub fn net(&self) -> Amount {
        // The database holds both to the largest total there may be.
        Amount::from_units(self.earned.units() - self.taken_back.units())
    }
}

/// What entries earn and take back, by tenant and month.
#[derive(Debug, Default)]
pub(super) struct RevenueMonths<'a>(BTreeMap<(&'a str, Month), (i64, i64)>);

impl<'a> RevenueMonths<'a> {
    /// Takes an entry in.
    pub(super) fn add(&mut self, tenant: &'a str, entry: &Entry) {
        let (earned, taken_back) = entry.revenue();
        let Some(month) = entry.month else { return };
        if earned.is_zero() && taken_back.is_zero() {
            return;
        }
        let sums = self.0.entry((tenant, month)).or_default();
        // The book bounds what can be posted at all.
        sums.0 = sums.0.saturating_add(earned.units());
        sums.1 = sums.1.saturating_add(taken_back.units());
    }

    /// Adds them to what is stored, in one statement; in none where there is nothing to add.
    pub(super) async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        let mut rows = Rows::new("revenue_month", MONTH).otherwise(
            "ON CONFLICT (tenant_id, month) DO UPDATE SET
                earned = revenue_month.earned + excluded.earned,
                taken_back = revenue_month.taken_back + excluded.taken_back",
        );
        for ((tenant, month), (earned, taken_back)) in self.0 {
            rows.push(vec![
                tenant.into(),
                month.to_string().into(),
                earned.into(),
                taken_back.into(),
            ]);
        }
        tx.insert(rows).await?;
        Ok(())
    }
}

/// What was posted for the months of a tenant, in order.
pub async fn revenue_months(tx: &mut Tx, tenant: &str) -> Result<Vec<RevenueMonth>, Error> {
    let stmt = Stmt::new(
        "SELECT month, earned, taken_back FROM revenue_month WHERE tenant_id = $1 ORDER BY month",
    );
    let rows: Vec<(String, i64, i64)> = tx.fetch_all(stmt.bind(tenant)).await?;
    let read = |(month, earned, taken_back): (String, i64, i64)| {
        let corrupt = |_| Error::corrupt("revenue_month", &month, "month");
        Ok(RevenueMonth {
            month: Month::parse(&month).map_err(corrupt)?,
            earned: Amount::from_units(earned),
            taken_back: Amount::from_units(taken_back),
        })
    };
    rows.into_iter().map(read).collect()
}
