//! Documents in the database: written, and found again by what they are for.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::{Instant, Period},
    id::{AppId, SubscriptionId},
    invoicing::{InvoiceKind, Series},
    money::{Amount, TaxRate},
    subscriptions::BilledLine,
    tenants::{Buyer, Profile},
};

use super::{
    document::{AppCounter, Counters},
    issued::Issued,
};
use crate::db::{Error, Rows, Stmt, Time, Tx, Value};

const COUNTER: &[&str] = &["tenant_id", "app_id", "last_seq", "last_at"];

const SERIES: &[&str] = &["tenant_id", "series", "year", "last_number"];

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
    "buyer",
    "failed_at",
    "attempts",
    "dunning_at",
];

/// How far the tenant's list of records is, and those of some of its apps.
pub(super) async fn counters<'a>(
    tx: &mut Tx,
    tenant: &str,
    apps: impl IntoIterator<Item = &'a AppId>,
) -> Result<Counters, Error> {
    let lists = apps.into_iter().map(AppId::as_str).chain([""]);
    let stmt = Stmt::new(
        "SELECT app_id, last_seq, last_at FROM record_counter WHERE tenant_id = $1 AND app_id",
    );
    let stmt = stmt.bind(tenant).push_any_text(lists);
    let rows: Vec<(String, i64, Time)> = tx.fetch_all(stmt).await?;
    let mut counters = Counters::default();
    for (app, last, at) in rows {
        if app.is_empty() {
            counters.all = last;
            counters.last_at = Some(at.instant()?);
        } else {
            counters.apps.insert(app, AppCounter { last, added_at: None });
        }
    }
    Ok(counters)
}

/// How many records a tenant has, and when the last one arrived.
pub async fn extent(tx: &mut Tx, tenant: &str) -> Result<(i64, Option<Instant>), Error> {
    let counters = counters(tx, tenant, []).await?;
    Ok((counters.all, counters.last_at))
}

#[derive(sqlx::FromRow)]
struct BilledRow {
    description: String,
    net: i64,
    tax: i64,
    tax_rate: String,
    service_start: Time,
    service_end: Time,
}

/// The lines of the invoice of a subscription's period that starts at `start`, if it has one and it
/// was not withdrawn.
pub async fn billed_lines(
    tx: &mut Tx,
    tenant: &str,
    subscription: SubscriptionId,
    start: Instant,
) -> Result<Vec<BilledLine>, Error> {
    let stmt = Stmt::new(
        "SELECT l.description, l.amount AS net, l.tax_amount AS tax, l.tax_rate, l.service_start,
                l.service_end
         FROM invoice AS i
         JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
         WHERE i.tenant_id = $1 AND i.subscription_id = $2 AND i.period_start = $3
           AND i.kind = 'period' AND i.status <> 'void' AND l.service_start IS NOT NULL
         ORDER BY l.line",
    );
    let stmt = stmt.bind(tenant).bind(subscription.to_string()).bind(start);
    let rows: Vec<BilledRow> = tx.fetch_all(stmt).await?;
    rows.into_iter().map(BilledRow::line).collect()
}

impl BilledRow {
    fn line(self) -> Result<BilledLine, Error> {
        let corrupt = |column| Error::corrupt("invoice_line", &self.description, column);
        let (start, end) = (self.service_start.instant()?, self.service_end.instant()?);
        Ok(BilledLine {
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

/// Writes how far the lists are.
pub(super) async fn save_counters(
    tx: &mut Tx,
    tenant: &str,
    counters: &Counters,
) -> Result<(), Error> {
    let Some(at) = counters.last_at else { return Ok(()) };
    let mut rows = Rows::new("record_counter", COUNTER).otherwise(
        "ON CONFLICT (tenant_id, app_id) DO UPDATE SET
            last_seq = excluded.last_seq, last_at = excluded.last_at",
    );
    let apps = counters.apps.iter();
    let apps = apps.filter_map(|(app, it)| Some((app.as_str(), it.last, it.added_at?)));
    for (app, last, at) in apps.chain([("", counters.all, at)]) {
        rows.push(vec![tenant.into(), app.into(), last.into(), at.into()]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// The last serial of each year of a series of the tenant's.
pub(super) async fn serials(
    tx: &mut Tx,
    tenant: &str,
    series: Series,
) -> Result<BTreeMap<u16, u64>, Error> {
    let stmt = Stmt::new(
        "SELECT year, last_number FROM invoice_series WHERE tenant_id = $1 AND series = $2",
    );
    let stmt = stmt.bind(tenant).bind(series.as_str());
    let rows: Vec<(i64, i64)> = tx.fetch_all(stmt).await?;
    let corrupt = |_| Error::corrupt("invoice_series", tenant, "last_number");
    rows.into_iter()
        .map(|(year, last)| {
            Ok((u16::try_from(year).map_err(corrupt)?, u64::try_from(last).map_err(corrupt)?))
        })
        .collect()
}

/// Writes them.
pub(super) async fn save_serials(
    tx: &mut Tx,
    tenant: &str,
    series: Series,
    serials: &BTreeMap<u16, u64>,
) -> Result<(), Error> {
    let mut rows = Rows::new("invoice_series", SERIES).otherwise(
        "ON CONFLICT (tenant_id, series, year) DO UPDATE SET last_number = excluded.last_number",
    );
    for (year, last) in serials {
        let last = i64::try_from(*last);
        let last = last.map_err(|_| Error::corrupt("invoice_series", tenant, "last_number"))?;
        rows.push(vec![
            tenant.into(),
            series.as_str().into(),
            i64::from(*year).into(),
            last.into(),
        ]);
    }
    tx.insert(rows).await?;
    Ok(())
}

/// Enters documents: records, lines and invoices, each in one statement. Rows are made while those
/// before them are on their way.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    profile: &Profile,
    issued: &[Issued],
) -> Result<(), Error> {
    let mut records = Rows::new("billing_record", RECORD);
    for document in issued {
        records.push(record_row(tenant, document));
    }
    let (inserted, lines) = tokio::join!(tx.insert(records), async {
        let mut lines = Rows::new("invoice_line", LINE);
        issued.iter().flat_map(|it| line_rows(tenant, it)).for_each(|row| lines.push(row));
        lines
    });
    inserted?;
    let (inserted, invoices) = tokio::join!(tx.insert(lines), async {
        let mut invoices = Rows::new("invoice", INVOICE);
        let buyer = buyer(&profile.buyer);
        for document in issued {
            invoices.push(invoice_row(tenant, document, &buyer));
        }
        invoices
    });
    inserted?;
    tx.insert(invoices).await?;
    Ok(())
}

fn record_row(tenant: &str, it: &Issued) -> Vec<Value> {
    vec![
        tenant.into(),
        it.seq.into(),
        it.id.to_string().into(),
        it.invoice.number.to_string().into(),
        it.bill.subscription.to_string().into(),
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

fn invoice_row(tenant: &str, it: &Issued, buyer: &str) -> Vec<Value> {
    let invoice = &it.invoice;
    vec![
        tenant.into(),
        invoice.number.to_string().into(),
        it.seq.into(),
        invoice.subscription.map(|id| id.to_string()).into(),
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
        buyer.into(),
        invoice.dunning.failed_at.into(),
        i64::from(invoice.dunning.attempts).into(),
        invoice.dunning.next_at.into(),
    ]
}

/// Who is billed, as JSON: what the invoice says of them for ever.
fn buyer(buyer: &Buyer) -> String {
    let members = [
        ("legal_name", &buyer.legal_name),
        ("address", &buyer.address),
        ("tax_id", &buyer.tax_id),
        ("tax_exempt_reason", &buyer.tax_exempt_reason),
    ];
    let present: BTreeMap<&str, &str> =
        members.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    serde_json::to_string(&present).unwrap_or_default()
}
