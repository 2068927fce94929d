//! The sheet that rows are written on: comma-separated, or JSON.

use std::collections::BTreeMap;

use countinghouse_core::{
    calendar::{DATE_TEXT_LEN, Instant, Zone, date_of},
    id::TenantId,
    money::{Amount, Currency, TaxRate},
    tenants::Buyer,
};

use super::{cells, export::Export};
use crate::{
    db::Error,
    http::{
        csv::Format,
        stream::{CutOff, Out},
        text::Timestamp,
    },
    invoicing,
};

/// What a document has at one rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// What kind of document it is.
    pub(super) kind: Kind,
    /// Its number.
    pub(super) number: &'a str,
    /// The number of the invoice that it is about.
    pub(super) invoice: &'a str,
    /// When it counts.
    pub(super) at: Instant,
    /// The buyer, as the invoice has it stored.
    pub(super) buyer: &'a str,
    /// The rate, as stored.
    pub(super) rate: &'a str,
    /// Without tax, as the document says.
    pub(super) net: i64,
    /// The tax, as the document says.
    pub(super) tax: i64,
}

/// What kind of document a row is of, and so whether it counts the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoice,
    InvoiceVoid,
    Note,
    NoteVoid,
}

/// Writes rows, and adds them up.
#[derive(Debug)]
pub(super) struct Sheet {
    format: Format,
    zone: Zone,
    currency: Currency,
    /// The last buyer, since the next row mostly has the same.
    buyer_text: String,
    buyer: Buyer,
    totals: BTreeMap<TaxRate, (i64, i64)>,
}

/// The first line of what is comma-separated.
const HEAD: &str = "document_type,document_number,invoice_number,date,buyer_name,buyer_tax_id,\
    exemption_reason,tax_rate,currency,net_amount,tax_amount,gross_amount\r\n";

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::InvoiceVoid => "invoice_void",
            Self::Note => "credit_note",
            Self::NoteVoid => "credit_note_void",
        }
    }

    /// What an amount of the document counts.
    const fn counted(self, units: i64) -> i64 {
        match self {
            Self::Invoice | Self::NoteVoid => units,
            Self::InvoiceVoid | Self::Note => units.saturating_neg(),
        }
    }
}

impl Sheet {
    /// An empty sheet for an export.
    pub(super) fn new(export: &Export) -> Self {
        Self {
            format: export.format,
            zone: export.zone.clone(),
            currency: export.currency,
            buyer_text: String::new(),
            buyer: Buyer::default(),
            totals: BTreeMap::new(),
        }
    }

    /// Writes what comes before the rows.
    pub(super) fn open(
        &self,
        tenant: &TenantId,
        export: &Export,
        out: &mut Out,
    ) -> Result<(), CutOff> {
        match self.format {
            Format::Csv => out.raw(HEAD),
            Format::Json => {
                out.open("tax_report_id", &export.id)?;
                out.member("tenant_id", &tenant.as_str())?;
                out.member("period", &export.period)?;
                out.member("timezone", &export.zone.name())?;
                out.member("as_of", &Timestamp(export.as_of))?;
                out.member("currency", &self.currency.as_str())?;
                out.open_array("rows");
            }
        }
        Ok(())
    }

    /// Writes a row.
    pub(super) async fn row(&mut self, row: &Row<'_>, out: &mut Out) -> Result<(), CutOff> {
        let corrupt = |column| Error::corrupt("invoice", row.invoice, column);
        let rate = TaxRate::parse(row.rate).map_err(|_| corrupt("tax_rate"))?;
        if self.buyer_text != row.buyer {
            (self.buyer, _) = invoicing::read_buyer(row.buyer, row.invoice)?;
            row.buyer.clone_into(&mut self.buyer_text);
        }
        let (net, tax) = (row.kind.counted(row.net), row.kind.counted(row.tax));
        let sums = self.totals.entry(rate).or_default();
        *sums = (sums.0.saturating_add(net), sums.1.saturating_add(tax));
        match self.format {
            Format::Csv => self.csv(row, rate, [net, tax], out),
            Format::Json => self.json(row, rate, [net, tax], out),
        }
        out.make_room().await
    }

    /// Writes what comes after the rows.
    pub(super) fn close(&self, now: Instant, out: &mut Out) {
        if self.format == Format::Csv {
            return;
        }
        out.close_array();
        out.open_array("totals");
        for (rate, (net, tax)) in &self.totals {
            out.element();
            out.raw("{\"tax_rate\":");
            out.raw(&rate.to_string());
            amounts([*net, *tax], out);
        }
        out.close_array();
        out.close(now);
    }

    fn csv(&self, row: &Row<'_>, rate: TaxRate, [net, tax]: [i64; 2], out: &mut Out) {
        let mut text = |text: &str| {
            cells::text(text, &mut |part| out.raw(part));
            out.raw(",");
        };
        text(row.kind.as_str());
        text(row.number);
        text(row.invoice);
        text(date_of(row.at, &self.zone).write_to(&mut [0; DATE_TEXT_LEN]));
        text(self.buyer.legal_name.as_deref().unwrap_or_default());
        text(self.buyer.tax_id.as_deref().unwrap_or_default());
        text(self.reason(rate).unwrap_or_default());
        text(&rate.to_string());
        text(self.currency.as_str());
        for (units, end) in [(net, ","), (tax, ","), (net.saturating_add(tax), "\r\n")] {
            out.amount(Amount::from_units(units));
            out.raw(end);
        }
    }

    fn json(&self, row: &Row<'_>, rate: TaxRate, sums: [i64; 2], out: &mut Out) {
        out.element();
        out.raw("{\"document_type\":");
        out.text(row.kind.as_str());
        let day = date_of(row.at, &self.zone);
        let mut buffer = [0; DATE_TEXT_LEN];
        let members = [
            (",\"document_number\":", Some(row.number)),
            (",\"invoice_number\":", Some(row.invoice)),
            (",\"date\":", Some(day.write_to(&mut buffer))),
            (",\"buyer_name\":", self.buyer.legal_name.as_deref()),
            (",\"buyer_tax_id\":", self.buyer.tax_id.as_deref()),
            (",\"exemption_reason\":", self.reason(rate)),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                out.raw(name);
                out.text(value);
            }
        }
        out.raw(",\"tax_rate\":");
        out.raw(&rate.to_string());
        amounts(sums, out);
    }

    /// Why no tax is due, if none is.
    fn reason(&self, rate: TaxRate) -> Option<&str> {
        self.buyer.tax_exempt_reason.as_deref().filter(|_| rate.is_zero())
    }
}

/// Writes the amounts that end a row.
fn amounts([net, tax]: [i64; 2], out: &mut Out) {
    let gross = net.saturating_add(tax);
    let members =
        [(",\"net_amount\":", net), (",\"tax_amount\":", tax), (",\"gross_amount\":", gross)];
    for (name, units) in members {
        out.raw(name);
        out.amount(Amount::from_units(units));
    }
    out.raw("}");
}
