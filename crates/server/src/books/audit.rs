//! Going through the books, tenant by tenant.

use std::ops::RangeInclusive;

use countinghouse_core::{
    invoicing::Series,
    search::{CHUNK, chunk_of, first_seq, last_seq},
};
use futures_util::StreamExt as _;

use super::{
    chains::{self, Chains},
    documents::{self, Chunk, Documents},
    index,
    report::{Counted, Findings, Report, Rule},
    tenants,
    transfers::{self, Transfers},
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

/// How many chunks lie between two that are made again in a sample.
const SAMPLE: i64 = 16;

/// The largest place of a record that is believed; 10^15 records are not.
const PLACE_MAX: i64 = 1_000_000_000_000_000;

/// How many rows are read between two tellings.
const TELL_EVERY: u64 = 4_096;

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

struct Audit<F> {
    tx: Tx,
    depth: Depth,
    found: Findings,
    counted: Counted,
    size: u64,
    told: F,
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

    /// Goes through the books of a tenant. What can't be read is a break like others.
    async fn tenant(&mut self, tenant: &str) -> Result<(), Error> {
        let parts =
            [self.ledger(tenant).await, self.chains(tenant).await, self.documents(tenant).await];
        for part in parts {
            match part {
                Ok(()) => (),
                Err(Error::Corrupt { table, id, column }) => {
                    self.found.note(Rule::Row, tenant, || {
                        format!("{column} of `{id}` in {table} can't be read")
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn ledger(&mut self, tenant: &str) -> Result<(), Error> {
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
        read.finish(book.state(), &mut self.found);
        if let Some(cause) = transfers::posted_twice(&mut self.tx, tenant).await? {
            self.found.note(Rule::TransferCause, tenant, || format!("`{cause}` posted twice"));
        }
        Ok(())
    }

    async fn chains(&mut self, tenant: &str) -> Result<(), Error> {
        let heads = chains::heads(&mut self.tx, tenant).await?;
        let mut read = Chains::new(tenant);
        let mut rows = chains::events(&mut self.tx, tenant)?;
        while let Some(row) = rows.next().await {
            read.read(&row?, &mut self.found);
            self.counted.events += 1;
        }
        drop(rows);
        read.finish(heads, &mut self.found);
        Ok(())
    }

    /// Goes through the records, a chunk of the search index at a time.
    async fn documents(&mut self, tenant: &str) -> Result<(), Error> {
        let sealed = index::chunks(&mut self.tx, tenant).await?;
        let mut read = Documents::new(tenant);
        let (mut place, mut events_read) = (i64::MIN, 0);
        while let Some(next) = documents::next_place(&mut self.tx, tenant, place).await? {
            if next > PLACE_MAX {
                self.found.note(Rule::RecordSeq, tenant, || format!("there is a record {next}"));
                break;
            }
            let number = chunk_of(next);
            let seqs = first_seq(number)..=last_seq(number);
            let chunk = self.chunk(tenant, &seqs).await?;
            read.read(&chunk, &mut self.found);
            self.postings(tenant, &chunk, &mut events_read).await?;
            if chunk.records.len() == CHUNK {
                self.index(tenant, number, &chunk, sealed.last()).await?;
            }
            self.counted.records += u64::try_from(chunk.records.len()).unwrap_or(0);
            (self.told)(self.counted.rows(), self.size);
            place = last_seq(number);
        }
        let full = chunk_of(read.last_seq().saturating_add(1));
        self.found.expect(sealed.iter().copied().eq(0..full), Rule::Sealed, tenant, || {
            format!("{full} chunks of records are full, and {} are sealed", sealed.len())
        });
        if let Some(event) =
            chains::issued_after(&mut self.tx, tenant, events_read, 1).await?.first()
        {
            self.found.note(Rule::Event, tenant, || {
                format!("event {} says that an invoice was issued that is not there", event.seq)
            });
        }
        let counters = documents::counters(&mut self.tx, tenant).await?;
        let series = documents::series(&mut self.tx, tenant, Series::Invoice.as_str()).await?;
        read.finish(counters, &series, &mut self.found);
        Ok(())
    }

    async fn chunk(&mut self, tenant: &str, seqs: &RangeInclusive<i64>) -> Result<Chunk, Error> {
        Ok(Chunk {
            records: documents::records(&mut self.tx, tenant, seqs).await?,
            lines: documents::lines(&mut self.tx, tenant, seqs).await?,
            invoices: documents::invoices(&mut self.tx, tenant, seqs).await?,
        })
    }

    /// Compares invoices with the ledger, and with the events after those that were read.
    async fn postings(
        &mut self,
        tenant: &str,
        chunk: &Chunk,
        events_read: &mut i64,
    ) -> Result<(), Error> {
        let causes = documents::causes(&chunk.invoices);
        let posted = documents::postings(&mut self.tx, tenant, causes).await?;
        documents::compare(tenant, &chunk.invoices, posted, &mut self.found);
        let count = chunk.invoices.iter().filter(|it| it.subscription_id.is_some()).count();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let events = chains::issued_after(&mut self.tx, tenant, *events_read, count).await?;
        documents::compare_events(tenant, &chunk.invoices, &events, &mut self.found);
        *events_read = events.last().map_or(*events_read, |event| event.seq);
        Ok(())
    }

    /// Compares a full chunk with the search index. The last one and every so many are sealed
    /// again in a sample.
    async fn index(
        &mut self,
        tenant: &str,
        number: i64,
        chunk: &Chunk,
        last: Option<&i64>,
    ) -> Result<(), Error> {
        let (tx, found) = (&mut self.tx, &mut self.found);
        index::compare_statuses(tx, tenant, number, chunk, found).await?;
        if self.depth == Depth::Deep || number % SAMPLE == 0 || Some(&number) == last {
            index::compare_sealed(tx, tenant, number, chunk, found).await?;
            self.counted.chunks += 1;
        }
        Ok(())
    }
}
