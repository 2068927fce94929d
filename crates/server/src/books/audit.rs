//! Going through the books, tenant by tenant.

use futures_util::StreamExt as _;

use super::{
    report::{Counted, Findings, Report, Rule},
    tenants,
    transfers::{self, Read, Transfers},
};
use crate::{
    db::{Db, Error, Purpose, Tx},
    ledger,
};

/// How much of the search index is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// A tenant's first and last full chunk, and some of those between.
    Sampled,
    /// Every full chunk.
    Deep,
}

/// How many transfers are read between two tellings.
const TELL_EVERY: u64 = 4_096;

/// What is read, and what was found.
pub(super) struct Audit<F> {
    pub(super) tx: Tx,
    pub(super) depth: Depth,
    pub(super) found: Findings,
    pub(super) counted: Counted,
    size: u64,
    told: F,
}

/// Reads all books in one snapshot, and gives what is broken in them. `told` is told now and then
/// how many rows were read, and about how many there are.
pub async fn verify(
    db: &Db,
    depth: Depth,
    told: impl FnMut(u64, u64) + Send,
) -> Result<Report, Error> {
    let mut tx = db.snapshot(Purpose::Export).await?;
    let size = tenants::size(&mut tx).await?;
    let (found, counted) = (Findings::default(), Counted::default());
    let mut audit = Audit { tx, depth, found, counted, size, told };
    audit.tenants().await?;
    let counted = audit.counted;
    audit.tx.rollback().await?;
    Ok(Report { breaks: audit.found.into_breaks(), counted })
}

impl<F: FnMut(u64, u64) + Send> Audit<F> {
    async fn tenants(&mut self) -> Result<(), Error> {
        if let Some((table, tenant)) = tenants::not_entered(&mut self.tx).await? {
            self.found.note(Rule::Tenant, &tenant, || {
                format!("{table} names it, and it is not among the tenants")
            });
        }
        let mut last = String::new();
        loop {
            let page = tenants::page(&mut self.tx, &last).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last.clone_from(end);
            for tenant in page {
                self.tenant(&tenant).await?;
                self.counted.tenants += 1;
            }
        }
    }

    /// Goes through the books of a tenant.
    async fn tenant(&mut self, tenant: &str) -> Result<(), Error> {
        let (subscribed, assigned) = tenants::plans(&mut self.tx, tenant).await?;
        self.found.expect(subscribed == assigned, Rule::TenantPlan, tenant, || {
            let name = |plan: Option<String>| plan.unwrap_or_else(|| "none".to_owned());
            let (subscribed, assigned) = (name(subscribed), name(assigned));
            format!("its subscription is to {subscribed}, the catalogue has {assigned}")
        });
        let read = self.ledger(tenant).await;
        let Read { invoices, months, posted } = self.readable(tenant, read)?.unwrap_or_default();
        let history = self.history(tenant, invoices).await;
        self.readable(tenant, history)?;
        let revenue = self.revenue(tenant, months).await;
        self.readable(tenant, revenue)?;
        let notes = self.notes(tenant).await;
        self.readable(tenant, notes)?;
        let reports = self.reports(tenant, posted).await;
        self.readable(tenant, reports)?;
        let refunds = self.refunds(tenant).await;
        self.readable(tenant, refunds)?;
        let usage = self.usage(tenant).await;
        self.readable(tenant, usage)?;
        Ok(())
    }

    /// What can't be read is a break like others.
    fn readable<T>(&mut self, tenant: &str, part: Result<T, Error>) -> Result<Option<T>, Error> {
        match part {
            Ok(read) => Ok(Some(read)),
            Err(Error::Corrupt { table, id, column }) => {
                self.found.note(Rule::Row, tenant, || {
                    format!("{column} of `{id}` in {table} can't be read")
                });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Goes through the transfers of a tenant, and gives what they are for its invoices and months.
    async fn ledger(&mut self, tenant: &str) -> Result<Read, Error> {
        let book = ledger::book(&mut self.tx, tenant).await?;
        let mut read = Transfers::new(tenant);
        let mut rows = transfers::transfers(&mut self.tx, tenant)?;
        while let Some(row) = rows.next().await {
            read.read(row?, &mut self.found);
            self.counted.transfers += 1;
            if self.counted.transfers.is_multiple_of(TELL_EVERY) {
                (self.told)(self.counted.rows(), self.size);
            }
        }
        drop(rows);
        let read = read.finish(book.state(), &mut self.found);
        if let Some(cause) = transfers::posted_twice(&mut self.tx, tenant).await? {
            self.found.note(Rule::TransferCause, tenant, || format!("`{cause}` posted twice"));
        }
        Ok(read)
    }

    /// Tells how far it is.
    pub(super) fn tell(&mut self) {
        (self.told)(self.counted.rows(), self.size);
    }
}
