//! What reports are made of, against what it sums up: months against transfers, the whole of what is
//! earned against documents, what apps spent against what was paid for their records.

mod store;

use std::collections::BTreeMap;

use countinghouse_core::{calendar::Month, ledger::Account};
use futures_util::StreamExt as _;

use self::store::DocumentRow;
use super::{audit::Audit, money::Sum, report::Rule, transfers::TransferRow};
use crate::{db::Error, ledger};

/// What the transfers of a tenant earn and take back, by month.
#[derive(Debug, Default)]
pub(super) struct Posted(BTreeMap<Month, (Sum, Sum)>);

/// What the documents of a tenant come to.
#[derive(Debug, Default)]
struct Billed {
    /// Net of what is billed and not withdrawn, less what notes took back.
    net: Sum,
    /// What was paid for the records of each app, and paid back.
    spent: BTreeMap<String, (Sum, Sum)>,
    /// How many are withdrawn.
    voided: i64,
}

impl Posted {
    /// Takes a transfer in that counts in a month.
    pub(super) fn add(&mut self, month: Month, row: &TransferRow) {
        let sides = [(&row.debit, Account::Refunds), (&row.credit, Account::Revenue)];
        let back = [(&row.credit, Account::Refunds), (&row.debit, Account::Revenue)];
        let is = |(name, account): (&String, Account)| name == account.as_str();
        let [taken, earned] = sides.map(is);
        let [given, lost] = back.map(is);
        if !(taken || earned || given || lost) {
            return;
        }
        let sums = self.0.entry(month).or_default();
        if earned {
            sums.0.add(row.amount);
        }
        if lost {
            sums.0.take(row.amount);
        }
        if taken {
            sums.1.add(row.amount);
        }
        if given {
            sums.1.take(row.amount);
        }
    }
}

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    /// Compares what reports of a tenant are made of with what it sums up.
    pub(super) async fn reports(&mut self, tenant: &str, posted: Posted) -> Result<(), Error> {
        self.months(tenant, posted).await?;
        let book = ledger::book(&mut self.tx, tenant).await?;
        let billed = self.billed(tenant).await?;
        let mut booked = Sum::default();
        booked.add(book.balance(Account::Revenue).units());
        booked.add(book.balance(Account::DeferredRevenue).units());
        booked.take(book.balance(Account::Refunds).units());
        self.found.expect(booked == billed.net, Rule::Recognised, tenant, || {
            let net = billed.net;
            format!("{booked} is earned or deferred, and {net} was billed and not taken back")
        });
        let voids = store::voids(&mut self.tx, tenant).await?;
        self.found.expect(voids == billed.voided, Rule::Void, tenant, || {
            format!("{} invoices are void, and of {voids} it is known since when", billed.voided)
        });
        self.spending(tenant, billed.spent).await
    }

    /// Compares the months of reports with the transfers.
    async fn months(&mut self, tenant: &str, mut posted: Posted) -> Result<(), Error> {
        for it in ledger::revenue_months(&mut self.tx, tenant).await? {
            let kept = (it.earned.units().into(), it.taken_back.units().into());
            let summed = posted.0.remove(&it.month).unwrap_or_default();
            self.found.expect(kept == summed, Rule::RevenueMonth, tenant, || {
                let (month, (earned, back)) = (it.month, summed);
                format!("{month} earned {earned} and took {back} back by the transfers, not {it:?}")
            });
        }
        posted.0.retain(|_, sums| *sums != (Sum::default(), Sum::default()));
        if let Some(month) = posted.0.keys().next() {
            self.found.note(Rule::RevenueMonth, tenant, || format!("{month} is missing"));
        }
        Ok(())
    }

    /// Sums up the documents.
    async fn billed(&mut self, tenant: &str) -> Result<Billed, Error> {
        let mut billed = Billed::default();
        let mut rows = store::documents(&mut self.tx, tenant)?;
        while let Some(row) = rows.next().await {
            let DocumentRow { number, status, net, paid, refunded, app_id, voided } = row?;
            let is_void = status == "void";
            if !is_void {
                billed.net.add(net);
            }
            billed.voided += i64::from(is_void);
            self.found.expect(is_void == voided.is_some(), Rule::Void, tenant, || {
                format!("{number} is {status}, and is said to be otherwise")
            });
            if let Some(app) = app_id.filter(|_| paid != 0) {
                let spent = billed.spent.entry(app).or_default();
                spent.0.add(paid);
                spent.1.add(refunded);
            }
        }
        drop(rows);
        let mut notes = store::notes(&mut self.tx, tenant)?;
        while let Some(note) = notes.next().await {
            billed.net.take(note?.0);
        }
        Ok(billed)
    }

    /// Compares what apps spent with what was paid for their records, and paid back of it.
    async fn spending(
        &mut self,
        tenant: &str,
        mut spent: BTreeMap<String, (Sum, Sum)>,
    ) -> Result<(), Error> {
        for (app, paid, refunded) in store::spending(&mut self.tx, tenant).await? {
            let kept = (Sum::from(paid), Sum::from(refunded));
            let summed = spent.remove(&app).unwrap_or_default();
            self.found.expect(summed == kept, Rule::AppSpend, tenant, || {
                let ((paid, back), (kept, kept_back)) = (summed, kept);
                format!(
                    "{paid} was paid for {app} and {back} paid back, not {kept} and {kept_back}"
                )
            });
        }
        if let Some(app) = spent.keys().next() {
            self.found.note(Rule::AppSpend, tenant, || format!("nothing is kept for {app}"));
        }
        Ok(())
    }
}
