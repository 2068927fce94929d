//! Documents in the database: written, and found again by what they are for.

mod found;
mod lists;
mod spend;
mod voids;

use std::collections::BTreeSet;

use countinghouse_core::{
    calendar::{Instant, Period},
    id::{AppId, SubscriptionId},
    invoicing::InvoiceKind,
    money::{Amount, TaxMode, TaxRate},
    subscriptions::{BilledLine, LineId},
    tenants::Profile,
};

pub use self::{
    found::number_of_record,
    lists::extent,
    spend::{AppSpend, Spending, add_spending, app_spend},
};
pub(super) use self::{
    found::{numbered, tenants_of_record},
    lists::{counters, save_counters, save_serials, serials},
    voids::insert_voids,
};
use super::{issued::Issued, parties};
use crate::db::{Error, Rows, Stmt, Time, Tx, Value};

const RECORD: &[&str] = &[
    "tenant_id",
    "seq",
    "record_id",
    "invoice_number",
    "subscription_id",
    "app_id",
    "app_seq",
    "type",
    "status",
    "amount",
    "currency",
    "description",
    "created_at",
];

const LINE: &[&str] = &[
    "tenant_id",
    "record_seq",
    "line",
    "description",
    "resource_type",
    "quantity",
    "unit_price",
    "amount",
    "tax_rate",
    "tax_amount",
    "service_start",
    "service_end",
];

const INVOICE: &[&str] = &[
    "tenant_id",
    "number",
    "record_seq",
    "subscription_id",
    "plan",
    "billing_cycle",
    "kind",
    "status",
    "period_start",
    "period_end",
    "issued_at",
    "due_at",
    "paid_at",
    "currency",
    "net",
    "tax",
    "total",
    "credit_applied",
    "noted",
    "returned",
    "paid",
    "payment_method",
    "seller",
    "buyer",
    "tax_inclusive",
    "timezone",
    "failed_at",
    "reopened_at",
    "attempts",
    "dunning_at",
];

/// A line that was billed or credited, by columns of these names.
#[derive(Debug, sqlx::FromRow)]
pub struct BilledRow {
    version: i64,
    line: i64,
    of_version: Option<i64>,
    of_line: Option<i64>,
    description: String,
    net: i64,
    tax: i64,
    tax_rate: String,
    service_start: Time,
    service_end: Time,
}

/// The lines of the invoice of a subscription's period that starts at `start` and began with the
/// version `since`, if it has one and it was not withdrawn; without what was used beyond what is included.
pub async fn billed_lines(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    (start, since): (Instant, i64),
) -> Result<Vec<BilledLine>, Error> {
    let stmt = Stmt::new(
        "SELECT CAST($4 AS BIGINT) AS version, l.line, CAST(NULL AS BIGINT) AS of_version,
                CAST(NULL AS BIGINT) AS of_line, l.description, l.amount AS net,
                l.tax_amount AS tax, l.tax_rate, l.service_start, l.service_end
         FROM invoice AS i
         JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         WHERE i.tenant_id = $1 AND i.subscription_id = $2 AND i.period_start = $3
           AND i.kind = 'period' AND i.status <> 'void' AND l.service_start IS NOT NULL
           AND l.resource_type = 'subscription'
         ORDER BY l.line",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string()).bind(start).bind(since);
    let rows: Vec<BilledRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(BilledRow::line).collect()
}

impl BilledRow {
    /// The line, or that its row can't be read.
    pub fn line(self) -> Result<BilledLine, Error> {
        let corrupt = |column| Error::corrupt("invoice_line", &self.description, column);
        let (start, end) = (self.service_start.instant()?, self.service_end.instant()?);
        let gives_back = self.of_version.zip(self.of_line);
        Ok(BilledLine {
            id: LineId { version: self.version, line: self.line },
            gives_back: gives_back.map(|(version, line)| LineId { version, line }),
            net: Amount::from_units(self.net),
            tax: Amount::from_units(self.tax),
            rate: TaxRate::parse(&self.tax_rate).map_err(|_| corrupt("tax_rate"))?,
            service: Period::new(start, end).map_err(|_| corrupt("service_end"))?,
            description: self.description,
        })
    }
}

/// The starts of the periods of a subscription that have their invoice.
pub async fn billed_periods(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
) -> Result<BTreeSet<Instant>, Error> {
    let stmt = Stmt::new(
        "SELECT period_start FROM invoice
         WHERE tenant_id = $1 AND subscription_id = $2 AND kind = $3",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string()).bind(InvoiceKind::Period.as_str());
    let rows: Vec<(Time,)> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(|(start,)| start.instant()).collect()
}

/// Enters documents of any number of tenants, with the terms of each: records, lines and invoices,
/// each in one statement. Rows are made while those before them are on their way.
pub(super) async fn insert(
    tx: &mut Tx,
    documents: &[(&str, &Profile, &[Issued])],
) -> Result<(), Error> {
    let mut records = Rows::new("billing_record", RECORD);
    for (tenant, _, issued) in documents {
        issued.iter().for_each(|it| records.push(record_row(tenant, it)));
    }
    let (inserted, lines) = tokio::join!(tx.insert(records), async {
        let mut lines = Rows::new("invoice_line", LINE);
        for (tenant, _, issued) in documents {
            issued.iter().flat_map(|it| line_rows(tenant, it)).for_each(|row| lines.push(row));
        }
        lines
    });
    inserted?;
    let (inserted, invoices) = tokio::join!(tx.insert(lines), async {
        let mut invoices = Rows::new("invoice", INVOICE);
        for (tenant, profile, issued) in documents {
            let buyer = parties::buyer(profile);
            let zone = profile.zone.name();
            issued.iter().for_each(|it| invoices.push(invoice_row(tenant, it, &buyer, zone)));
        }
        invoices
    });
    inserted?;
    tx.insert(invoices).await?;
    spend::add_issued(tx, documents).await
}

fn record_row(tenant: &str, it: &Issued) -> Vec<Value> {
    vec![
        tenant.into(),
        it.seq.into(),
        it.id.to_string().into(),
        it.invoice.number.to_string().into(),
        it.invoice.subscription.map(|id| id.to_string()).into(),
        it.bill.app.as_ref().map(AppId::as_str).into(),
        it.app_seq.into(),
        it.bill.record_type.as_str().into(),
        it.status.as_str().into(),
        it.draft.total.into(),
        it.draft.currency.as_str().into(),
        it.bill.description.as_str().into(),
        it.at.into(),
    ]
}

fn line_rows<'a>(tenant: &'a str, it: &'a Issued) -> impl Iterator<Item = Vec<Value>> + 'a {
    (1_i64..).zip(&it.draft.lines).map(move |(number, line)| {
        vec![
            tenant.into(),
            it.seq.into(),
            number.into(),
            line.priced.description.as_str().into(),
            line.priced.resource_type.as_str().into(),
            line.priced.quantity.into(),
            line.priced.unit_price.to_string().into(),
            line.net.into(),
            line.rate.to_string().into(),
            line.tax.into(),
            line.priced.service.map(|period| period.start()).into(),
            line.priced.service.map(|period| period.end()).into(),
        ]
    })
}

fn invoice_row(tenant: &str, it: &Issued, buyer: &str, zone: &str) -> Vec<Value> {
    let (invoice, of) = (&it.invoice, it.bill.subscription.as_ref());
    vec![
        tenant.into(),
        invoice.number.to_string().into(),
        it.seq.into(),
        invoice.subscription.map(|id| id.to_string()).into(),
        of.map(|it| it.plan.as_str()).into(),
        of.map(|it| it.cycle.as_str()).into(),
        invoice.kind.as_str().into(),
        invoice.status.as_str().into(),
        invoice.period.start().into(),
        invoice.period.end().into(),
        invoice.issued_at.into(),
        invoice.due_at.into(),
        invoice.paid_at.into(),
        invoice.due.currency.as_str().into(),
        it.draft.net.into(),
        it.draft.tax.into(),
        invoice.due.total.into(),
        invoice.due.credit_applied.into(),
        invoice.due.noted.into(),
        invoice.due.returned.into(),
        invoice.due.paid.into(),
        it.bill.payment_method.as_deref().into(),
        parties::seller(&it.seller).into(),
        buyer.into(),
        (it.bill.terms.mode == TaxMode::Inclusive).into(),
        zone.into(),
        invoice.dunning.failed_at.into(),
        invoice.dunning.reopened_at.into(),
        i64::from(invoice.dunning.attempts).into(),
        invoice.dunning.next_at.into(),
    ]
}
