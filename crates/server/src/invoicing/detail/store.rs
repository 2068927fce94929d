//! Invoices with their records and lines, as they are stored.

use std::collections::HashMap;

use countinghouse_core::{
    calendar::{Period, Zone},
    id::TenantId,
    invoicing::{Due, InvoiceNumber, InvoiceStatus},
    money::{Amount, Currency, TaxMode, TaxRate, UnitPrice},
};

use super::{super::parties, Detail, DetailLine};
use crate::db::{Error, Stmt, Time, Tx};

#[derive(sqlx::FromRow)]
struct DetailRow {
    tenant_id: String,
    number: String,
    subscription_id: Option<String>,
    plan: Option<String>,
    billing_cycle: Option<String>,
    app_id: Option<String>,
    #[sqlx(rename = "type")]
    record_type: String,
    description: String,
    status: String,
    period_start: Time,
    period_end: Time,
    issued_at: Time,
    due_at: Time,
    paid_at: Option<Time>,
    currency: String,
    net: i64,
    tax: i64,
    total: i64,
    credit_applied: i64,
    noted: i64,
    returned: i64,
    paid: i64,
    refunded: i64,
    refunding: i64,
    seller: String,
    buyer: String,
    tax_inclusive: bool,
    timezone: String,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    tenant_id: String,
    number: String,
    description: String,
    resource_type: String,
    quantity: i64,
    unit_price: String,
    amount: i64,
    tax_rate: String,
    tax_amount: i64,
    service_start: Option<Time>,
    service_end: Option<Time>,
}

/// The invoice of that number.
pub async fn find(
    tx: &mut Tx,
    tenant: &TenantId,
    number: InvoiceNumber,
) -> Result<Option<Detail>, Error> {
    Ok(load(tx, vec![(tenant.to_string(), number.to_string())]).await?.pop())
}

/// Those of these pairs of a tenant and a number that are there, in the order of the pairs.
pub async fn load(tx: &mut Tx, wanted: Vec<(String, String)>) -> Result<Vec<Detail>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let stmt = Stmt::new(
        "SELECT i.tenant_id, i.number, i.subscription_id, i.plan, i.billing_cycle, r.app_id, r.type,
                r.description, i.status, i.period_start, i.period_end, i.issued_at, i.due_at,
                i.paid_at, i.currency, i.net, i.tax, i.total, i.credit_applied, i.noted, i.returned,
                i.paid, i.refunded, i.refunding, i.seller, i.buyer, i.tax_inclusive, i.timezone
         FROM",
    );
    let stmt = stmt.push_text_pairs(wanted.clone()).push(
        " AS k JOIN invoice AS i ON i.tenant_id = k.a AND i.number = k.b
          JOIN billing_record AS r ON r.tenant_id = i.tenant_id AND r.seq = i.record_seq",
    );
    let rows: Vec<DetailRow> = tx.fetch_all(stmt).await?;
    let mut lines = lines(tx, wanted.clone()).await?;
    let mut found = HashMap::new();
    for row in rows {
        let key = (row.tenant_id.clone(), row.number.clone());
        let lines = lines.remove(&key).unwrap_or_default();
        found.insert(key, row.detail(lines)?);
    }
    Ok(wanted.iter().filter_map(|key| found.remove(key)).collect())
}

type Lines = HashMap<(String, String), Vec<DetailLine>>;

async fn lines(tx: &mut Tx, wanted: Vec<(String, String)>) -> Result<Lines, Error> {
    let stmt = Stmt::new(
        "SELECT i.tenant_id, i.number, l.description, l.resource_type, l.quantity, l.unit_price,
                l.amount, l.tax_rate, l.tax_amount, l.service_start, l.service_end
         FROM",
    );
    let stmt = stmt.push_text_pairs(wanted).push(
        " AS k JOIN invoice AS i ON i.tenant_id = k.a AND i.number = k.b
          JOIN invoice_line AS l ON l.tenant_id = i.tenant_id AND l.record_seq = i.record_seq
          ORDER BY l.tenant_id, l.record_seq, l.line",
    );
    let rows: Vec<LineRow> = tx.fetch_all(stmt).await?;
    let mut lines = Lines::new();
    for row in rows {
        let key = (row.tenant_id.clone(), row.number.clone());
        lines.entry(key).or_default().push(row.line()?);
    }
    Ok(lines)
}

impl DetailRow {
    fn detail(self, lines: Vec<DetailLine>) -> Result<Detail, Error> {
        let corrupt = |column| Error::corrupt("invoice", &self.number, column);
        let period = Period::new(self.period_start.instant()?, self.period_end.instant()?);
        let (buyer, language) = parties::read_buyer(&self.buyer, &self.number)?;
        Ok(Detail {
            tenant: TenantId::parse(&self.tenant_id).map_err(|_| corrupt("tenant_id"))?,
            plan: self.plan.clone().zip(self.billing_cycle.clone()),
            status: InvoiceStatus::parse(&self.status).ok_or_else(|| corrupt("status"))?,
            due: Due {
                currency: Currency::parse(&self.currency).map_err(|_| corrupt("currency"))?,
                total: Amount::from_units(self.total),
                credit_applied: Amount::from_units(self.credit_applied),
                noted: Amount::from_units(self.noted),
                returned: Amount::from_units(self.returned),
                paid: Amount::from_units(self.paid),
                refunded: Amount::from_units(self.refunded),
                refunding: Amount::from_units(self.refunding),
            },
            net: Amount::from_units(self.net),
            tax: Amount::from_units(self.tax),
            issued_at: self.issued_at.instant()?,
            due_at: self.due_at.instant()?,
            paid_at: self.paid_at.map(Time::instant).transpose()?,
            period: period.map_err(|_| corrupt("period_end"))?,
            zone: Zone::parse(&self.timezone).map_err(|_| corrupt("timezone"))?,
            seller: parties::read_seller(&self.seller, &self.number)?,
            buyer,
            language,
            tax_mode: if self.tax_inclusive { TaxMode::Inclusive } else { TaxMode::Exclusive },
            lines,
            subscription: self.subscription_id,
            app: self.app_id,
            record_type: self.record_type,
            description: self.description,
            number: self.number,
        })
    }
}

impl LineRow {
    fn line(self) -> Result<DetailLine, Error> {
        let corrupt = |column| Error::corrupt("invoice_line", &self.number, column);
        let service = match (self.service_start, self.service_end) {
            (Some(start), Some(end)) => {
                let period = Period::new(start.instant()?, end.instant()?);
                Some(period.map_err(|_| corrupt("service_end"))?)
            }
            _ => None,
        };
        Ok(DetailLine {
            quantity: self.quantity,
            unit_price: UnitPrice::parse(&self.unit_price).map_err(|_| corrupt("unit_price"))?,
            net: Amount::from_units(self.amount),
            rate: TaxRate::parse(&self.tax_rate).map_err(|_| corrupt("tax_rate"))?,
            tax: Amount::from_units(self.tax_amount),
            service,
            description: self.description,
            resource_type: self.resource_type,
        })
    }
}
