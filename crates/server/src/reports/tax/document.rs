//! An export as it is downloaded: made from the documents, as of when it was asked for.

use countinghouse_core::{
    calendar::Instant,
    id::{TaxExportId, TenantId},
};

use super::{
    export::{Export, Extent},
    places::Place,
    sheet::{Kind, Row, Sheet},
    store::{
        self,
        documents::{self, NoteRow, PAGE, Part, STEP, Taxed},
    },
    texts::{Invoice, Line},
};
use crate::{
    db::{Columns, Error, Purpose, Tx},
    env::Env,
    http::{
        csv::{CSV, Format},
        problem::ApiError,
        stream::{self, CutOff, Document, Out, Parts},
    },
    invoicing,
};

/// An export that is ready to be written: a snapshot, and what of it is to be told.
#[derive(Debug)]
pub(super) struct Download {
    tx: Tx,
    tenant: TenantId,
    export: Export,
    env: Env,
    _place: Place,
}

/// Which documents count: those of an interval, as far as the tenant was when it was asked for.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    from: Instant,
    before: Instant,
    extent: Extent,
}

impl Download {
    /// Takes the snapshot of an export. There is none of that id only where the address is not ours.
    pub(super) async fn open(
        env: &Env,
        tenant: TenantId,
        id: TaxExportId,
        place: Place,
    ) -> Result<Self, ApiError> {
        let mut tx = env.db.snapshot(Purpose::Export).await?;
        let export = store::find(&mut tx, tenant.as_str(), id).await?;
        let none = || ApiError::NotFound { kind: "tax export", id: id.to_string() };
        let export = export.ok_or_else(none)?;
        Ok(Self { tx, tenant, export, env: env.clone(), _place: place })
    }

    /// What it is called, and the type of its content.
    pub(super) fn name(&self) -> (String, &'static str) {
        let period = self.export.period.replace('/', "_");
        match self.export.format {
            Format::Csv => (format!("tax-{period}.csv"), CSV),
            Format::Json => (format!("tax-{period}.json"), "application/json"),
        }
    }

    /// Starts to write it.
    pub(super) fn start(self) -> Parts {
        let db = self.env.db.clone();
        stream::start_within(stream::PUBLIC_LIMITS, self, async move { db.closing().await })
    }

    /// Which documents count.
    fn bounds(&self) -> Bounds {
        let Export { starts_at, ends_at, as_of, extent, .. } = self.export;
        let known_before = as_of.plus_seconds(1).unwrap_or(Instant::MAX);
        Bounds { from: starts_at, before: ends_at.min(known_before).max(starts_at), extent }
    }
}

impl Document for Download {
    async fn write(mut self, out: &mut Out) -> Result<(), CutOff> {
        let bounds = self.bounds();
        let mut sheet = Sheet::new(&self.export);
        sheet.open(&self.tenant, &self.export, out)?;
        // The reader learns at once that it is under way.
        out.flush().await?;
        let (tx, tenant) = (&mut self.tx, self.tenant.as_str());
        write_invoices(tx, tenant, bounds, &mut sheet, out).await?;
        write_voids(tx, tenant, bounds, &mut sheet, out).await?;
        write_notes(tx, tenant, bounds, &mut sheet, out).await?;
        write_cancelled(tx, tenant, bounds, &mut sheet, out).await?;
        // Only a snapshot that was read to its end makes a whole document.
        self.tx.commit().await?;
        sheet.close(self.env.now(), out);
        Ok(())
    }
}

/// Writes the invoices that were issued. While some are written, the next ones are read.
async fn write_invoices(
    tx: &mut Tx,
    tenant: &str,
    Bounds { from, before, extent }: Bounds,
    sheet: &mut Sheet,
    out: &mut Out,
) -> Result<(), CutOff> {
    let (mut after, to) = invoicing::record_places(tx, tenant, (from, before)).await?;
    let to = to.min(extent.record);
    let mut parts = Vec::new();
    while after < to || !parts.is_empty() {
        let next = async { Ok(documents::invoices(tx, tenant, (after, to)).await?) };
        (parts, ()) = futures_util::try_join!(next, write_parts(&parts, sheet, out))?;
        after = after.saturating_add(STEP);
    }
    Ok(())
}

async fn write_parts(parts: &[Part], sheet: &mut Sheet, out: &mut Out) -> Result<(), CutOff> {
    for part in parts {
        let mut invoices = Columns::new(part.invoices.as_deref().unwrap_or_default());
        let mut lines = Columns::new(part.lines.as_deref().unwrap_or_default());
        let mut next = Line::next(&mut lines)?;
        let mut rates = Vec::new();
        while let Some(invoice) = Invoice::next(&mut invoices)? {
            rates.clear();
            while let Some(line) = next.take_if(|line| line.record == invoice.record) {
                add(&mut rates, (line.rate, line.net, line.tax));
                next = Line::next(&mut lines)?;
            }
            let sum = |of: fn(&(&str, i64, i64)) -> i64| {
                rates.iter().map(|it| i128::from(of(it))).sum::<i128>()
            };
            if (sum(|it| it.1), sum(|it| it.2)) != (invoice.net.into(), invoice.tax.into()) {
                Err(Error::corrupt("invoice", invoice.number, "net"))?;
            }
            let Invoice { number, at, buyer, .. } = invoice;
            write_rates((Kind::Invoice, at), (number, buyer), &rates, sheet, out).await?;
        }
        if let Some(line) = next {
            Err(Error::corrupt("invoice_line", &line.record.to_string(), "record_seq"))?;
        }
    }
    Ok(())
}

/// Writes the invoices that were withdrawn, the other way.
async fn write_voids(
    tx: &mut Tx,
    tenant: &str,
    Bounds { from, before, extent }: Bounds,
    sheet: &mut Sheet,
    out: &mut Out,
) -> Result<(), CutOff> {
    let mut after = (from, String::new());
    loop {
        let voids =
            documents::voids(tx, tenant, (after.0, &after.1), before, extent.record).await?;
        let Some(last) = voids.last() else { return Ok(()) };
        after = (last.at.instant()?, last.number.clone());
        let mut lines = documents::lines(tx, tenant, voids.iter().map(|it| it.record_seq)).await?;
        for it in &voids {
            let lines: Vec<Taxed> = lines.remove(&it.record_seq).unwrap_or_default();
            let mut rates = Vec::new();
            for (rate, net, tax) in &lines {
                add(&mut rates, (rate, *net, *tax));
            }
            let when = (Kind::InvoiceVoid, it.at.instant()?);
            write_rates(when, (&it.number, &it.buyer), &rates, sheet, out).await?;
        }
    }
}

/// Writes what an invoice has at each rate.
async fn write_rates(
    (kind, at): (Kind, Instant),
    (number, buyer): (&str, &str),
    rates: &[(&str, i64, i64)],
    sheet: &mut Sheet,
    out: &mut Out,
) -> Result<(), CutOff> {
    for &(rate, net, tax) in rates {
        let row = Row { kind, number, invoice: number, at, buyer, rate, net, tax };
        sheet.row(&row, out).await?;
    }
    Ok(())
}

/// Writes the notes that were issued, the other way.
async fn write_notes(
    tx: &mut Tx,
    tenant: &str,
    Bounds { from, before, extent }: Bounds,
    sheet: &mut Sheet,
    out: &mut Out,
) -> Result<(), CutOff> {
    let mut after = documents::notes_before(tx, tenant, extent.note, from).await?;
    let to = documents::notes_before(tx, tenant, extent.note, before).await?;
    while after < to {
        let upto = to.min(after.saturating_add(PAGE));
        for note in documents::notes(tx, tenant, (after, upto)).await? {
            write_note(Kind::Note, &note, sheet, out).await?;
        }
        after = upto;
    }
    Ok(())
}

/// Writes the notes that were cancelled.
async fn write_cancelled(
    tx: &mut Tx,
    tenant: &str,
    Bounds { from, before, extent }: Bounds,
    sheet: &mut Sheet,
    out: &mut Out,
) -> Result<(), CutOff> {
    let mut after = (from, String::new());
    loop {
        let notes =
            documents::cancelled(tx, tenant, (after.0, &after.1), before, extent.note).await?;
        let Some(last) = notes.last() else { return Ok(()) };
        after = (last.at.instant()?, last.number.clone());
        for note in &notes {
            write_note(Kind::NoteVoid, note, sheet, out).await?;
        }
    }
}

async fn write_note(
    kind: Kind,
    it: &NoteRow,
    sheet: &mut Sheet,
    out: &mut Out,
) -> Result<(), CutOff> {
    let row = Row {
        kind,
        number: &it.number,
        invoice: &it.invoice_number,
        at: it.at.instant()?,
        buyer: &it.buyer,
        rate: &it.tax_rate,
        net: it.net,
        tax: it.tax,
    };
    sheet.row(&row, out).await
}

/// Adds a line to those of its rate. A document has few rates.
fn add<'a>(rates: &mut Vec<(&'a str, i64, i64)>, (rate, net, tax): (&'a str, i64, i64)) {
    match rates.iter_mut().find(|it| it.0 == rate) {
        Some(sum) => {
            (sum.1, sum.2) = (sum.1.saturating_add(net), sum.2.saturating_add(tax));
        }
        None => rates.push((rate, net, tax)),
    }
}
